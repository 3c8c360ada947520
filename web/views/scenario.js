// scenario.js - a scenario as the page edits it: its text, changes by path (as --set), and actuals pasted from a spreadsheet.
import { load } from '../vendor/js-yaml.esm.min.mjs';
import { state, changed } from '../state.js';
import { read_file, Refusal } from '../api.js';
import { day_text, time_of } from '../format.js';

const texts = {};

/* The text of a scenario of the catalog, null until it is there. */
export function text_of(slug) {
  if (!/^[\w.-]+$/.test(slug)) return null;
  if (texts[slug] === undefined) {
    texts[slug] = null;
    read_file(`scenarios/${slug}.yaml.txt`).then((text) => { texts[slug] = text; changed(); }, () => { texts[slug] = ''; changed(); });
  }
  return texts[slug];
}

/* ---- a text in the address: deflated, in base64 ---- */
const squeezed = new Map();
export async function squeeze(text) {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('deflate-raw'));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const packed = btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
  squeezed.set(packed, text);
  return packed;
}

export function unsqueeze(packed) {
  if (squeezed.has(packed)) return squeezed.get(packed);
  squeezed.set(packed, null);
  (async () => {
    try {
      const bytes = Uint8Array.from(atob(packed.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
      const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
      squeezed.set(packed, await new Response(stream).text());
    } catch { squeezed.set(packed, ''); }
    changed();
  })();
  return null;
}

/* ---- the scenario ---- */
/* {object, text, error}: of the catalog, or edited here. */
export function scenario() {
  const slug = state.params.scenario || 'ascend-2024', own = state.params.yaml ? unsqueeze(state.params.yaml) : undefined;
  const text = own === undefined ? text_of(slug) : own;
  if (text === null) return { slug, text: null, object: null, own: own !== undefined };
  try {
    const object = load(text);
    return { slug, text, object: object && typeof object === 'object' ? object : null, own: own !== undefined, error: null };
  } catch (error) {
    return { slug, text, object: null, own: own !== undefined, error: new Refusal('YAML', `${error.reason || error.message}${error.mark ? ` (${error.mark.line + 1}:${error.mark.column + 1})` : ''}`) };
  }
}

export const sets = () => [].concat(state.params.set || []);
export const set_of = (path) => sets().find((s) => s.startsWith(`${path}=`))?.slice(path.length + 1);
/* The list of changes with these in place of earlier ones; null removes. */
export function with_sets(changes) {
  const kept = sets().filter((s) => !Object.keys(changes).some((path) => s.startsWith(`${path}=`)));
  return [...kept, ...Object.entries(changes).filter(([, v]) => v !== null).map(([path, v]) => `${path}=${v}`)];
}

export const plain = (figure) => (figure && typeof figure === 'object' && !Array.isArray(figure) ? figure.value ?? figure.mid : figure);

/* Rows pasted from a spreadsheet: a line of names (date, pool, devices, usable, job, tokens, failures), tabs or commas. */
export function actuals_of(text) {
  const lines = text.trim().split(/\r?\n/).filter((line) => line.trim());
  if (lines.length < 2) return [];
  const between = lines[0].includes('\t') ? '\t' : lines[0].includes(';') ? ';' : ',';
  const names = lines[0].split(between).map((n) => n.trim().toLowerCase());
  return lines.slice(1).map((line) => {
    const row = {};
    line.split(between).forEach((cell, i) => {
      const value = cell.trim().replace(/^"|"$/g, '');
      if (value && names[i]) row[names[i]] = /^[\d.]+(e\d+)?$/i.test(value.replaceAll(' ', '')) ? Number(value.replaceAll(' ', '')) : value;
    });
    return row;
  });
}

/* A delivery later by so many months, or days; the last of a month stays the last. */
export function later(date, months, days = 0) {
  const from = new Date(time_of(date)), end = new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + 1, 0)).getUTCDate() === from.getUTCDate();
  if (!months) return day_text(time_of(date) + days * 864e5);
  const last = new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + months + 1, 0)).getUTCDate();
  return day_text(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + months, end ? last : Math.min(last, from.getUTCDate())));
}

/* Every line of delivery with what it is now: {pool, index, path, dates: {key: original}, now: {key: date}, devices}. */
export function deliveries(object) {
  const out = [];
  for (const pool of object?.pools || [])
    (pool.deliveries || []).forEach((d, index) => {
      const path = `pools.${pool.name}.deliveries[${index}]`, keys = d.every ? ['from', 'until'] : ['date'];
      const dates = Object.fromEntries(keys.filter((k) => d[k]).map((k) => [k, String(d[k]).slice(0, 10)]));
      const now = Object.fromEntries(Object.entries(dates).map(([k, v]) => [k, set_of(`${path}.${k}`) || v]));
      out.push({ pool: pool.name, index, path, every: d.every, dates, now, devices: plain(d.devices) });
    });
  return out;
}
export const moved = (d, months, days = 0) => with_sets(Object.fromEntries(Object.entries(d.now).map(([k, v]) => { const to = later(v, months, days); return [`${d.path}.${k}`, to === d.dates[k] ? null : to]; })));
export const moved_to = (d, first) => { const [key, from] = Object.entries(d.now)[0]; const days = Math.round((time_of(first) - time_of(from)) / 864e5); return key && moved(d, 0, days); };
