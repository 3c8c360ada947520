// chip.js - a chip of one's own: a form with units, and the data file that it makes.
import { html } from '../html.js';
import { state, set_params } from '../state.js';
import { t } from '../text.js';
import { shown } from '../ui.js';

/* key of the address, key of the file, unit. */
const FIELDS = [['c_bf16', 'device.matmul.bf16', 'TFLOP/s'], ['c_fp8', 'device.matmul.fp8', 'TFLOP/s'], ['c_area', 'package.die_area', 'mm2'], ['c_memory', 'device.memory', 'GB'], ['c_bandwidth', 'device.memory_bandwidth', 'GB/s'],
  ['c_io', 'package.io_bandwidth', 'GB/s'], ['c_power', 'package.tdp', 'W'], ['c_price', 'package.price', 'USD'], ['c_rental', 'package.rental', 'USD/h']];
const OF_CONTROLS = new Set(['c_bf16', 'c_fp8', 'c_area', 'c_bandwidth', 'c_io']);

/* The file's content, null where nothing was given. like: the slug of a chip whose architecture and fabric it takes. */
export function own_chip(like) {
  if (!state.params.c_bf16) return null;
  const chip = { format: 1, slug: 'own', name: state.params.c_name || t('chip.own'), vendor: 'own', ...(like?.architecture ? { architecture: like.architecture } : {}), sources: { own: 'given in the page' }, device: { per_package: 1 }, package: { datacentre: true } };
  for (const [key, path, unit] of FIELDS) {
    const value = state.params[key];
    if (!value) continue;
    const parts = path.split('.'), last = parts.pop();
    let at = chip;
    for (const part of parts) at = at[part] = at[part] || {};
    at[last] = { value: `${value} ${unit}`, source: 'own' };
  }
  if (like?.fabric) chip.fabric = like.fabric;
  return chip;
}

export function ChipForm({ controls = false }) {
  const of = controls ? FIELDS.filter(([k]) => OF_CONTROLS.has(k)) : FIELDS;
  return html`<fieldset><legend>${t('chip.title')}</legend>
    <div class="field"><label for="f-c_name">${t('chip.name')}</label><input id="f-c_name" value=${shown('f-c_name', state.params.c_name || '')} onChange=${(e) => set_params({ c_name: e.target.value })} /></div>
    <div class="pair">${of.map(([key, , unit]) => html`<div class="field"><label for=${`f-${key}`}>${t(`chip.${key.slice(2)}`)}, ${unit}</label>
      <input id=${`f-${key}`} type="number" min="0" step="any" value=${shown(`f-${key}`, state.params[key] || '')} onChange=${(e) => set_params({ [key]: e.target.value })} /></div>`)}</div></fieldset>`;
}
