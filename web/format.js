// format.js - numbers, bytes, money and days in the reader's words; what an answer says is SI, and stays so in files.
import { state } from './state.js';
import { language } from './text.js';

const number = (value, options) => new Intl.NumberFormat(language(), options).format(value);

export function digits(value, most = 3) {
  if (value === null || value === undefined || Number.isNaN(value)) return '–';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e4) return number(value, { maximumFractionDigits: 0 });
  return number(value, { maximumSignificantDigits: size >= 1000 ? 4 : most });
}

export const whole = (value) => (value === null || value === undefined ? '–' : number(value, { maximumFractionDigits: 0 }));
export const percent = (value, most = 1) => (value === null || value === undefined ? '–' : `${number(value, { maximumFractionDigits: most })} %`);

/* A probability: never 100 % of what is not certain. */
export function chance(p) {
  if (p === null || p === undefined) return '–';
  if (p > 0.995 && p < 1) return '> 99 %';
  if (p < 0.005 && p > 0) return '< 1 %';
  return `${number(100 * p, { maximumFractionDigits: 0 })} %`;
}

/* Bytes that come as GiB. */
export function gib(value, most = 3) {
  if (value === null || value === undefined) return '–';
  return state.prefs.bytes === 'binary' ? `${digits(value, most)} GiB` : `${digits(value * 1.073741824, most)} GB`;
}
export const gib_number = (value) => (state.prefs.bytes === 'binary' ? value : value * 1.073741824);
export const gib_unit = () => (state.prefs.bytes === 'binary' ? 'GiB' : 'GB');
export const bytes = (value, most = 3) => (value === null || value === undefined ? '–' : gib(value / 2 ** 30, most));

export function seconds(value) {
  if (value === null || value === undefined) return '–';
  const size = Math.abs(value);
  if (size >= 3600 * 48) return `${digits(value / 86400)} d`;
  if (size >= 3600) return `${digits(value / 3600)} h`;
  if (size >= 120) return `${digits(value / 60)} min`;
  if (size >= 1) return `${digits(value)} s`;
  if (size >= 1e-3) return `${digits(value * 1e3)} ms`;
  return `${digits(value * 1e6)} µs`;
}

/* 1.3e12 as "1.3 T". */
export function large(value, unit = '') {
  if (value === null || value === undefined) return '–';
  for (const [size, prefix] of [[1e24, 'Y'], [1e21, 'Z'], [1e18, 'E'], [1e15, 'P'], [1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e4, 'k']])
    if (Math.abs(value) >= size) return `${digits(value / (prefix === 'k' ? 1e3 : size))} ${prefix}${unit}`;
  return `${digits(value)}${unit ? ` ${unit}` : ''}`;
}

/* Worth of one unit in dollars, with its day: the program's data/economics.yaml says the same. */
export const CURRENCIES = {
  USD: { usd: 1 },
  CNY: { usd: 0.140867, source: 'China Foreign Exchange Trade System, central parity of 2024-09-05, through Xinhua' },
  EUR: { usd: 1.108059, source: 'China Foreign Exchange Trade System, central parity of 2024-09-05, through Xinhua' },
};

export function money(usd) {
  if (usd === null || usd === undefined) return '–';
  const code = state.prefs.currency, value = usd / CURRENCIES[code].usd, size = Math.abs(value);
  const options = { style: 'currency', currency: code, currencyDisplay: 'narrowSymbol' };
  if (size >= 1e5) return number(value, { ...options, notation: 'compact', maximumSignificantDigits: 3 });
  if (size >= 100) return number(value, { ...options, maximumFractionDigits: 0 });
  return number(value, { ...options, maximumSignificantDigits: 3, minimumFractionDigits: undefined });
}

/* "2024-11-21" */
export function day(text) {
  if (!text) return '–';
  return new Intl.DateTimeFormat(language(), { year: 'numeric', month: 'short', day: 'numeric', timeZone: 'UTC' }).format(new Date(`${text}T00:00:00Z`));
}
export const month = (date) => new Intl.DateTimeFormat(language(), { month: 'short', year: '2-digit', timeZone: 'UTC' }).format(date);
export const time_of = (text) => Date.parse(`${text}T00:00:00Z`);
export const day_text = (time) => new Date(time).toISOString().slice(0, 10);
export const days_between = (from, to) => Math.round((time_of(to) - time_of(from)) / 864e5);
export function signed(value, most = 3) { return value > 0 ? `+${digits(value, most)}` : digits(value, most); }
