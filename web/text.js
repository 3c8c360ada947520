// text.js - every text of the page by its key; a table for each language.
import { state } from './state.js';
import en from './text/en.js';
import zh from './text/zh.js';

export const LANGUAGES = { en: { name: 'English', table: en, tag: 'en-GB' }, zh: { name: '中文', table: zh, tag: 'zh-CN' } };

export function chosen() {
  const wanted = state.prefs.language;
  if (LANGUAGES[wanted]) return wanted;
  return (navigator.languages || []).map((l) => l.slice(0, 2)).find((l) => LANGUAGES[l]) || 'en';
}

/* For numbers and days: the reader's own locale where it is of the language that is shown. */
export function language() {
  const short = chosen();
  return (navigator.languages || []).find((l) => l.startsWith(short)) || LANGUAGES[short].tag;
}

/* t('plan.by', {day: '...'}); a key that is missing shows as itself, and fails a test. */
export function t(key, values) {
  const text = LANGUAGES[chosen()].table[key] ?? en[key] ?? key;
  return values ? text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole)) : text;
}
/* Words of the program that have a translation: parts of a step's time, drivers of a date. */
export const word = (group, name) => LANGUAGES[chosen()].table[`${group}.${name}`] ?? en[`${group}.${name}`] ?? name.replaceAll('_', ' ');
