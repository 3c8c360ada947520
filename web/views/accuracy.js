// accuracy.js - published runs and served models: what was forecast over what was measured. This is what belief rests on.
import { html } from '../html.js';
import { state, set_params, changed } from '../state.js';
import { t, word } from '../text.js';
import { want, read_file } from '../api.js';
import * as f from '../format.js';
import { Figures, Figure, Card, Failed, Tools, Table, tipped } from '../ui.js';
import { Downloads, log_scale, log_ticks } from '../chart.js';

const MOST_ROWS = 200;
const files = {};

/* The row of a published run as its source has it; undefined until it is there. */
function source_of(run) {
  const path = `data/${run.engine === undefined ? 'runs' : 'serving'}/${run.source_family}.jsonl`;
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
  return html`<${Card} title=${run.id} note=${t('accuracy.run_note', { measured: f.digits(run.measured), predicted: f.digits(run.predicted), metric: word('metric', run.metric), error: f.signed(run.error_pct, 2) })} span>
    ${row?.url && html`<p><a href=${row.url} rel="noreferrer noopener" target="_blank">${row.source || row.url}</a></p>`}
    ${run.assumed.length > 0 && html`<p class="note">${t('ui.assumed')}: ${run.assumed.join('; ')}</p>`}
    ${flat.length > 0 && html`<details class="more"><summary>${t('accuracy.configuration')}</summary><div class="scroll"><table><tbody>${flat.map(([k, v]) => html`<tr><th scope="row" class="text">${k}</th><td class="text">${v.slice(0, 400)}</td></tr>`)}</tbody></table></div></details>`}<//>`;
}

/* Forecast over measured: the line is equality, the band 20 %. */
function Cloud({ runs, chosen }) {
  const points = runs.filter((r) => r.measured > 0 && r.predicted > 0);
  if (!points.length) return html`<p class="note">–</p>`;
  const width = 760, height = 520, left = 60, bottom = 36, all = points.flatMap((r) => [r.measured, r.predicted]), low = all.reduce((a, b) => Math.min(a, b)) * 0.8, high = all.reduce((a, b) => Math.max(a, b)) * 1.25;
  const x = log_scale(low, high, left, width - 10), y = log_scale(high, low, 8, height - bottom), band = (k) => `${x(low)},${y(Math.max(low, low * k))} ${x(high / Math.max(1, k))},${y(Math.min(high, high * k))}`;
  const pick = (e) => { const box = e.currentTarget.getBoundingClientRect(), px = ((e.clientX - box.left) * width) / box.width, py = ((e.clientY - box.top) * height) / box.height; let best = null, size = 14 ** 2; for (const p of points) { const d = (x(p.measured) - px) ** 2 + (y(p.predicted) - py) ** 2; if (d < size) { size = d; best = p; } } if (best) set_params({ run: best.key }); };
  return html`<svg class="chart" viewBox=${`0 0 ${width} ${height}`} role="img" aria-label=${t('accuracy.cloud_label', { n: points.length })} onClick=${pick}>
    ${log_ticks(low, high).map((v) => html`<g><line class="grid" x1=${x(v)} x2=${x(v)} y1="8" y2=${height - bottom} /><text class="soft" x=${x(v)} y=${height - 18} text-anchor="middle">${f.digits(v)}</text><line class="grid" x1=${left} x2=${width - 10} y1=${y(v)} y2=${y(v)} /><text class="soft" x=${left - 6} y=${y(v)} text-anchor="end" dominant-baseline="middle">${f.digits(v)}</text></g>`)}
    <polygon class="b1" points=${`${band(1.2)} ${band(1 / 1.2).split(' ').reverse().join(' ')}`} /><polyline class="s1" stroke-width="1" points=${band(1)} />
    ${points.map((p) => html`<circle class=${`k${p.covered ? 1 : 7}${p === chosen ? ' chosen' : ''}`} opacity="0.6" cx=${x(p.measured)} cy=${y(p.predicted)} r=${p === chosen ? 7 : 3} />`)}
    <text class="soft" x=${width - 10} y=${height - 2} text-anchor="end">${t('accuracy.measured')}</text><text class="soft" x="0" y="8">${t('accuracy.predicted')}</text></svg>
    <div class="legend-row"><span><i class="k1"></i>${t('accuracy.inside')}</span><span><i class="k7"></i>${t('accuracy.outside')}</span></div>`;
}

/* What is shown: training runs, or served models. Of a served one `class` is what is measured; a row has several. */
function kind_of(a, serving) {
  const rows = (serving ? a?.serving_runs : a?.runs) || [], s = a?.summary || {};
  return {
    rows: rows.filter((r) => r.status === 'ok').map((r) => (serving ? { ...r, key: `${r.id} ${r.class}`, metric: r.class } : { ...r, key: r.id })),
    filters: [['chip', 'accelerator'], ['family', 'source_family'], serving ? ['engine', 'engine'] : ['group', 'group']],
    by_chip: (serving ? a?.serving_by_accelerator : a?.by_accelerator) || [], families: serving ? new Set((a?.serving_by_family || []).map((r) => r.family)).size : s.families,
    macro: serving ? s.serving_macro_mape_pct : s.macro_mape_pct, median: serving ? s.serving_median_ape_pct : s.median_ape_pct, coverage: serving ? s.serving_coverage80_pct : s.coverage80_pct, n: serving ? s.serving_n : s.n,
  };
}
const kept = { of: null, serving: null, kind: null };

export function View() {
  const slot = want('validate', 'validate', {}), a = slot.answer, serving = state.params.what === 'serving';
  if (kept.of !== a || kept.serving !== serving) Object.assign(kept, { of: a, serving, kind: kind_of(a, serving) });
  const of = kept.kind, ok = of.rows, count = (m) => ok.filter((r) => r.metric === m).length, metrics = [...new Set(ok.map((r) => r.metric))].sort((x, y) => (serving ? count(y) - count(x) : 0)), metric = metrics.includes(state.params.metric) ? state.params.metric : metrics[0];
  const runs = ok.filter((r) => r.metric === metric && of.filters.every(([name, key]) => !state.params[name] || r[key] === state.params[name])), chosen = ok.find((r) => r.key === state.params.run);
  const errors = runs.map((r) => Math.abs(r.error_pct)), mean = errors.length ? errors.reduce((x, y) => x + y, 0) / errors.length : null;
  const options = (key) => [...new Set(ok.map((r) => r[key]))].sort(), source = t(serving ? 'accuracy.serving_note' : 'accuracy.macro_note');
  const pick = ([name, key]) => html`<div class="field"><label for=${`f-${name}`}>${t(`accuracy.${name}`)}</label><select id=${`f-${name}`} value=${state.params[name] || ''} onChange=${(e) => set_params({ [name]: e.target.value })}><option value="">${t('accuracy.all')}</option>${options(key).map((v) => html`<option value=${v} selected=${v === state.params[name]}>${v}</option>`)}</select></div>`;
  const columns = [{ key: 'id', label: t('accuracy.run'), text: true }, { key: 'accelerator', label: t('job.accelerator'), text: true }, ...(serving ? [{ key: 'engine', label: t('serving.engine'), text: true }] : []), { key: 'measured', label: t('accuracy.measured'), show: (r) => f.digits(r.measured) }, { key: 'predicted', label: t('accuracy.predicted'), show: (r) => f.digits(r.predicted) },
    { key: 'error_pct', label: t('accuracy.error'), show: (r) => `${f.signed(r.error_pct, 2)} %`, down: true }, { key: 'source_family', label: t('accuracy.family'), text: true }];
  return html`<div class="view"><form class="controls" aria-label=${t('ui.question')} onSubmit=${(e) => e.preventDefault()}>
      <div class="field"><label for="f-what">${t('accuracy.what')}</label><select id="f-what" value=${serving ? 'serving' : ''} onChange=${(e) => set_params({ what: e.target.value, metric: '', chip: '', family: '', group: '', engine: '', run: '' })}><option value="">${t('accuracy.training')}</option><option value="serving" selected=${serving}>${t('accuracy.serving')}</option></select></div>
      <div class="field"><label for="f-metric">${t('accuracy.metric')}</label><select id="f-metric" value=${metric} onChange=${(e) => set_params({ metric: e.target.value })}>${metrics.map((v) => html`<option value=${v} selected=${v === metric}>${word('metric', v)}</option>`)}</select></div>
      ${of.filters.map(pick)}</form>
    <div class="answer"><div class="head"><h2>${t('accuracy.title')}</h2><${Tools} command="validate" question=${{}} answer=${a} rows=${runs.map(({ assumed, key, ...r }) => r)} /></div>
    <${Failed} error=${slot.error} />${slot.busy && html`<p class="note" role="status">${t('accuracy.working')}</p>`}
    ${a && html`<div class="answer"><${Figures}>
        <${Figure} label=${t('accuracy.macro')} value=${f.percent(of.macro)} sub=${t('accuracy.sources', { n: of.families })} source=${source} />
        <${Figure} label=${t('accuracy.median')} value=${f.percent(of.median)} sub=${t('accuracy.runs', { n: f.whole(of.n) })} source=${source} />
        <${Figure} label=${t('accuracy.coverage')} value=${f.percent(of.coverage)} source=${source} />
        ${!serving && html`<${Figure} label=${t('accuracy.memory')} value=${f.percent(a.summary.memory_mape_pct)} sub=${t('accuracy.fit', { p: f.percent(a.summary.fit_accuracy_pct) })} source=${t('step.memory_source')} />`}
        <${Figure} label=${t('accuracy.these')} value=${f.percent(mean)} sub=${t('accuracy.runs', { n: f.whole(runs.length) })} source=${t('accuracy.these_note')} /><//>
      <div class="grid"><${Card} title=${t('accuracy.cloud')} note=${t('accuracy.cloud_note')} tools=${html`<${Downloads} name="traincast-accuracy" />`}><${Cloud} runs=${runs} chosen=${chosen} /><//>
        <${Card} title=${t('accuracy.by_chip')}><${Table} key=${serving} caption=${t('accuracy.by_chip')} by="n" down columns=${[{ key: 'accelerator', label: t('job.accelerator'), text: true }, { key: 'n', label: 'n', show: (r) => f.whole(r.n), down: true }, { key: 'mape_pct', label: t('accuracy.error'), show: (r) => f.percent(r.mape_pct) }, { key: 'bias_pct', label: t('accuracy.bias'), show: (r) => `${f.signed(r.bias_pct, 2)} %` }]} rows=${of.by_chip} choose=${(r) => set_params({ chip: r.accelerator })} /><//>
        ${chosen && html`<${Run} run=${chosen} />`}
        <${Card} title=${t('accuracy.table')} note=${runs.length > MOST_ROWS ? t('accuracy.first', { n: MOST_ROWS }) : null} span><${Table} caption=${t('accuracy.table')} columns=${columns} rows=${[...runs].sort((x, y) => Math.abs(y.error_pct) - Math.abs(x.error_pct)).slice(0, MOST_ROWS)} chosen=${chosen} choose=${(r) => set_params({ run: r.key })} /><//></div></div>`}
  </div></div>`;
}
