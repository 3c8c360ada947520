// search.js - the best layouts of a job on a cluster: the front of time, memory and money, and why each stands where it does.
import { html } from '../html.js';
import { state, address, set_params, say } from '../state.js';
import { t } from '../text.js';
import { want } from '../api.js';
import * as f from '../format.js';
import { Figures, Figure, Card, Failed, Assumed, Tools, Table, Number_, Choice, focus_field, copy, command_line, tipped } from '../ui.js';
import { Downloads, scale, ticks } from '../chart.js';
import { ChipFigures } from './catalog.js';
import { Launch } from './launch.js';
import { JobFields, MoreFields, MoneyFields, MONEY_NAMES, question, field_of, JOB_NAMES, layout_words, layout_params } from './job.js';

const DEFAULTS = { model: 'llama-3-8b', accelerator: 'h100-sxm', devices: '64', global_batch: '512', top: '24' };
const NAMES = [...JOB_NAMES, 'top', 'objective', 'max_memory', 'tokens', 'fix', 'price', 'rental', ...MONEY_NAMES];
const AXES = [['memory_gib_per_device', 'search.memory'], ['cost_usd', 'search.cost'], ['energy_mwh', 'search.energy'], ['distance', 'search.distance']];

/* What nobody beats in both: less time at as much of the other. */
function front_of(points, x) {
  const sorted = [...points].sort((a, b) => a[x] - b[x] || a.step_s - b.step_s), front = [];
  for (const p of sorted) if (!front.length || p.step_s < front[front.length - 1].step_s) front.push(p);
  return front;
}

function Front({ rows, chosen, choose }) {
  const axis = state.params.axis || 'memory_gib_per_device', points = rows.filter((r) => typeof r[axis] === 'number');
  if (!points.length) return html`<p class="note">${t('search.no_axis')}</p>`;
  const width = 560, height = 300, left = 56, bottom = 34, show = (v) => (axis === 'memory_gib_per_device' ? f.gib(v) : axis === 'cost_usd' ? f.money(v) : f.digits(v));
  const xs = points.map((p) => p[axis]), ys = points.map((p) => p.step_s), pad = (a, b) => ((b - a) || Math.abs(b) || 1) * 0.06;
  const x0 = Math.min(...xs), x1 = Math.max(...xs), y0 = Math.min(...ys), y1 = Math.max(...ys);
  const x = scale(x0 - pad(x0, x1), x1 + pad(x0, x1), left, width - 8), y = scale(y1 + pad(y0, y1), y0 - pad(y0, y1), 8, height - bottom);
  const front = front_of(points, axis);
  return html`<svg class="chart" viewBox=${`0 0 ${width} ${height}`} role="group" aria-label=${t('search.front')}>
    ${ticks(x0, x1, 5).map((v) => html`<g><line class="grid" x1=${x(v)} x2=${x(v)} y1="8" y2=${height - bottom} /><text class="soft" x=${x(v)} y=${height - 16} text-anchor="middle">${show(v)}</text></g>`)}
    ${ticks(y0, y1, 5).map((v) => html`<g><line class="grid" x1=${left} x2=${width - 8} y1=${y(v)} y2=${y(v)} /><text class="soft" x=${left - 6} y=${y(v)} text-anchor="end" dominant-baseline="middle">${f.seconds(v)}</text></g>`)}
    <polyline class="s1" stroke-width="1.5" points=${front.map((p) => `${x(p[axis])},${y(p.step_s)}`).join(' ')} />
    ${points.map((p) => html`<circle class=${`point k${front.includes(p) ? 1 : 5}${p === chosen ? ' chosen' : ''}`} cx=${x(p[axis])} cy=${y(p.step_s)} r=${p === chosen ? 7 : 5} tabindex="0" role="button"
      aria-label=${`${layout_words(p.layout)}: ${f.seconds(p.step_s)}, ${show(p[axis])}`} aria-pressed=${p === chosen} onClick=${() => choose(p)} onKeyDown=${(e) => { if (e.key === 'Enter' || e.key === ' ') { choose(p); e.preventDefault(); } }}
      ...${tipped(`${layout_words(p.layout)} — ${f.seconds(p.step_s)}, ${show(p[axis])}`)} />`)}
    <text class="soft" x=${width - 8} y=${height - 2} text-anchor="end">${t(AXES.find(([k]) => k === axis)[1])}</text></svg>`;
}

function Chosen({ row, best, asked }) {
  const of_step = { ...Object.fromEntries(JOB_NAMES.filter((n) => asked[n] !== undefined).map((n) => [n, asked[n]])), devices: row.devices, global_batch: row.global_batch, ...layout_params(row.layout) };
  const slower = row.step_s / best.step_s - 1;
  return html`<${Card} title=${t('search.chosen')} tools=${html`<a class="button" href=${address('step', of_step)}>${t('search.open_step')}</a>
      <button class="small" type="button" onClick=${() => copy(command_line('step', Object.fromEntries(Object.entries(of_step).filter(([, v]) => v !== ''))), t('ui.command_line'))}>${t('ui.copy_command')}</button>
      <button class="small" type="button" onClick=${() => copy(JSON.stringify(row.layout, null, 2), t('search.config'))}>${t('search.copy_config')}</button>`}>
    <p><b>${layout_words(row.layout)}</b></p>
    <table><tbody>
      <tr><th scope="row" class="text">${t('step.time')}</th><td>${f.seconds(row.step_s)} (${f.seconds(row.step_s_p10)} – ${f.seconds(row.step_s_p90)})</td></tr>
      <tr><th scope="row" class="text">${t('search.expected')}</th><td>${f.seconds(row.expected_step_s)}</td></tr>
      <tr><th scope="row" class="text">${t('search.against_best')}</th><td>${row === best ? t('search.is_best') : `+${f.percent(100 * slower)}`}</td></tr>
      <tr><th scope="row" class="text">${t('step.mfu')}</th><td>${f.percent(row.mfu_pct)}</td></tr>
      <tr><th scope="row" class="text">${t('step.memory')}</th><td>${f.gib(row.memory_gib_per_device)}, ${t('step.fits').toLowerCase()} ${f.chance(row.fits_probability)}</td></tr>
      ${row.days !== undefined && html`<tr><th scope="row" class="text">${t('search.days')}</th><td>${f.digits(row.days)}</td></tr>`}
      ${row.cost_usd !== undefined && html`<tr><th scope="row" class="text">${t('search.cost')}</th><td>${f.money(row.cost_usd)}</td></tr>`}
    </tbody></table>
    <p class="note">${row.evidence}</p>${row.distance_reasons.map((r) => html`<p class="note">${r}</p>`)}<//>`;
}

let started = null; // the question that was last sent off: a search waits for its button, but a link with go=1 starts it
export function opened() { started = null; }

export function View() {
  const asked = question(DEFAULTS, NAMES), key = JSON.stringify(asked);
  if (started === null && state.params.go) started = key;
  const slot = want('search', 'search', asked, { hold: started !== key });
  const a = slot.answer, best = a?.best?.[0], chosen = a?.best?.[Number(state.params.at || 0)] || best;
  const stale = a && slot.question !== undefined && JSON.stringify(slot.question) !== key;
  const choose = (row) => set_params({ at: String(a.best.indexOf(row)) });
  const start = () => { started = JSON.stringify(question(DEFAULTS, NAMES)); set_params({ go: '1', at: '' }); };
  const columns = [
    { key: 'layout', label: t('job.layout'), text: true, value: (r) => layout_words(r.layout), show: (r) => layout_words(r.layout) },
    { key: 'step_s', label: t('step.step'), show: (r) => f.seconds(r.step_s) },
    { key: 'expected_step_s', label: t('search.expected_short'), show: (r) => f.seconds(r.expected_step_s) },
    { key: 'mfu_pct', label: 'MFU', show: (r) => f.percent(r.mfu_pct), down: true },
    { key: 'memory_gib_per_device', label: f.gib_unit(), show: (r) => f.digits(f.gib_number(r.memory_gib_per_device)) },
    { key: 'fits_probability', label: t('step.fits'), show: (r) => f.chance(r.fits_probability), down: true },
    { key: 'distance', label: t('search.distance'), show: (r) => f.digits(r.distance, 2) },
  ];
  return html`<div class="view"><form class="controls" aria-label=${t('ui.question')} onSubmit=${(e) => { e.preventDefault(); document.activeElement?.blur?.(); start(); }}>
      <${JobFields} defaults=${DEFAULTS} />
      <fieldset><legend>${t('search.what')}</legend>
        <div class="pair"><${Choice} name="objective" label=${t('search.objective')} options=${[['', t('search.time')], ['memory', t('search.memory')], ['cost', t('search.cost')], ['energy', t('search.energy')]]} />
        <${Number_} name="max_memory" label=${t('search.max_memory')} slider=${false} placeholder="–" step=${0.1} /></div></fieldset>
      <button class="button main" type="submit">${t('search.go')}</button>
      <${MoneyFields} prices tokens /><${MoreFields} layout=${false} /></form>
    <div class="answer"><div class="head"><h2>${t('search.title')}</h2>${a && best && html`<p>${t('search.space', { space: f.large(a.space), evaluated: f.large(a.evaluated) })}</p>`}
      <${Tools} command="search" question=${asked} answer=${a} rows=${(a?.best || []).map((r) => ({ ...r.layout, ...Object.fromEntries(Object.entries(r).filter(([, v]) => typeof v !== 'object')) }))} /></div>
    <${Failed} error=${slot.error} />
    ${slot.busy && html`<p class="note" role="status">${t('search.working')}</p>`}
    ${!a && !slot.busy && !slot.error && html`<p class="lead">${t('search.intro')}</p>`}
    ${stale && !slot.busy && html`<p class="note warn">${t('search.stale')}</p>`}
    ${a && !best && html`<${Card} title=${t('search.none')}>${(a.advice || []).map((line) => html`<p>${line}</p>`)}<//>`}
    ${a && best && html`<div class=${`answer${slot.busy || stale ? ' busy' : ''}`} aria-busy=${slot.busy}>
      <p class="lead" id="best-layout">${t('search.best')} <b>${layout_words(best.layout)}</b>: ${t('search.best_figures', { time: f.seconds(best.step_s), mfu: f.percent(best.mfu_pct), memory: f.gib(best.memory_gib_per_device) })}</p>
      <${Figures}>
        <${Figure} label=${t('step.time')} value=${f.seconds(best.step_s)} sub=${t('step.interval', { low: f.seconds(best.step_s_p10), high: f.seconds(best.step_s_p90) })} source=${t('step.source', { evidence: best.evidence })} />
        <${Figure} label=${t('step.mfu')} value=${f.percent(best.mfu_pct)} source=${t('step.mfu_source')} />
        <${Figure} label=${t('step.memory')} value=${f.gib(best.memory_gib_per_device)} sub=${t('search.fits', { chance: f.chance(best.fits_probability) })} source=${t('step.memory_source')} />
        <${Figure} label=${t('step.tokens')} value=${f.digits(best.tokens_per_s_per_device)} source=${t('step.source', { evidence: best.evidence })} />
      <//>
      <div class="grid">
        <${Card} title=${t('search.front')} note=${t('search.front_note')} tools=${html`<select aria-label=${t('search.axis')} value=${state.params.axis || 'memory_gib_per_device'} onChange=${(e) => set_params({ axis: e.target.value })}>${AXES.map(([k, text]) => html`<option value=${k}>${t(text)}</option>`)}</select><${Downloads} name="traincast-front" />`}>
          <${Front} rows=${a.best} chosen=${chosen} choose=${choose} /><//>
        ${chosen && html`<${Chosen} row=${chosen} best=${best} asked=${asked} /><${Launch} key=${JSON.stringify(chosen.layout)} question=${{ ...asked, devices: chosen.devices, global_batch: chosen.global_batch }} layout=${chosen.layout} stack=${asked.stack || a.stack} />`}
        <${ChipFigures} slug=${asked.accelerator} />
        <${Card} title=${t('search.table')} span><${Table} caption=${t('search.table')} columns=${columns} rows=${a.best} chosen=${chosen} choose=${choose} /><//>
        <${Assumed} lines=${a.assumed} change=${(line) => { if (!focus_field(field_of(line))) say(t('ui.cannot_change')); }} />
      </div></div>`}
  </div></div>`;
}
