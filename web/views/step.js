// step.js - one training step: how fast, where the peak and the memory go, the pipeline, what each change would give.
import { html, Component } from '../html.js';
import { state, set_params, say } from '../state.js';
import { t, word } from '../text.js';
import { want, ask } from '../api.js';
import * as f from '../format.js';
import { Figures, Figure, Card, Failed, Assumed, Tools, focus_field, save, tipped } from '../ui.js';
import { Bars, Stacked, Downloads, scale, ticks } from '../chart.js';
import { ChipFigures } from './catalog.js';
import { Launch } from './launch.js';
import { JobFields, LayoutFields, MoreFields, question, field_of } from './job.js';

const DEFAULTS = { model: 'llama-3-70b', accelerator: 'h20', devices: '1024', global_batch: '1024', tp: '8', pp: '4' };

const KINDS = { gemm: 1, attention: 6, attention_skipped: 6, memory_bound: 3, launch: 5, host: 5, recompute: 2, tp_comm: 4, cp_comm: 4, ep_comm: 4, pp_comm: 8, dp_comm: 8,
  bubble: 7, uneven_stages: 7, optimizer: 3, offload: 5, straggler: 2 };

/* From the device's peak down to what is achieved, in points of MFU. */
function Waterfall({ answer }) {
  const losses = answer.waterfall.filter((w) => Math.abs(w.mfu_points) >= 0.05);
  const rows = [{ label: t('step.peak'), value: 100, text: '100 %', kind: 5, whole: true },
    ...losses.map((w) => ({ label: word('loss', w.loss), value: w.mfu_points, text: `${w.mfu_points > 0 ? '−' : '+'}${f.digits(Math.abs(w.mfu_points), 2)}`, kind: KINDS[w.loss] || 5,
      tip: `${word('loss', w.loss)}: ${f.seconds(w.seconds)}, ${f.digits(w.mfu_points)} ${t('step.points')}` })),
    { label: t('step.achieved'), value: answer.mfu_pct, text: f.percent(answer.mfu_pct), kind: 1, whole: true }];
  return html`<${Bars} rows=${rows} falling=${100} label=${t('step.waterfall')} />`;
}

const MEMORY = [['parameters', 1], ['gradients', 8], ['optimizer', 3], ['activations', 2], ['logits', 6], ['buffers', 4], ['framework', 5], ['fragmentation', 7]];
function Memory({ answer }) {
  const m = answer.memory_gib;
  const parts = MEMORY.map(([key, kind]) => ({ label: word('memory', key), value: m[key] || 0, kind, text: f.gib(m[key] || 0) }));
  return html`<${Stacked} label=${t('step.memory')} parts=${parts} most=${answer.memory_gib_per_device_p90 || 0}
    limits=${[{ label: t('step.usable'), value: m.usable, text: f.gib(m.usable) }, { label: t('step.reserved_p90'), value: answer.memory_gib_per_device_p90 ?? m.reserved, text: f.gib(answer.memory_gib_per_device_p90 ?? m.reserved) }]} />`;
}

/* ---- the pipeline ---- */
const KIND_OF = { forward: 1, backward: 3, weight: 2, optimizer: 6, host: 5, recompute: 7, communication: 4 };

/* The spans of the compute lanes, a row a stage; a wheel or the keys zoom. */
class Pipeline extends Component {
  constructor(props) { super(props); this.state = { from: 0, to: 1 }; }
  zoom(factor, at = 0.5) {
    const { from, to } = this.state, middle = from + (to - from) * at, size = Math.min(1, Math.max(0.002, (to - from) * factor));
    const begin = Math.min(1 - size, Math.max(0, middle - size * at));
    this.setState({ from: begin, to: begin + size });
  }
  move(by) {
    const { from, to } = this.state, size = to - from, begin = Math.min(1 - size, Math.max(0, from + by * size));
    this.setState({ from: begin, to: begin + size });
  }
  keys(e) {
    const keys = { '+': () => this.zoom(0.5), '=': () => this.zoom(0.5), '-': () => this.zoom(2), ArrowLeft: () => this.move(-0.2), ArrowRight: () => this.move(0.2), Home: () => this.setState({ from: 0, to: 1 }) };
    if (keys[e.key]) { keys[e.key](); e.preventDefault(); }
  }
  render({ trace }) {
    const spans = trace.traceEvents.filter((e) => e.ph === 'X' && e.tid === 0), stages = [...new Set(spans.map((s) => s.pid))].sort((a, b) => a - b);
    const width = 1120, left = 62, row = Math.max(9, Math.min(24, 260 / stages.length)), height = stages.length * row + 26, end = trace.step_s * 1e6;
    const low = this.state.from * end, high = this.state.to * end, x = scale(low, high, left, width - 4);
    const seen = spans.filter((s) => s.ts + s.dur > low && s.ts < high);
    const class_of = (s) => `k${KIND_OF[s.cat] || (/^B/.test(s.name) ? 3 : /^W/.test(s.name) ? 2 : 1)}`;
    return html`<svg class="chart" tabindex="0" viewBox=${`0 0 ${width} ${height}`} role="img" aria-label=${t('step.pipeline_label', { stages: stages.length, spans: spans.length })}
      onKeyDown=${(e) => this.keys(e)} onWheel=${(e) => { if (!e.ctrlKey && !e.shiftKey) return; e.preventDefault(); this.zoom(e.deltaY > 0 ? 1.25 : 0.8, Math.max(0, (e.offsetX / e.currentTarget.clientWidth) * width - left) / (width - left)); }}>
      ${ticks(low / 1e6, high / 1e6, 8).map((v) => html`<g><line class="grid" x1=${x(v * 1e6)} x2=${x(v * 1e6)} y1="0" y2=${height - 20} /><text class="soft" x=${x(v * 1e6)} y=${height - 5} text-anchor="middle">${f.seconds(v)}</text></g>`)}
      ${stages.map((p, i) => html`<text class="soft" x=${left - 8} y=${i * row + row / 2} text-anchor="end" dominant-baseline="middle">${stages.length <= 24 || i % 8 === 0 ? t('step.stage', { n: p }) : ''}</text>`)}
      ${seen.length > 6000 ? null : seen.map((s) => { const a = Math.max(left, x(s.ts)), b = Math.min(width - 4, x(s.ts + s.dur)); return html`<rect class=${class_of(s)} x=${a} y=${stages.indexOf(s.pid) * row + 1} width=${Math.max(0.3, b - a - 0.4)} height=${row - 2} ...${tipped(`${s.name}: ${f.seconds(s.dur / 1e6)}`)} />`; })}
    </svg>
    <div class="row tools"><button class="small" type="button" onClick=${() => this.zoom(0.5)}>${t('step.zoom_in')}</button><button class="small" type="button" onClick=${() => this.zoom(2)}>${t('step.zoom_out')}</button>
      <button class="small" type="button" onClick=${() => this.setState({ from: 0, to: 1 })}>${t('step.zoom_all')}</button><span class="note">${t('step.zoom_note')}</span></div>`;
  }
}

/* Perfetto's page takes the trace from this one: nothing is sent anywhere else. */
async function open_perfetto(asked) {
  const target = window.open('https://ui.perfetto.dev/#!/', 'perfetto');
  const trace = JSON.stringify(await ask('trace', asked));
  if (!target) { save('traincast-trace.json', 'application/json', trace); say(t('step.perfetto_saved')); return; }
  const buffer = new TextEncoder().encode(trace).buffer;
  const timer = setInterval(() => target.postMessage('PING', 'https://ui.perfetto.dev'), 100);
  addEventListener('message', function hear(e) {
    if (e.origin !== 'https://ui.perfetto.dev' || e.data !== 'PONG') return;
    clearInterval(timer);
    removeEventListener('message', hear);
    target.postMessage({ perfetto: { buffer, title: 'traincast' } }, 'https://ui.perfetto.dev');
  });
  setTimeout(() => clearInterval(timer), 30000);
}

/* ---- what a change would give ---- */
const CHANGES = [[/^tp (\d+)/, 'tp'], [/^pp (\d+)/, 'pp'], [/^cp (\d+)/, 'cp'], [/^ep (\d+)/, 'ep'], [/^vpp (\d+)/, 'vpp'], [/^micro-batch (\d+)/, 'micro_batch'], [/^schedule (\S+)/, 'schedule'],
  [/^sharding (\S+)/, 'sharding'], [/^recompute (\S+)/, 'recompute'], [/^sequence parallelism (\S+)/, 'sequence_parallel'], [/^overlap (\S+)/, 'overlap'], [/^offload (\S+)/, 'offload']];
function apply(change) {
  for (const [pattern, name] of CHANGES) { const found = pattern.exec(change); if (found) { set_params({ [name]: found[1] }); return; } }
}

function Changes({ answer }) {
  const rows = [...answer.layouts].sort((a, b) => b.gain_pct - a.gain_pct), most = Math.max(1, ...answer.layouts.map((l) => Math.abs(l.gain_pct)));
  const gain_text = (gain) => (Math.abs(gain) < 0.005 ? '0 %' : `${gain > 0 ? '+' : ''}${f.digits(gain, 2)} %`);
  const meter = (gain) => html`<span class=${`meter${gain < 0 ? ' minus' : ''}`} style=${{ width: `${Math.max(2, (70 * Math.min(Math.abs(gain), most)) / most)}px` }}></span>`;
  const line = (c, button) => html`<tr><th scope="row" class="text">${button ? html`<button class="small" type="button" title=${t('step.apply')} onClick=${() => apply(c.change)}>${c.change}</button>` : c.change}</th>
    <td class="text">${meter(c.gain_pct)}</td><td class=${c.gain_pct > 0 ? 'good' : ''}>${gain_text(c.gain_pct)}</td><td>${f.seconds(c.step_s)}</td><td class=${c.fits ? '' : 'bad'}>${c.fits ? f.chance(c.fits_probability) : t('step.too_large')}</td></tr>`;
  const head = (name) => html`<thead><tr><th class="text" scope="col">${name}</th><th scope="col"><span class="visually-hidden">${t('step.gain')}</span></th><th scope="col">${t('step.gain')}</th><th scope="col">${t('step.step')}</th><th scope="col">${t('step.fits')}</th></tr></thead>`;
  return html`<div class="scroll" tabindex="0" role="group" aria-label=${t('step.changes')}><table>${head(t('step.of_layout'))}<tbody>${rows.slice(0, 12).map((c) => line(c, true))}</tbody>${head(t('step.of_hardware'))}<tbody>${answer.hardware.map((c) => line(c, false))}</tbody></table></div>`;
}

export function View() {
  const asked = question(DEFAULTS);
  const step = want('step', 'step', asked), why = want('explain', 'explain', asked, { delay: step.busy ? 120 : 0 });
  const a = step.answer, failed = step.error;
  const pipelined = a && a.layout.pp > 1 && a.layout.pp * a.micro_batches * a.layout.vpp <= 4096;
  const trace = want('trace', 'trace', asked, { delay: 250, hold: !pipelined || !!failed });
  const fits = a && (a.fits ? 'good' : 'bad');
  const flat = a ? [{ ...asked, ...Object.fromEntries(Object.entries(a).filter(([, v]) => typeof v !== 'object')), ...Object.fromEntries(Object.entries(a.breakdown_s).map(([k, v]) => [`${k}_s`, v])) }] : [];
  return html`<div class="view"><form class="controls" aria-label=${t('ui.question')} onSubmit=${(e) => e.preventDefault()}>
      <${JobFields} defaults=${DEFAULTS} /><${LayoutFields} defaults=${DEFAULTS} /><${MoreFields} /></form>
    <div class="answer"><div class="head"><h2>${t('step.title')}</h2>${a && html`<p>${t('step.head', { model: a.model, n: f.whole(a.devices), chip: a.accelerator, stack: a.stack })}</p>`}
      <${Tools} command="step" question=${asked} answer=${a} rows=${flat} /></div>
    <${Failed} error=${failed} />
    ${a && html`<div class=${`answer${step.busy || failed ? ' busy' : ''}`} aria-busy=${step.busy}>
      <${Figures}>
        <${Figure} label=${t('step.time')} value=${f.seconds(a.step_s)} sub=${a.step_s_p10 === null ? null : t('step.interval', { low: f.seconds(a.step_s_p10), high: f.seconds(a.step_s_p90) })} source=${t('step.source', { evidence: a.evidence })} />
        <${Figure} label=${t('step.mfu')} value=${f.percent(a.mfu_pct)} sub=${t('step.hfu', { hfu: f.percent(a.hfu_pct) })} source=${t('step.mfu_source')} />
        <${Figure} label=${t('step.tokens')} value=${f.digits(a.tokens_per_s_per_device)} sub=${t('step.tokens_all', { all: f.large(a.tokens_per_s_per_device * a.devices) })} source=${t('step.source', { evidence: a.evidence })} />
        <${Figure} label=${t('step.memory')} value=${f.gib(a.memory_gib_per_device)} tone=${fits} sub=${t('step.fits_in', { chance: f.chance(a.fits_probability), all: f.gib(a.memory_gib.usable) })} source=${t('step.memory_source')} />
        <${Figure} label=${t('step.bound')} value=${why.answer ? why.answer.bound_by : '…'} sub=${why.answer && f.percent(100 * why.answer.bound_share, 0)} source=${t('step.bound_source')} />
      <//>
      ${a.beyond_stack.length > 0 && html`<p class="note warn">${a.beyond_stack.join('; ')}</p>`}
      <div class="grid">
        ${why.answer && html`<${Card} title=${t('step.waterfall')} note=${t('step.waterfall_note')} tools=${html`<${Downloads} name="traincast-waterfall" />`}><${Waterfall} answer=${why.answer} /><//>`}
        <${Card} title=${t('step.memory_title')} note=${t('step.memory_note', { stage: a.memory_gib.stage })} tools=${html`<${Downloads} name="traincast-memory" />`}><${Memory} answer=${a} /><//>
        ${why.answer && html`<${Card} title=${t('step.changes')} note=${t('step.changes_note')}><${Changes} answer=${why.answer} /><//>`}
        ${pipelined && trace.answer && html`<${Card} title=${t('step.pipeline')} span tools=${html`<${Downloads} name="traincast-pipeline" />
          <button class="small" type="button" onClick=${() => open_perfetto(asked)}>${t('step.perfetto')}</button>`}><${Pipeline} trace=${trace.answer} /><//>`}
        <${ChipFigures} slug=${asked.accelerator} /><${Launch} question=${asked} layout=${null} stack=${a.stack} />
        <${Card} title=${t('step.evidence')}><p>${a.evidence}</p>${a.distance_reasons.map((r) => html`<p class="note">${r}</p>`)}<//>
        <${Assumed} lines=${a.assumed} change=${(line) => { if (!focus_field(field_of(line))) say(t('ui.cannot_change')); }} />
      </div></div>`}
    ${!a && !failed && html`<p class="note" aria-busy="true">${t('ui.working')}</p>`}
  </div></div>`;
}
