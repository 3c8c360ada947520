// serving.js - a served model: how fast for a user, how much for all, and how the two trade.
import { html } from '../html.js';
import { state, set_params, say } from '../state.js';
import { t, word } from '../text.js';
import { want } from '../api.js';
import * as f from '../format.js';
import { Figures, Figure, Card, Failed, Assumed, Tools, Table, Slug, Number_, Choice, Text, focus_field } from '../ui.js';
import { Bars, Downloads } from '../chart.js';
import { Plot } from '../plot.js';
import { ChipFigures } from './catalog.js';
import { question, field_of, MoneyFields } from './job.js';

const DEFAULTS = { model: 'llama-3-70b', accelerator: 'h20', devices: '8', engine: 'vllm', concurrency: '64' };
const NAMES = ['model', 'accelerator', 'devices', 'engine', 'dtype', 'kv_dtype', 'tp', 'pp', 'ep', 'input_tokens', 'output_tokens', 'cached', 'concurrency', 'rate', 'ttft', 'tpot', 'chunked_prefill', 'region', 'price', 'rental', 'pue', 'electricity'];
const LOADS = [1, 4, 16, 64, 256];

/* Output of a device over the speed of a user: what no layout beats, by the search; and this layout, from one request at a time to many. */
const kept = { key: null, data: null };
function trade(front, points) {
  const key = JSON.stringify([front, points.map((p) => p?.tpot_s)]);
  if (kept.key === key) return kept.data;
  const mine = points.filter((p) => p && p.tpot_s > 0 && p.output_tokens_per_s_per_device > 0).map((p) => [1 / p.tpot_s, null, p.output_tokens_per_s_per_device]);
  const all = [...front.map((p) => [p.user_tokens_per_s, p.output_tokens_per_s_per_device, null]), ...mine].sort((a, b) => a[0] - b[0]);
  Object.assign(kept, { key, data: [0, 1, 2].map((i) => all.map((row) => row[i])) });
  return kept.data;
}

function Trade({ front, points }) {
  const data = trade(front, points);
  if (data[0].length < 2) return html`<p class="note">…</p>`;
  return html`<${Plot} name=${t('serving.trade')} label=${t('serving.user_speed')} data=${data} distr=${3} height=${300} x_text=${(v) => (v ? f.digits(v) : '')} y_text=${(v) => (v ? f.digits(v) : '')}
    series=${[{ label: t('serving.front_best'), kind: 1 }, { label: t('serving.front_mine'), kind: 2, dash: [5, 4] }]} />`;
}

/* The points of the front as a table: what each rests on, and into the fields. */
function Front({ front, mine }) {
  const layout = (r) => [`TP ${r.tp}`, ...(r.pp > 1 ? [`PP ${r.pp}`] : []), ...(r.ep > 1 ? [`EP ${r.ep}`] : []), ...(r.disaggregated ? [t('serving.split')] : [])].join(' · ');
  const columns = [{ key: 'layout', label: t('job.layout'), text: true, value: layout, show: layout }, { key: 'user_tokens_per_s', label: t('serving.user_speed'), show: (r) => f.digits(r.user_tokens_per_s), down: true },
    { key: 'output_tokens_per_s_per_device', label: t('serving.per_device'), show: (r) => f.digits(r.output_tokens_per_s_per_device), down: true }, { key: 'batch', label: t('serving.batch'), show: (r) => f.digits(r.batch) }, { key: 'ttft_s', label: t('serving.ttft'), show: (r) => f.seconds(r.ttft_s) }];
  return html`<${Table} caption=${t('serving.front')} columns=${columns} rows=${front} chosen=${front.find((r) => r.tp === mine.tp && r.pp === (mine.pp || 1) && Math.round(r.batch) === Number(mine.concurrency))}
    choose=${(r) => set_params({ tp: String(r.tp), pp: String(r.pp), ep: r.ep > 1 ? String(r.ep) : '', concurrency: String(Math.max(1, Math.round(r.batch))) })} />`;
}

function Parts({ of, label }) {
  const rows = Object.entries(of).filter(([, v]) => v > 0).sort((a, b) => b[1] - a[1]).map(([k, v]) => ({ label: word('serving_part', k), value: v, text: f.seconds(v), kind: 1 }));
  return html`<${Bars} rows=${rows} label=${label} />`;
}

export function View() {
  const asked = question(DEFAULTS, NAMES), slot = want('infer', 'infer', asked), a = slot.answer;
  const { rate, ...fixed } = asked, { concurrency, tp, pp, ep, ...free } = fixed, front = want('infer-front', 'infer', { ...free, search: 'rate' }, { delay: 200, hold: !a || !!slot.error }).answer?.front || [];
  const points = LOADS.map((n) => want(`infer-${n}`, 'infer', { ...fixed, concurrency: n, ...(a ? { tp: a.layout.tp, pp: a.layout.pp, ep: a.layout.ep } : {}) }, { delay: 150, hold: !a || !!slot.error }).answer);
  return html`<div class="view"><form class="controls" aria-label=${t('ui.question')} onSubmit=${(e) => e.preventDefault()}>
      <fieldset><legend>${t('job.job')}</legend><${Slug} name="model" kind="models" label=${t('job.model')} fallback=${DEFAULTS.model} /><${Slug} name="accelerator" kind="accelerators" label=${t('job.accelerator')} fallback=${DEFAULTS.accelerator} />
        <${Number_} name="devices" label=${t('job.devices')} fallback=${DEFAULTS.devices} max=${1024} powers /><${Slug} name="engine" kind="engines" label=${t('serving.engine')} fallback=${DEFAULTS.engine} /></fieldset>
      <fieldset><legend>${t('serving.load')}</legend><${Number_} name="concurrency" label=${t('serving.concurrency')} fallback=${DEFAULTS.concurrency} max=${4096} powers />
        <div class="pair"><${Number_} name="input_tokens" label=${t('serving.input')} slider=${false} placeholder="1155" /><${Number_} name="output_tokens" label=${t('serving.output')} slider=${false} placeholder="211" /></div></fieldset>
      <details class="more"><summary>${t('job.more')}</summary><div><div class="three"><${Number_} name="tp" label="TP" slider=${false} placeholder="–" /><${Number_} name="pp" label="PP" slider=${false} placeholder="–" /><${Number_} name="ep" label="EP" slider=${false} placeholder="–" /></div>
        <div class="pair"><${Choice} name="dtype" label=${t('job.dtype')} options=${['', 'bf16', 'fp16', 'fp8', 'w8a8', 'int4', 'nvfp4', 'mxfp4'].map((w) => [w, w || t('job.usual')])} /><${Choice} name="kv_dtype" label=${t('serving.kv')} options=${['', 'bf16', 'fp8', 'int8'].map((w) => [w, w || t('job.usual')])} /></div>
        <div class="pair"><${Text} name="cached" label=${t('serving.cached')} placeholder="0" /><${Number_} name="chunked_prefill" label=${t('serving.chunked')} min=${0} slider=${false} placeholder="–" /></div></div></details>
      <${MoneyFields} prices only=${['region', 'pue', 'electricity']} /></form>
    <div class="answer"><div class="head"><h2>${t('serving.title')}</h2>${a && html`<p>${a.model}, ${f.whole(a.devices)} × ${a.accelerator}, ${a.engine}</p>`}<${Tools} command="infer" question=${asked} answer=${a} rows=${a ? [Object.fromEntries(Object.entries(a).filter(([, v]) => typeof v !== 'object'))] : []} /></div>
    <${Failed} error=${slot.error} />
    ${a && html`<div class=${`answer${slot.busy || slot.error ? ' busy' : ''}`} aria-busy=${slot.busy}>
      <${Figures}><${Figure} label=${t('serving.ttft')} value=${f.seconds(a.ttft_s)} sub=${t('step.interval', { low: f.seconds(a.ttft_s_p10), high: f.seconds(a.ttft_s_p90) })} source=${t('serving.source')} />
        <${Figure} label=${t('serving.tpot')} value=${f.seconds(a.tpot_s)} sub=${t('step.interval', { low: f.seconds(a.tpot_s_p10), high: f.seconds(a.tpot_s_p90) })} source=${t('serving.source')} />
        <${Figure} label=${t('serving.all')} value=${f.digits(a.output_tokens_per_s)} sub=${t('step.interval', { low: f.digits(a.output_tokens_per_s_p10), high: f.digits(a.output_tokens_per_s_p90) })} source=${t('serving.source')} />
        <${Figure} label=${t('serving.cost')} value=${f.money(a.cost_usd_per_m_tokens)} sub=${`${f.digits(a.energy_j_per_token)} J`} source=${t('serving.cost_source')} />
        <${Figure} label=${t('step.memory')} value=${f.gib(a.memory_gib_per_device)} tone=${a.fits ? 'good' : 'bad'} sub=${t('serving.kv_room', { n: f.large(a.kv_tokens) })} source=${t('serving.memory_source')} /><//>
      <div class="grid"><${Card} title=${t('serving.trade')} note=${t('serving.trade_note')} tools=${html`<${Downloads} name="traincast-serving" svg=${false} />`}><${Trade} front=${front} points=${points} /><//>
        <${Card} title=${t('serving.decode')} note=${t('serving.bound', { bound: a.bound })} tools=${html`<${Downloads} name="traincast-decode" />`}><${Parts} of=${a.decode_s} label=${t('serving.decode')} /><//>
        <${Card} title=${t('serving.prompt')}><${Parts} of=${a.prompt_s} label=${t('serving.prompt')} /><//>
        <${ChipFigures} slug=${asked.accelerator} />
        ${front.length > 0 && html`<${Card} title=${t('serving.front')} note=${t('serving.front_note')} span id="front"><${Front} front=${front} mine=${asked} /><//>`}
        <${Assumed} lines=${a.assumed} change=${(line) => { if (!focus_field(/^(tp|pp|ep) /.exec(line)?.[1] || field_of(line))) say(t('ui.cannot_change')); }} /></div></div>`}
  </div></div>`;
}
