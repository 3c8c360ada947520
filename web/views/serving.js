// serving.js - a served model: how fast for a user, how much for all, and how the two trade.
import { html } from '../html.js';
import { state, set_params, say } from '../state.js';
import { t, word } from '../text.js';
import { want } from '../api.js';
import * as f from '../format.js';
import { Figures, Figure, Card, Failed, Assumed, Tools, Slug, Number_, Choice, focus_field, tipped } from '../ui.js';
import { Bars, Downloads, log_scale, log_ticks } from '../chart.js';
import { question } from './job.js';

const DEFAULTS = { model: 'llama-3-70b', accelerator: 'h20', devices: '8', engine: 'vllm', concurrency: '64' };
const NAMES = ['model', 'accelerator', 'devices', 'engine', 'dtype', 'kv_dtype', 'tp', 'pp', 'ep', 'input_tokens', 'output_tokens', 'cached', 'concurrency', 'rate', 'ttft', 'tpot', 'chunked_prefill'];
const LOADS = [1, 4, 16, 64, 256];

/* Tokens per second of a device over those of a user, from one request at a time to many. */
function Trade({ points, now }) {
  const known = points.filter((p) => p && p.tpot_s > 0 && p.output_tokens_per_s_per_device > 0);
  if (known.length < 2) return html`<p class="note">…</p>`;
  const width = 560, height = 300, left = 60, bottom = 36, xs = known.map((p) => 1 / p.tpot_s), ys = known.map((p) => p.output_tokens_per_s_per_device), x0 = Math.min(...xs) * 0.85, x1 = Math.max(...xs) * 1.15, y0 = Math.min(...ys) * 0.8, y1 = Math.max(...ys) * 1.3;
  const x = log_scale(x0, x1, left, width - 10), y = log_scale(y1, y0, 8, height - bottom);
  return html`<svg class="chart" viewBox=${`0 0 ${width} ${height}`} role="group" aria-label=${t('serving.trade')}>
    ${log_ticks(x0, x1).map((v) => html`<g><line class="grid" x1=${x(v)} x2=${x(v)} y1="8" y2=${height - bottom} /><text class="soft" x=${x(v)} y=${height - 20} text-anchor="middle">${f.digits(v)}</text></g>`)}
    ${log_ticks(y0, y1).map((v) => html`<g><line class="grid" x1=${left} x2=${width - 10} y1=${y(v)} y2=${y(v)} /><text class="soft" x=${left - 6} y=${y(v)} text-anchor="end" dominant-baseline="middle">${f.digits(v)}</text></g>`)}
    <polyline class="s1" stroke-width="2" points=${known.map((p) => `${x(1 / p.tpot_s)},${y(p.output_tokens_per_s_per_device)}`).join(' ')} />
    ${known.map((p) => html`<g><circle class=${`k${p.concurrency === now ? 2 : 1}`} r="5" cx=${x(1 / p.tpot_s)} cy=${y(p.output_tokens_per_s_per_device)} ...${tipped(t('serving.point', { n: f.digits(p.concurrency), user: f.digits(1 / p.tpot_s), all: f.digits(p.output_tokens_per_s_per_device) }))} /><text class="soft" x=${x(1 / p.tpot_s) + 8} y=${y(p.output_tokens_per_s_per_device)} dominant-baseline="middle">${f.digits(p.concurrency)}</text></g>`)}
    <text class="soft" x=${width - 10} y=${height - 4} text-anchor="end">${t('serving.user_speed')}</text></svg>`;
}

function Parts({ of, label }) {
  const rows = Object.entries(of).filter(([, v]) => v > 0).sort((a, b) => b[1] - a[1]).map(([k, v]) => ({ label: word('serving_part', k), value: v, text: f.seconds(v), kind: 1 }));
  return html`<${Bars} rows=${rows} label=${label} />`;
}

export function View() {
  const asked = question(DEFAULTS, NAMES), slot = want('infer', 'infer', asked), a = slot.answer;
  const { rate, ...fixed } = asked, points = LOADS.map((n) => want(`infer-${n}`, 'infer', { ...fixed, concurrency: n }, { delay: 150, hold: !a || !!slot.error }).answer);
  return html`<div class="view"><form class="controls" aria-label=${t('ui.question')} onSubmit=${(e) => e.preventDefault()}>
      <fieldset><legend>${t('job.job')}</legend><${Slug} name="model" kind="models" label=${t('job.model')} fallback=${DEFAULTS.model} /><${Slug} name="accelerator" kind="accelerators" label=${t('job.accelerator')} fallback=${DEFAULTS.accelerator} />
        <${Number_} name="devices" label=${t('job.devices')} fallback=${DEFAULTS.devices} max=${1024} powers /><${Slug} name="engine" kind="engines" label=${t('serving.engine')} fallback=${DEFAULTS.engine} /></fieldset>
      <fieldset><legend>${t('serving.load')}</legend><${Number_} name="concurrency" label=${t('serving.concurrency')} fallback=${DEFAULTS.concurrency} max=${4096} powers />
        <div class="pair"><${Number_} name="input_tokens" label=${t('serving.input')} slider=${false} placeholder="1155" /><${Number_} name="output_tokens" label=${t('serving.output')} slider=${false} placeholder="211" /></div></fieldset>
      <details class="more"><summary>${t('job.more')}</summary><div><div class="three"><${Number_} name="tp" label="TP" slider=${false} placeholder="–" /><${Number_} name="pp" label="PP" slider=${false} placeholder="–" /><${Number_} name="ep" label="EP" slider=${false} placeholder="–" /></div>
        <div class="pair"><${Choice} name="dtype" label=${t('job.dtype')} options=${['', 'bf16', 'fp16', 'fp8', 'w8a8', 'int4', 'nvfp4', 'mxfp4'].map((w) => [w, w || t('job.usual')])} /><${Choice} name="kv_dtype" label=${t('serving.kv')} options=${['', 'bf16', 'fp8', 'int8'].map((w) => [w, w || t('job.usual')])} /></div></div></details></form>
    <div class="answer"><div class="head"><h2>${t('serving.title')}</h2>${a && html`<p>${a.model}, ${f.whole(a.devices)} × ${a.accelerator}, ${a.engine}</p>`}<${Tools} command="infer" question=${asked} answer=${a} rows=${a ? [Object.fromEntries(Object.entries(a).filter(([, v]) => typeof v !== 'object'))] : []} /></div>
    <${Failed} error=${slot.error} />
    ${a && html`<div class=${`answer${slot.busy || slot.error ? ' busy' : ''}`} aria-busy=${slot.busy}>
      <${Figures}><${Figure} label=${t('serving.ttft')} value=${f.seconds(a.ttft_s)} sub=${t('step.interval', { low: f.seconds(a.ttft_s_p10), high: f.seconds(a.ttft_s_p90) })} />
        <${Figure} label=${t('serving.tpot')} value=${f.seconds(a.tpot_s)} sub=${t('step.interval', { low: f.seconds(a.tpot_s_p10), high: f.seconds(a.tpot_s_p90) })} />
        <${Figure} label=${t('serving.all')} value=${f.digits(a.output_tokens_per_s)} sub=${t('step.interval', { low: f.digits(a.output_tokens_per_s_p10), high: f.digits(a.output_tokens_per_s_p90) })} />
        <${Figure} label=${t('serving.cost')} value=${f.money(a.cost_usd_per_m_tokens)} sub=${`${f.digits(a.energy_j_per_token)} J`} />
        <${Figure} label=${t('step.memory')} value=${f.gib(a.memory_gib_per_device)} tone=${a.fits ? 'good' : 'bad'} sub=${t('serving.kv_room', { n: f.large(a.kv_tokens) })} /><//>
      <div class="grid"><${Card} title=${t('serving.trade')} note=${t('serving.trade_note')} tools=${html`<${Downloads} name="traincast-serving" />`}><${Trade} points=${points} now=${Number(asked.concurrency)} /><//>
        <${Card} title=${t('serving.decode')} note=${t('serving.bound', { bound: a.bound })} tools=${html`<${Downloads} name="traincast-decode" />`}><${Parts} of=${a.decode_s} label=${t('serving.decode')} /><//>
        <${Card} title=${t('serving.prompt')}><${Parts} of=${a.prompt_s} label=${t('serving.prompt')} /><//>
        <${Assumed} lines=${a.assumed} change=${(line) => { const at = /^prompts of/.test(line) ? 'input_tokens' : /^outputs/.test(line) ? 'output_tokens' : /^(tp|pp|ep) /.exec(line)?.[1] || (/keys and values/.test(line) ? 'kv_dtype' : ''); if (!focus_field(at)) say(t('ui.cannot_change')); }} /></div></div>`}
  </div></div>`;
}
