// accuracy.js - published runs: what was forecast over what was measured. This is what belief rests on.
import { html } from '../html.js';
import { state, set_params, changed } from '../state.js';
import { t } from '../text.js';
import { want, read_file } from '../api.js';
import * as f from '../format.js';
import { Figures, Figure, Card, Failed, Tools, Table, tipped } from '../ui.js';
import { Downloads, log_scale, log_ticks } from '../chart.js';

const MOST_ROWS = 200;
const files = {};

/* The row of a published run as its source has it; undefined until it is there. */
function source_of(run) {
  const path = `data/runs/${run.source_family}.jsonl`;
  if (!(path in files)) {
    files[path] = undefined;
    read_file(path).then((text) => { files[path] = new Map(text.split('\n').filter(Boolean).map((line) => { const row = JSON.parse(line); return [row.id, row]; })); changed(); }, () => { files[path] = new Map(); changed(); });
  }
  return files[path]?.get(run.id);
}

function Run({ run }) {
  const row = source_of(run);
  const flat = [];
  (function walk(value, path) { for (const [k, v] of Object.entries(value)) { if (v && typeof v === 'object' && !Array.isArray(v)) walk(v, `${path}${k}.`); else flat.push([`${path}${k}`, Array.isArray(v) ? v.join(', ') : String(v)]); } })(row || {}, '');
  return html`<${Card} title=${run.id} note=${t('accuracy.run_note', { measured: f.digits(run.measured), predicted: f.digits(run.predicted), metric: run.metric, error: f.signed(run.error_pct, 2) })} span>
    ${row?.url && html`<p><a href=${row.url} rel="noreferrer noopener" target="_blank">${row.source}</a></p>`}
    ${run.assumed.length > 0 && html`<p class="note">${t('ui.assumed')}: ${run.assumed.join('; ')}</p>`}
    ${flat.length > 0 && html`<details class="more"><summary>${t('accuracy.configuration')}</summary><div class="scroll"><table><tbody>${flat.map(([k, v]) => html`<tr><th scope="row" class="text">${k}</th><td class="text">${v.slice(0, 400)}</td></tr>`)}</tbody></table></div></details>`}<//>`;
}

/* Forecast over measured: the line is equality, the band 20 %. */
function Cloud({ runs, chosen }) {
  const points = runs.filter((r) => r.measured > 0 && r.predicted > 0);
  if (!points.length) return html`<p class="note">–</p>`;
  const width = 760, height = 520, left = 60, bottom = 36, all = points.flatMap((r) => [r.measured, r.predicted]), low = all.reduce((a, b) => Math.min(a, b)) * 0.8, high = all.reduce((a, b) => Math.max(a, b)) * 1.25;
  const x = log_scale(low, high, left, width - 10), y = log_scale(high, low, 8, height - bottom), band = (k) => `${x(low)},${y(Math.max(low, low * k))} ${x(high / Math.max(1, k))},${y(Math.min(high, high * k))}`;
  const pick = (e) => { const box = e.currentTarget.getBoundingClientRect(), px = ((e.clientX - box.left) * width) / box.width, py = ((e.clientY - box.top) * height) / box.height; let best = null, size = 14 ** 2; for (const p of points) { const d = (x(p.measured) - px) ** 2 + (y(p.predicted) - py) ** 2; if (d < size) { size = d; best = p; } } if (best) set_params({ run: best.id }); };
  return html`<svg class="chart" viewBox=${`0 0 ${width} ${height}`} role="img" aria-label=${t('accuracy.cloud_label', { n: points.length })} onClick=${pick}>
    ${log_ticks(low, high).map((v) => html`<g><line class="grid" x1=${x(v)} x2=${x(v)} y1="8" y2=${height - bottom} /><text class="soft" x=${x(v)} y=${height - 18} text-anchor="middle">${f.digits(v)}</text><line class="grid" x1=${left} x2=${width - 10} y1=${y(v)} y2=${y(v)} /><text class="soft" x=${left - 6} y=${y(v)} text-anchor="end" dominant-baseline="middle">${f.digits(v)}</text></g>`)}
    <polygon class="b1" points=${`${band(1.2)} ${band(1 / 1.2).split(' ').reverse().join(' ')}`} /><polyline class="s1" stroke-width="1" points=${band(1)} />
    ${points.map((p) => html`<circle class=${`k${p.covered ? 1 : 7}${p === chosen ? ' chosen' : ''}`} opacity="0.6" cx=${x(p.measured)} cy=${y(p.predicted)} r=${p === chosen ? 7 : 3} />`)}
    <text class="soft" x=${width - 10} y=${height - 2} text-anchor="end">${t('accuracy.measured')}</text><text class="soft" x="0" y="8">${t('accuracy.predicted')}</text></svg>
    <div class="legend-row"><span><i class="k1"></i>${t('accuracy.inside')}</span><span><i class="k7"></i>${t('accuracy.outside')}</span></div>`;
}

export function View() {
  const slot = want('validate', 'validate', {}), a = slot.answer, ok = (a?.runs || []).filter((r) => r.status === 'ok');
  const metrics = [...new Set(ok.map((r) => r.metric))], metric = state.params.metric || metrics[0], { chip, family, group } = state.params;
  const runs = ok.filter((r) => r.metric === metric && (!chip || r.accelerator === chip) && (!family || r.source_family === family) && (!group || r.group === group)), chosen = ok.find((r) => r.id === state.params.run);
  const errors = runs.map((r) => Math.abs(r.error_pct)).sort((x, y) => x - y), mean = errors.length ? errors.reduce((x, y) => x + y, 0) / errors.length : null;
  const options = (key) => [...new Set(ok.map((r) => r[key]))].sort();
  const pick = (name, key) => html`<div class="field"><label for=${`f-${name}`}>${t(`accuracy.${name}`)}</label><select id=${`f-${name}`} value=${state.params[name] || ''} onChange=${(e) => set_params({ [name]: e.target.value })}><option value="">${t('accuracy.all')}</option>${options(key).map((v) => html`<option value=${v} selected=${v === state.params[name]}>${v}</option>`)}</select></div>`;
  const columns = [{ key: 'id', label: t('accuracy.run'), text: true }, { key: 'accelerator', label: t('job.accelerator'), text: true }, { key: 'measured', label: t('accuracy.measured'), show: (r) => f.digits(r.measured) }, { key: 'predicted', label: t('accuracy.predicted'), show: (r) => f.digits(r.predicted) },
    { key: 'error_pct', label: t('accuracy.error'), show: (r) => `${f.signed(r.error_pct, 2)} %`, down: true }, { key: 'source_family', label: t('accuracy.family'), text: true }];
  return html`<div class="view"><form class="controls" aria-label=${t('ui.question')} onSubmit=${(e) => e.preventDefault()}>
      <div class="field"><label for="f-metric">${t('accuracy.metric')}</label><select id="f-metric" value=${metric} onChange=${(e) => set_params({ metric: e.target.value })}>${metrics.map((v) => html`<option value=${v} selected=${v === metric}>${v}</option>`)}</select></div>
      ${pick('chip', 'accelerator')}${pick('family', 'source_family')}${pick('group', 'group')}</form>
    <div class="answer"><div class="head"><h2>${t('accuracy.title')}</h2><${Tools} command="validate" question=${{}} answer=${a} rows=${runs.map(({ assumed, ...r }) => r)} /></div>
    <${Failed} error=${slot.error} />${slot.busy && html`<p class="note" role="status">${t('accuracy.working')}</p>`}
    ${a && html`<div class="answer"><${Figures}>
        <${Figure} label=${t('accuracy.macro')} value=${f.percent(a.summary.macro_mape_pct)} sub=${t('accuracy.sources', { n: a.summary.families })} source=${t('accuracy.macro_note')} />
        <${Figure} label=${t('accuracy.median')} value=${f.percent(a.summary.median_ape_pct)} sub=${t('accuracy.runs', { n: f.whole(a.summary.n) })} />
        <${Figure} label=${t('accuracy.coverage')} value=${f.percent(a.summary.coverage80_pct)} />
        <${Figure} label=${t('accuracy.memory')} value=${f.percent(a.summary.memory_mape_pct)} sub=${t('accuracy.fit', { p: f.percent(a.summary.fit_accuracy_pct) })} />
        <${Figure} label=${t('accuracy.these')} value=${f.percent(mean)} sub=${t('accuracy.runs', { n: f.whole(runs.length) })} /><//>
      <div class="grid"><${Card} title=${t('accuracy.cloud')} note=${t('accuracy.cloud_note')} tools=${html`<${Downloads} name="traincast-accuracy" />`}><${Cloud} runs=${runs} chosen=${chosen} /><//>
        <${Card} title=${t('accuracy.by_chip')}><${Table} caption=${t('accuracy.by_chip')} by="n" down columns=${[{ key: 'accelerator', label: t('job.accelerator'), text: true }, { key: 'n', label: 'n', show: (r) => f.whole(r.n), down: true }, { key: 'mape_pct', label: t('accuracy.error'), show: (r) => f.percent(r.mape_pct) }, { key: 'bias_pct', label: t('accuracy.bias'), show: (r) => `${f.signed(r.bias_pct, 2)} %` }]} rows=${a.by_accelerator} choose=${(r) => set_params({ chip: r.accelerator })} /><//>
        ${chosen && html`<${Run} run=${chosen} />`}
        <${Card} title=${t('accuracy.table')} note=${runs.length > MOST_ROWS ? t('accuracy.first', { n: MOST_ROWS }) : null} span><${Table} caption=${t('accuracy.table')} columns=${columns} rows=${[...runs].sort((x, y) => Math.abs(y.error_pct) - Math.abs(x.error_pct)).slice(0, MOST_ROWS)} chosen=${chosen} choose=${(r) => set_params({ run: r.id })} /><//></div></div>`}
  </div></div>`;
}
