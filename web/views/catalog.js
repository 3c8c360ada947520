// catalog.js - what the catalog says of a chip, each figure with its source.
import { html } from '../html.js';
import { state } from '../state.js';
import { t } from '../text.js';
import { want } from '../api.js';
import * as f from '../format.js';
import { Card, Sourced } from '../ui.js';

export function ChipFigures({ slug }) {
  const slot = want(`chip ${slug}`, 'show', { arguments: ['accelerator', slug] }, { hold: !/^[\w.-]+$/.test(slug || '') });
  const d = slot.answer?.device, p = slot.answer?.package;
  if (!d || slot.error) return null;
  const dtype = state.params.dtype || 'bf16', peak = d.matmul?.[dtype] || d.matmul?.bf16;
  const show = (figure, text) => (figure ? html`<${Sourced} text=${text} source=${[figure.source, figure.note].filter(Boolean).join(' — ')} />` : '–');
  return html`<${Card} title=${slot.answer.name} note=${t('step.chip_note')}>
    <table><tbody>
      <tr><th scope="row" class="text">${t('step.chip_peak', { dtype: d.matmul?.[dtype] ? dtype : 'bf16' })}</th><td>${show(peak, f.large(peak?.value, 'FLOP/s'))}</td></tr>
      <tr><th scope="row" class="text">${t('step.chip_memory')}</th><td>${show(d.memory, f.bytes(d.memory?.value))}</td></tr>
      <tr><th scope="row" class="text">${t('step.chip_bandwidth')}</th><td>${show(d.memory_bandwidth, f.large(d.memory_bandwidth?.value, 'B/s'))}</td></tr>
      ${p?.tdp && html`<tr><th scope="row" class="text">${t('step.chip_power')}</th><td>${show(p.tdp, `${f.digits(p.tdp.value)} W`)}</td></tr>`}
      ${p?.price && html`<tr><th scope="row" class="text">${t('step.chip_price')}</th><td>${show(p.price, f.money(p.price.value))}</td></tr>`}
    </tbody></table><//>`;
}
