// job.js - the fields of a job and a layout, which Step, Search and Compare share, and the question that they make.
import { html } from '../html.js';
import { state } from '../state.js';
import { t } from '../text.js';
import { Slug, Number_, Choice, Text } from '../ui.js';

export const FORMATS = ['', 'bf16', 'fp16', 'tf32', 'fp8', 'mxfp8', 'nvfp4', 'int8', 'fp32'];
export const SHARDING = ['', 'none', 'zero1', 'zero2', 'zero3'];
export const RECOMPUTE = ['', 'none', 'selective', 'full', 'norm+activation'];
export const SCHEDULES = ['', 'gpipe', '1f1b', 'interleaved', 'zb-h1', 'zb-h2', 'zb-v', 'v-half', 'v-min', 'dualpipe'];
export const OPTIMIZERS = ['', 'adamw', 'sgd', 'lamb', 'adafactor', 'muon'];
const ON_OFF = ['', 'on', 'off'];
const OFFLOAD = ['', 'none', 'states', 'optimizer', 'activations', 'all'];
const OVERLAP = ['', 'none', 'grad-reduce', 'param-gather', 'all'];
const usual = (words) => words.map((w) => [w, w || t('job.usual')]);

const JOB = ['model', 'accelerator', 'devices', 'global_batch', 'seq', 'dtype', 'fabric', 'stack', 'optimizer', 'attention', 'finetune', 'layers', 'cached_latents'];
const LAYOUT = ['tp', 'pp', 'cp', 'ep', 'etp', 'vpp', 'micro_batch', 'sharding', 'recompute', 'schedule', 'sequence_parallel', 'cp_kind', 'offload', 'overlap'];

/* What the address says and the defaults of the view, as the program's options. */
export function question(defaults, names = [...JOB, ...LAYOUT]) {
  const out = {};
  for (const name of names) {
    const value = state.params[name] ?? defaults[name];
    if (value === undefined || value === '') continue;
    out[name] = /^\d+$/.test(value) ? Number(value) : value;
  }
  return out;
}
export const JOB_NAMES = JOB;

/* What a run loses and what it costs: of the data where nothing is said. [name, what is usual] */
const MONEY = [['region', 'china, us …'], ['mtbf', '50000 h'], ['restart', '10 min'], ['checkpoint_time', '2 min'], ['storage', '2 GB/s'], ['pue', '1.25'], ['electricity', '0.08'], ['carbon', '0.4']];
export const MONEY_NAMES = MONEY.map(([name]) => name);

export function JobFields({ defaults, batch_hint }) {
  return html`<fieldset><legend>${t('job.job')}</legend>
    <${Slug} name="model" kind="models" label=${t('job.model')} fallback=${defaults.model} />
    <${Slug} name="accelerator" kind="accelerators" label=${t('job.accelerator')} fallback=${defaults.accelerator} />
    <${Number_} name="devices" label=${t('job.devices')} fallback=${defaults.devices} max=${65536} powers />
    <${Number_} name="global_batch" label=${t('job.global_batch')} fallback=${defaults.global_batch} max=${16384} powers placeholder=${batch_hint} />
    </fieldset>`;
}

export function LayoutFields({ defaults }) {
  const degree = (name, max) => html`<${Number_} name=${name} label=${t(`job.${name}`)} fallback=${defaults[name] || ''} placeholder="1" max=${max} powers />`;
  return html`<fieldset><legend>${t('job.layout')}</legend>
    ${degree('tp', 64)}${degree('pp', 64)}${degree('vpp', 16)}${degree('ep', 64)}${degree('cp', 64)}${degree('micro_batch', 64)}
    <div class="pair"><${Choice} name="recompute" label=${t('job.recompute')} options=${usual(RECOMPUTE)} />
    <${Choice} name="sharding" label=${t('job.sharding')} options=${usual(SHARDING)} />
    <${Choice} name="schedule" label=${t('job.schedule')} options=${usual(SCHEDULES)} />
    <${Choice} name="sequence_parallel" label=${t('job.sequence_parallel')} options=${usual(ON_OFF)} /></div></fieldset>`;
}

/* prices: of one chip; tokens: of a whole run, which makes days and money of steps. */
export function MoneyFields({ prices = false, tokens = false, only = MONEY_NAMES }) {
  const fields = [...(tokens ? [['tokens', '2T']] : []), ...(prices ? [['price', '30000'], ['rental', '2.5']] : []), ...MONEY.filter(([name]) => only.includes(name))];
  return html`<details class="more"><summary>${t('job.money')}</summary><div><div class="pair">${fields.map(([name, usual_]) => html`<${Text} name=${name} label=${t(`job.${name}`)} placeholder=${usual_} />`)}</div></div></details>`;
}

export function MoreFields({ layout = true }) {
  return html`<details class="more"><summary>${t('job.more')}</summary><div>
    <div class="pair"><${Choice} name="dtype" label=${t('job.dtype')} options=${usual(FORMATS)} />
    <${Number_} name="seq" label=${t('job.seq')} slider=${false} placeholder=${t('job.models')} /></div>
    <${Slug} name="stack" kind="stacks" label=${t('job.stack')} placeholder=${t('job.usual')} />
    <${Slug} name="fabric" kind="fabrics" label=${t('job.fabric')} placeholder=${t('job.own')} />
    <div class="pair"><${Choice} name="optimizer" label=${t('job.optimizer')} options=${usual(OPTIMIZERS)} />
    <${Choice} name="attention" label=${t('job.attention')} options=${usual(['', 'flash', 'plain'])} />
    ${layout && html`<${Choice} name="overlap" label=${t('job.overlap')} options=${usual(OVERLAP)} />
    <${Choice} name="offload" label=${t('job.offload')} options=${usual(OFFLOAD)} />`}</div>
    <${Choice} name="cached_latents" label=${t('job.cached_latents')} options=${usual(ON_OFF)} />
    ${layout && html`<${Number_} name="etp" label=${t('job.etp')} slider=${false} placeholder=${t('job.usual')} />`}
    </div></details>`;
}

/* The field that an assumption is about: "micro-batch 1 (stack default)". */
const ABOUT = [[/^micro-batch/, 'micro_batch'], [/^sequence paral/, 'sequence_parallel'], [/^sharding/, 'sharding'], [/^recompute/, 'recompute'], [/attention/, 'attention'],
  [/^stack/, 'stack'], [/^(adamw|sgd|lamb|adafactor|muon|optimizer)/, 'optimizer'], [/^global batch/, 'global_batch'], [/^schedule/, 'schedule'], [/^tp /, 'tp'], [/^pp /, 'pp'],
  [/^fabric|fabric /, 'fabric'], [/^region/, 'region'], [/^PUE/, 'pue'], [/^grid/, 'carbon'], [/^electricity/, 'electricity'], [/rental/, 'rental'], [/MTBF/, 'mtbf'], [/^time from a failure/, 'restart'],
  [/^checkpoint storage/, 'storage'], [/^checkpoint/, 'checkpoint_time'], [/price|cost of owning|amortised/, 'price'], [/^etp/, 'etp'], [/overlap/, 'overlap'], [/^(bf16|fp16|fp8|mxfp8|nvfp4|int8|fp32)/, 'dtype'], [/^encoders/, 'cached_latents'],
  [/^prompts of|^lengths/, 'input_tokens'], [/^outputs/, 'output_tokens'], [/^ep /, 'ep'], [/keys and values/, 'kv_dtype'], [/^prompts in chunks/, 'chunked_prefill'], [/cached|prefix/, 'cached'], [/engine/, 'engine']];
export const field_of = (line) => ABOUT.find(([pattern]) => pattern.test(line))?.[1];

/* "tp 8, pp 2, ..." of a layout, what is usual left out. */
export function layout_words(l) {
  const words = [`TP ${l.tp}`, `PP ${l.pp}`];
  if (l.cp > 1) words.push(`CP ${l.cp}`);
  if (l.ep > 1) words.push(`EP ${l.ep}`);
  words.push(`DP ${l.dp}`);
  if (l.vpp > 1) words.push(`VPP ${l.vpp}`);
  words.push(`${t('job.mb')} ${l.micro_batch}`, l.sharding);
  if (l.recompute !== 'none') words.push(`${t('job.recompute')} ${l.recompute_operators || l.recompute_layers || l.recompute}`);
  if (l.pp > 1) words.push(l.schedule);
  if (l.offload && l.offload !== 'none') words.push(`${t('job.offload')} ${l.offload}`);
  return words.join(' · ');
}

/* A layout of an answer as parameters of the Step view. */
export function layout_params(l) {
  const out = { tp: l.tp, pp: l.pp, cp: l.cp, ep: l.ep, vpp: l.vpp, micro_batch: l.micro_batch, sharding: l.sharding, schedule: l.schedule,
    sequence_parallel: l.sequence_parallel ? 'on' : 'off', overlap: l.overlap, offload: l.offload === 'none' ? '' : l.offload,
    recompute: l.recompute_operators || l.recompute_layers || l.recompute };
  if (l.ep > 1) out.etp = l.etp;
  for (const k of ['cp', 'ep', 'vpp']) if (out[k] === 1) out[k] = '';
  return out;
}
