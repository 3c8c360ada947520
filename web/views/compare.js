// compare.js - one job on many chips, side by side.
import { html } from '../html.js';
import { state, set_params, address, say } from '../state.js';
import { t } from '../text.js';
import { want, list } from '../api.js';
import * as f from '../format.js';
import { shown, Card, Failed, Assumed, Tools, Table, Slug, Number_, focus_field } from '../ui.js';
import { Bars, Downloads } from '../chart.js';
import { ChipFigures } from './catalog.js';
import { question, field_of, MoreFields, MoneyFields, MONEY_NAMES, JOB_NAMES, layout_words, layout_params } from './job.js';
import { own_chip, ChipForm } from './chip.js';

const DEFAULTS = { model: 'llama-3-8b', devices: '64', global_batch: '512' };
const CHIPS = 'h100-sxm,h20,ascend-910b2,mi300x';
const MEASURES = [['tokens_per_s_per_device', 'step.tokens', (v) => f.digits(v)], ['mfu_pct', 'step.mfu', (v) => f.percent(v)], ['rented_usd_per_million_tokens', 'compare.rented', (v) => f.money(v)], ['owned_usd_per_million_tokens', 'compare.owned', (v) => f.money(v)], ['joules_per_token', 'compare.energy', (v) => `${f.digits(v)} J`]];

let started = null;
export function opened() { started = null; }

export function View() {
  const like = list('accelerators').find((i) => i.slug === (state.params.like || 'h20')), chip = own_chip(like), chips = (state.params.chips || CHIPS).split(/[\s,]+/).filter(Boolean);
  const asked = { ...question(DEFAULTS, [...JOB_NAMES.filter((n) => n !== 'accelerator'), ...MONEY_NAMES]), accelerators: chip ? [...chips, chip] : chips }, key = JSON.stringify(asked);
  if (started === null && state.params.go) started = key;
  const slot = want('compare', 'compare', asked, { hold: started !== key }), a = slot.answer, items = a?.items || [], stale = a && JSON.stringify(slot.question) !== key;
  const measure = MEASURES.find(([k]) => k === state.params.by) || MEASURES[0];
  const of_step = (i) => ({ ...Object.fromEntries(JOB_NAMES.filter((n) => asked[n] !== undefined).map((n) => [n, asked[n]])), accelerator: i.slug, devices: i.devices, stack: i.stack, ...(i.layout ? layout_params(i.layout) : {}) });
  const columns = [{ key: 'name', label: t('controls.chip'), text: true }, { key: 'devices', label: t('job.devices'), show: (i) => f.whole(i.devices) }, { key: 'step_s', label: t('step.time'), show: (i) => (i.error ? html`<span class="bad">${i.error}</span>` : f.seconds(i.step_s)) },
    { key: 'tokens_per_s_per_device', label: t('step.tokens'), show: (i) => f.digits(i.tokens_per_s_per_device), down: true }, { key: 'mfu_pct', label: 'MFU', show: (i) => f.percent(i.mfu_pct), down: true }, { key: 'memory_gib_per_device', label: f.gib_unit(), show: (i) => f.digits(f.gib_number(i.memory_gib_per_device ?? NaN)) },
    { key: 'fits_probability', label: t('step.fits'), show: (i) => f.chance(i.fits_probability), down: true }, { key: 'rented_usd_per_million_tokens', label: t('compare.rented'), show: (i) => f.money(i.rented_usd_per_million_tokens) }, { key: 'owned_usd_per_million_tokens', label: t('compare.owned'), show: (i) => f.money(i.owned_usd_per_million_tokens) },
    { key: 'joules_per_token', label: t('compare.energy'), show: (i) => f.digits(i.joules_per_token) }, { key: 'layout', label: t('job.layout'), text: true, value: (i) => i.options, show: (i) => (i.layout ? html`<a href=${address('step', of_step(i))}>${layout_words(i.layout)}</a>` : '–') }];
  return html`<div class="view"><form class="controls" aria-label=${t('ui.question')} onSubmit=${(e) => { e.preventDefault(); document.activeElement?.blur?.(); started = null; set_params({ go: '1' }); opened(); }}>
      <fieldset><legend>${t('job.job')}</legend><${Slug} name="model" kind="models" label=${t('job.model')} fallback=${DEFAULTS.model} />
        <${Number_} name="devices" label=${t('job.devices')} fallback=${DEFAULTS.devices} max=${65536} powers /><${Number_} name="global_batch" label=${t('job.global_batch')} fallback=${DEFAULTS.global_batch} max=${16384} powers />
        <div class="field"><label for="f-chips">${t('compare.chips')}</label><textarea id="f-chips" rows="3" spellcheck=${false} value=${shown('f-chips', chips.join(', '))} onChange=${(e) => set_params({ chips: e.target.value.trim() })}></textarea></div></fieldset>
      <button class="button main" type="submit">${t('compare.go')}</button>
      <details class="more"><summary>${t('chip.title')}</summary><div><${ChipForm} /><${Slug} name="like" kind="accelerators" label=${t('chip.like')} fallback="h20" /></div></details>
      <${MoneyFields} /><${MoreFields} layout=${false} /></form>
    <div class="answer"><div class="head"><h2>${t('compare.title')}</h2><${Tools} command="compare" question=${asked} answer=${a} rows=${items.map((i) => Object.fromEntries(Object.entries(i).filter(([, v]) => typeof v !== 'object')))} /></div>
    <${Failed} error=${slot.error} />
    ${slot.busy && html`<p class="note" role="status">${t('compare.working')}</p>`}
    ${!a && !slot.busy && !slot.error && html`<p class="lead">${t('compare.intro')}</p>`}
    ${stale && !slot.busy && html`<p class="note warn">${t('search.stale')}</p>`}
    ${a && html`<div class=${`answer${slot.busy || stale ? ' busy' : ''}`} aria-busy=${slot.busy}>
      <${Card} title=${t('compare.table')} note=${t('compare.note')}><${Table} caption=${t('compare.table')} columns=${columns} rows=${items} by="tokens_per_s_per_device" down /><//>
      <${Card} title=${t(measure[1])} tools=${html`<select aria-label=${t('compare.measure')} value=${measure[0]} onChange=${(e) => set_params({ by: e.target.value })}>${MEASURES.map(([k, text]) => html`<option value=${k} selected=${k === measure[0]}>${t(text)}</option>`)}</select><${Downloads} name="traincast-compare" />`}>
        <${Bars} label=${t(measure[1])} left=${220} width=${900} rows=${items.filter((i) => typeof i[measure[0]] === 'number').sort((x, y) => y[measure[0]] - x[measure[0]]).map((i) => ({ label: i.name, value: i[measure[0]], text: measure[2](i[measure[0]]), kind: 1, tip: i.evidence }))} /><//>
      <div class="grid">${items.filter((i) => !i.error).slice(0, 8).map((i) => html`<${ChipFigures} key=${i.slug} slug=${i.slug} />`)}</div>
      <${Assumed} lines=${a.assumed} change=${(line) => { if (!focus_field(field_of(line))) say(t('ui.cannot_change')); }} /></div>`}
  </div></div>`;
}
