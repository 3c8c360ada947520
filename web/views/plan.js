// plan.js - the calendar of a fleet: when is what done, how surely, what moves it.
import { html, Component } from '../html.js';
import { state, set_params, say, changed } from '../state.js';
import { t, word } from '../text.js';
import { want, list, ask } from '../api.js';
import * as f from '../format.js';
import { shown, save, Figures, Figure, Card, Failed, Assumed, Tools, Table, tipped, Sourced } from '../ui.js';
import { Bars, Downloads, scale, ticks } from '../chart.js';
import { Plot } from '../plot.js';
import { scenario, sets, set_of, with_sets, plain, actuals_of, deliveries, moved, moved_to, squeeze } from './scenario.js';

const DAY = 864e5;
const sure = () => Number(state.params.p || 80);

/* ---- dates ---- */
/* The date by which the job is done with so many per cent; undefined: not known, null: never. */
function date_of(answer, job, percent) {
  const row = answer.dates?.find((d) => d.job === job && d.probability_pct === percent);
  if (row) return row.date;
  const of = answer.jobs.find((j) => j.name === job);
  return percent <= 10 ? of?.finish_p10 : percent <= 50 ? of?.finish_p50 : of?.finish_p90;
}

function Answer({ answer, base, job }) {
  const at = date_of(answer, job.name, sure()), before = base && date_of(base, job.name, sure());
  const days = at && before ? f.days_between(before, at) : null;
  if (!job.pool) return html`<p class="lead"><b>${job.name}</b>: <span class="bad">${job.why || t('plan.never')}</span></p>`;
  return html`<p class="lead" data-job=${job.name}><b>${job.name}</b> ${t('plan.done')} <b class="date">${at ? f.day(at) : t('plan.never')}</b> ${t('plan.with', { p: sure() })}
    ${days !== null && base !== answer && html` — <b class=${days > 0 ? 'bad' : days < 0 ? 'good' : ''} data-shift=${days}>${days === 0 ? t('plan.same') : t(days > 0 ? 'plan.later' : 'plan.earlier', { n: Math.abs(days) })}</b>`}</p>`;
}

/* ---- the calendar ---- */
/* A delivery that can be moved: by the pointer, or by the keys (a week, a month). */
class Handle extends Component {
  down(e) {
    const { line, time, x, svg } = this.props, first = Object.values(line.now)[0];
    const box = svg().getBoundingClientRect(), per = svg().viewBox.baseVal.width / box.width, from = (e.clientX - box.left) * per, start = f.time_of(first);
    const target = e.currentTarget;
    target.setPointerCapture(e.pointerId);
    const move = (m) => this.setState({ at: start + time((m.clientX - box.left) * per) - time(from) });
    const up = () => {
      target.removeEventListener('pointermove', move);
      const at = this.state.at;
      this.setState({ at: undefined });
      if (at !== undefined && Math.abs(at - start) > DAY / 2) set_params({ set: moved_to(line, f.day_text(at)) });
    };
    target.addEventListener('pointermove', move);
    target.addEventListener('pointerup', up, { once: true });
    e.preventDefault();
  }
  key(e) {
    const steps = { ArrowRight: [0, 7], ArrowLeft: [0, -7], PageUp: [1, 0], PageDown: [-1, 0] }, step = steps[e.key];
    if (!step) return;
    e.preventDefault();
    set_params({ set: moved(this.props.line, ...step) });
  }
  render({ line, x, y, left }) {
    const first = Object.values(line.now)[0], last = Object.values(line.now).at(-1), now = this.state.at ?? f.time_of(first), at = Math.max(left, x(now));
    const text = line.every ? t('plan.stream', { pool: line.pool, from: f.day(first), until: f.day(last), n: f.whole(line.devices) }) : t('plan.delivery', { pool: line.pool, date: f.day(f.day_text(now)), n: f.whole(line.devices) });
    return html`<g class="handle" tabindex="0" role="slider" aria-label=${t('plan.move', { what: text })} aria-valuenow=${Math.round(now / DAY)} aria-valuetext=${f.day(f.day_text(now))}
      onPointerDown=${(e) => this.down(e)} onKeyDown=${(e) => this.key(e)} ...${tipped(`${text}. ${t('plan.move_hint')}`)}>
      ${line.every && html`<line class="s2" stroke-width="3" x1=${at} x2=${Math.max(at, x(f.time_of(last)))} y1=${y} y2=${y} />`}
      <path class=${sets().some((s) => s.startsWith(line.path)) ? 'k7' : 'k2'} d=${`M${at - 6},${y - 7}h12l-6,11z`} /></g>`;
  }
}

class Calendar extends Component {
  render({ answer, lines }) {
    const width = 1120, left = 118, right = 12, pool_height = 78, job_height = 30, top = 22;
    const start = f.time_of(answer.start), finishes = answer.jobs.flatMap((j) => [j.finish_p90, j.deadline, j.phases?.at(-1)?.to]).filter(Boolean).map(f.time_of);
    const end = Math.min(Math.max(start + 60 * DAY, ...finishes, ...lines.map((l) => Math.min(f.time_of(Object.values(l.now).at(-1)), start + 700 * DAY))) + 20 * DAY, start + 1500 * DAY);
    const begin = start - 14 * DAY, x = scale(begin, end, left, width - right), time = (px) => begin + ((px - left) / (width - right - left)) * (end - begin);
    const months = [], step = Math.max(1, Math.ceil((end - begin) / DAY / 30 / 12));
    for (let d = new Date(begin); d < end; d = new Date(Date.UTC(d.getUTCFullYear(), d.getUTCMonth() + 1, 1))) if (d.getUTCDate() === 1 && d.getUTCMonth() % step === 0) months.push(d);
    const jobs_top = top + answer.pools.length * pool_height + 6, height = jobs_top + answer.jobs.length * job_height + 24;
    return html`<svg class="chart" ref=${(e) => { this.svg = e; }} viewBox=${`0 0 ${width} ${height}`} role="group" aria-label=${t('plan.calendar')}>
      ${months.map((m) => html`<g><line class="grid" x1=${x(m)} x2=${x(m)} y1=${top - 6} y2=${height - 20} /><text class="soft" x=${x(m)} y=${height - 6} text-anchor="middle">${f.month(m)}</text></g>`)}
      <line class="axis" x1=${x(start)} x2=${x(start)} y1=${top - 6} y2=${height - 20} stroke-dasharray="2 3" /><text class="soft" x=${x(start) + 4} y="10">${t('plan.today')}</text>
      ${answer.pools.map((pool, i) => {
        const y0 = top + i * pool_height, use = pool.usable || [], most = Math.max(1, ...use.map((u) => u.p90)), y = scale(0, most, y0 + pool_height - 14, y0 + 12);
        const points = use.map((u) => ({ ...u, x: x(f.time_of(u.date)) })), last = points.at(-1);
        if (last) points.push({ ...last, x: Math.max(last.x, width - right) });
        const inside = `inside-${i}`;
        return html`<g><clipPath id=${inside}><rect x=${left} y=${y0} width=${width - right - left} height=${pool_height} /></clipPath><text x="0" y=${y0 + 20}>${pool.name}</text><text class="soft" x="0" y=${y0 + 36}>${t('plan.devices_of', { n: f.whole(pool.devices) })}</text>
          ${points.length > 0 && html`<g clip-path=${`url(#${inside})`}><path class="b1" d=${`M${points.map((p) => `${p.x},${y(p.p90)}`).join('L')}L${[...points].reverse().map((p) => `${p.x},${y(p.p10)}`).join('L')}Z`} ...${tipped(t('plan.usable_tip', { p10: f.whole(last.p10), p50: f.whole(last.p50), p90: f.whole(last.p90) }))} />
          <polyline class="s1" stroke-width="1.5" points=${points.map((p) => `${p.x},${y(p.p50)}`).join(' ')} />
          ${pool.serving_devices > 0 && html`<line class="s4" stroke-width="1.5" stroke-dasharray="5 3" x1=${x(start)} x2=${x(end)} y1=${y(pool.serving_devices)} y2=${y(pool.serving_devices)} ...${tipped(t('plan.serving_tip', { n: f.whole(pool.serving_devices) }))} />`}</g>`}
          <line class="axis" x1=${left} x2=${width - right} y1=${y0 + pool_height - 14} y2=${y0 + pool_height - 14} />
          ${answer.jobs.map((job, k) => (job.phases || []).filter((p) => p.pool === pool.name).map((p) => html`<rect class=${`k${[1, 3, 6, 8][k % 4]}`} x=${x(f.time_of(p.from))} y=${y0 + pool_height - 11} width=${Math.max(2, x(f.time_of(p.to)) - x(f.time_of(p.from)))} height="7" rx="1.5"
            ...${tipped(t('plan.phase_tip', { job: job.name, n: f.whole(p.devices), from: f.day(p.from), to: f.day(p.to), mfu: f.percent(p.mfu_pct) }))} />`))}
          ${lines.filter((l) => l.pool === pool.name).map((l) => html`<${Handle} key=${l.path} line=${l} x=${x} y=${y0 + 4} left=${left} time=${time} svg=${() => this.svg} />`)}</g>`;
      })}
      ${answer.jobs.map((job, i) => {
        const y = jobs_top + i * job_height, kind = [1, 3, 6, 8][i % 4], from = job.start_p50 || job.start, at = (d) => x(f.time_of(d));
        if (!job.finish_p50) return html`<g><text x="0" y=${y + 16}>${job.name}</text><text class="soft" x=${left} y=${y + 16}>${t('plan.never')}</text></g>`;
        return html`<g ...${tipped(`${job.name}: p10 ${f.day(job.finish_p10)}, p50 ${f.day(job.finish_p50)}, p90 ${f.day(job.finish_p90)}`)}><text x="0" y=${y + 16}>${job.name}</text>
          <rect class=${`k${kind}`} x=${at(from)} y=${y + 6} width=${Math.max(2, at(job.finish_p10 || job.finish_p50) - at(from))} height="12" rx="2" />
          <rect class=${`b${[1, 3, 4, 2][i % 4]}`} style=${{ opacity: 0.45 }} x=${at(job.finish_p10 || job.finish_p50)} y=${y + 6} width=${Math.max(1, at(job.finish_p90 || job.finish_p50) - at(job.finish_p10 || job.finish_p50))} height="12" />
          <line stroke="currentColor" stroke-width="2" x1=${at(job.finish_p50)} x2=${at(job.finish_p50)} y1=${y + 4} y2=${y + 20} />
          ${job.deadline && html`<g><line class="limit" x1=${at(job.deadline)} x2=${at(job.deadline)} y1=${y} y2=${y + 24} /><text class="soft" x=${at(job.deadline) - 4} y=${y + 16} text-anchor="end">${t('plan.deadline')}</text></g>`}</g>`;
      })}</svg>`;
  }
}

/* ---- curves ---- */
const kept = new Map();
/* One array for one answer, so that a plot is made anew only where it changes. */
function curves(answer) {
  if (kept.has(answer)) return kept.get(answer);
  const jobs = answer.jobs.filter((j) => j.pool).map((j) => j.name), days = [...new Set((answer.dates || []).map((d) => d.date).filter(Boolean))].sort();
  const done = jobs.map((job) => { const rows = answer.dates.filter((d) => d.job === job); let p = null; return days.map((day) => { for (const r of rows) if (r.date && r.date <= day) p = Math.max(p || 0, r.probability_pct); return p; }); });
  const burn_days = [...new Set(answer.jobs.flatMap((j) => (j.phases || []).flatMap((p) => [p.from, p.to])))].sort();
  const burn = answer.jobs.filter((j) => j.phases?.length).map((j) => {
    const at = (day) => j.phases.reduce((sum, p) => { const a = f.time_of(p.from), b = f.time_of(p.to), now = f.time_of(day); return sum + p.tokens * (b > a ? Math.min(1, Math.max(0, (now - a) / (b - a))) : now >= b ? 1 : 0); }, 0);
    const total = j.phases.reduce((s, p) => s + p.tokens, 0) || 1;
    return { name: j.name, line: burn_days.map((d) => (d < j.phases[0].from ? null : (100 * at(d)) / total)) };
  });
  const out = { jobs, s: [days.map((d) => f.time_of(d) / 1e3), ...done], burn, b: [burn_days.map((d) => f.time_of(d) / 1e3), ...burn.map((b) => b.line)] };
  kept.set(answer, out);
  return out;
}
const series = (names) => names.map((label, i) => ({ label, kind: [1, 3, 6, 8][i % 4] }));

function Money({ answer }) {
  const months = answer.months || [], most = Math.max(1, ...months.map((m) => m.cost_usd)), width = 560, height = 190, left = 56, y = scale(0, most, height - 26, 10), step = (width - left) / Math.max(1, months.length);
  return html`<svg class="chart" viewBox=${`0 0 ${width} ${height}`} role="img" aria-label=${`${t('plan.money')}: ${months.map((m) => `${m.date.slice(0, 7)} ${f.money(m.cost_usd)}`).join(', ')}`}>
    ${ticks(0, most, 4).map((v) => html`<g><line class="grid" x1=${left} x2=${width} y1=${y(v)} y2=${y(v)} /><text class="soft" x=${left - 6} y=${y(v)} text-anchor="end" dominant-baseline="middle">${f.money(v)}</text></g>`)}
    ${months.map((m, i) => html`<g ...${tipped(t('plan.money_tip', { month: m.date.slice(0, 7), all: f.money(m.cost_usd), unused: f.money(m.unused_cost_usd) }))}>
      <rect class="k1" x=${left + i * step + step * 0.14} width=${step * 0.72} y=${y(m.cost_usd)} height=${Math.max(0, y(m.unused_cost_usd) - y(m.cost_usd))} />
      <rect class="k5" x=${left + i * step + step * 0.14} width=${step * 0.72} y=${y(m.unused_cost_usd)} height=${Math.max(0, y(0) - y(m.unused_cost_usd))} />
      ${(months.length < 14 || i % Math.ceil(months.length / 12) === 0) && html`<text class="soft" x=${left + (i + 0.5) * step} y=${height - 8} text-anchor="middle">${f.month(new Date(f.time_of(m.date)))}</text>`}</g>`)}</svg>
    <div class="legend-row"><span><i class="k1"></i>${t('plan.used')}</span><span><i class="k5"></i>${t('plan.unused')}</span></div>`;
}

function Drivers({ answer, job }) {
  const rows = answer.drivers.filter((d) => d.job === job && d.swing_days > 0.05).sort((a, b) => b.swing_days - a.swing_days)
    .map((d) => ({ label: word('driver', d.name), value: d.swing_days, text: `${f.digits(d.swing_days, 2)} d`, kind: 2, tip: t('plan.driver_tip', { share: f.percent(100 * d.share, 0) }) }));
  return rows.length ? html`<${Bars} rows=${rows} label=${t('plan.drivers')} left=${150} />` : html`<p class="note">${t('plan.nothing_uncertain')}</p>`;
}

function Waits({ answer, job }) {
  const rows = (answer.criticality || []).filter((c) => c.job === job && c.share >= 0.01).slice(0, 8);
  const text = (c) => t(`gate.${c.gate}`, { pool: c.pool || '', date: f.day(c.delivery), job: c.after || '' });
  return rows.length ? html`<ul class="plain-list">${rows.map((c) => html`<li><span class="meter k1" style=${{ width: `${Math.max(2, 90 * c.share)}px` }}></span> ${f.percent(100 * c.share, 0)} ${text(c)}</li>`)}</ul>` : html`<p class="note">–</p>`;
}

/* ---- what it would take ---- */
function Take({ asked, job }) {
  const ready = state.params.take === '1', p = sure() / 100;
  const slot = want('take', 'plan', { ...asked, dates: undefined, take: p }, { hold: !ready });
  const rows = (slot.answer?.take || []).filter((r) => !r.job || r.job === job);
  return html`${!ready && html`<p><button class="button" type="button" onClick=${() => set_params({ take: '1' })}>${t('plan.take_ask', { p: sure() })}</button></p>`}
    ${ready && slot.busy && html`<p class="note" role="status">${t('ui.working')}</p>`}<${Failed} error=${slot.error} />
    ${ready && slot.answer && (rows.length ? html`<ul class="plain-list">${rows.map((r) => html`<li>${Object.entries(r).filter(([k, v]) => k !== 'job' && v !== null).map(([k, v]) => `${k.replaceAll('_', ' ')} ${typeof v === 'number' ? f.digits(v) : v}`).join(', ')}</li>`)}</ul>` : html`<p class="note">${t('plan.take_none')}</p>`)}`;
}

/* ---- the form ---- */
function Deliveries({ lines }) {
  const change = (line, key, value) => set_params({ set: with_sets({ [`${line.path}.${key}`]: value === line.dates[key] ? null : value }) });
  return html`${lines.map((line) => html`<div class="field" role="group" aria-label=${`${line.pool} ${line.index + 1}`}>
    <span class="legend">${line.pool}${line.every ? `, ${t(`plan.every_${line.every}`)}` : ''}: ${f.whole(line.devices)}</span>
    <div class="row">${Object.entries(line.now).map(([key, date]) => html`<input type="date" id=${`f-${line.path}-${key}`} aria-label=${`${line.pool} ${key}`} value=${date} onChange=${(e) => e.target.value && change(line, key, e.target.value)} />`)}</div>
    <div class="row"><button class="small" type="button" onClick=${() => set_params({ set: moved(line, -1) })}>${t('plan.month_less')}</button><button class="small" type="button" onClick=${() => set_params({ set: moved(line, 1) })}>${t('plan.month_more')}</button>
      <button class="small" type="button" onClick=${() => set_params({ set: moved(line, 2) })}>${t('plan.two_months')}</button></div></div>`)}`;
}

/* A number of the scenario that may be changed by its path. */
function Change({ path, label, value }) {
  const now = set_of(path) ?? value ?? '';
  return html`<div class="field"><label for=${`f-${path}`}>${label}</label><input id=${`f-${path}`} type="text" value=${shown(`f-${path}`, now)} onChange=${(e) => set_params({ set: with_sets({ [path]: e.target.value.trim() === String(value ?? '') || !e.target.value.trim() ? null : e.target.value.trim() }) })} /></div>`;
}

function Form({ s, lines }) {
  const o = s.object;
  return html`<div class="field"><label for="f-scenario">${t('plan.scenario')}</label><select id="f-scenario" value=${s.slug} onChange=${(e) => set_params({ scenario: e.target.value, set: '', yaml: '', take: '', other: '' })}>
      ${(list('scenarios').length ? list('scenarios') : [{ slug: s.slug, name: s.slug }]).map((i) => html`<option value=${i.slug} selected=${i.slug === s.slug}>${i.name}</option>`)}</select></div>
    <div class="field"><label for="f-p">${t('plan.sure', { p: sure() })}</label><input id="f-p" type="range" min="10" max="95" step="5" value=${sure()} onInput=${(e) => set_params({ p: e.target.value })} /></div>
    ${o && html`<fieldset><legend>${t('plan.deliveries')}</legend><${Deliveries} lines=${lines} /></fieldset>
    <details class="more"><summary>${t('plan.jobs')}</summary><div>${(o.jobs || []).map((job) => html`<${Change} path=${`jobs.${job.name}.deadline`} label=${`${job.name}: ${t('plan.deadline')}`} value=${job.deadline} />
      ${(job.candidates || []).slice(0, 4).map((c) => (c.tokens !== undefined ? html`<${Change} path=${`jobs.${job.name}.candidates.${c.name}.tokens`} label=${`${c.name}: ${t('plan.tokens')}`} value=${plain(c.tokens)} />` : null))}`)}</div></details>
    <details class="more"><summary>${t('plan.reserves')}</summary><div>
      ${(o.serving || []).map((v) => html`${v.devices !== undefined && html`<${Change} path=${`serving.${v.name}.devices`} label=${`${v.name}: ${t('job.devices')}`} value=${plain(v.devices)} />`}${v.growth !== undefined && html`<${Change} path=${`serving.${v.name}.growth`} label=${`${v.name}: ${t('plan.growth')}`} value=${plain(v.growth)} />`}`)}
      ${['bring_up', 'ablations', 'evaluation'].filter((k) => o.reserves?.[k] !== undefined).map((k) => html`<${Change} path=${`reserves.${k}`} label=${t(`plan.${k}`)} value=${plain(o.reserves[k])} />`)}</div></details>`}
    <details class="more"><summary>${t('plan.yaml')}</summary><div><textarea id="f-yaml" aria-label=${t('plan.yaml')} rows="22" spellcheck=${false} value=${shown('f-yaml', s.text || '')}></textarea>
      <div class="row"><button class="button" type="button" onClick=${async () => set_params({ yaml: await squeeze(document.getElementById('f-yaml').value), set: '' })}>${t('plan.apply')}</button>
      <button class="small" type="button" onClick=${() => set_params({ yaml: '', set: '' })}>${t('plan.reset')}</button></div></div></details>
    <details class="more"><summary>${t('plan.actuals')}</summary><div><textarea id="f-actuals" aria-label=${t('plan.actuals')} rows="6" spellcheck=${false} placeholder=${'date,pool,devices,usable,job,tokens,failures'} value=${state.params.actuals || ''}></textarea>
      <button class="button" type="button" onClick=${() => set_params({ actuals: document.getElementById('f-actuals').value })}>${t('plan.apply')}</button></div></details>
    <div class="field"><label for="f-other">${t('plan.beside')}</label><select id="f-other" value=${state.params.other || ''} onChange=${(e) => set_params({ other: e.target.value })}><option value="">–</option>${list('scenarios').map((i) => html`<option value=${i.slug} selected=${i.slug === state.params.other}>${i.name}</option>`)}</select></div>
    ${sets().length > 0 && html`<div><div class="chips">${sets().map((one) => html`<button class="chip" type="button" aria-label=${t('plan.undo', { what: one })} onClick=${() => set_params({ set: sets().filter((x) => x !== one) })}>${one} ✕</button>`)}</div></div>`}`;
}

function Beside({ asked, other }) {
  const first = asked.arguments[0], slot = want('beside', 'plan', { arguments: [other, first], set: asked.set });
  const two = slot.answer;
  if (slot.error) return html`<${Failed} error=${slot.error} />`;
  if (!two) return html`<p class="note" role="status">${t('ui.working')}</p>`;
  const columns = [{ key: 'job', label: t('plan.job'), text: true }, ...['p10', 'p50', 'p90'].map((p) => ({ key: `${p}_days`, label: `${p}, d`, show: (r) => (r[`${p}_days`] === null || r[`${p}_days`] === undefined ? '–' : f.signed(r[`${p}_days`])) })),
    { key: 'presence', label: '', text: true }];
  const days = (plan) => plan.jobs.map((j) => `${j.name} ${f.day(j.finish_p50)}`).join(', ');
  return html`<p class="note">A: ${two.plans[0].name}: ${days(two.plans[0])}</p><p class="note">B: ${two.plans[1].name}: ${days(two.plans[1])}</p><${Table} caption=${t('plan.beside')} columns=${columns} rows=${two.difference} />`;
}

/* The line of the text that an assumption is about, where it quotes the line's own note. */
function show_assumption(line) {
  const area = document.getElementById('f-yaml'), text = area?.value || '', note = line.split(': ').at(-1), named = /^([\w.-]+)(?::| on )/.exec(line)?.[1];
  let at = text.indexOf(note);
  if (at < 0 && named) at = Math.max(text.indexOf(`name: ${named}`), 0); // its pool, job or service
  if (at < 0) { at = Math.max(0, text.indexOf('\npools:') + 1); say(t('plan.change_here', { what: line.slice(0, 80) })); }
  if (!area) return;
  area.closest('details').open = true;
  area.focus();
  area.setSelectionRange(area.value.lastIndexOf('\n', at) + 1, (area.value.indexOf('\n', at) + 1 || area.value.length + 1) - 1);
  area.scrollIntoView({ block: 'center' });
}

/* The document for a board, made by the program. */
let reporting = false;
async function report(question) {
  reporting = true;
  say(t('plan.report_working'));
  try {
    save('traincast-report.html', 'text/html', (await ask('report', question)).html);
  } catch (error) { say(`${error.place || ''} ${error.message}`); }
  reporting = false;
  changed();
}

export function View() {
  const s = scenario(), extra = state.params.actuals ? actuals_of(state.params.actuals) : [];
  const object = (s.own || extra.length) && s.object ? { ...s.object, ...(extra.length ? { actuals: [...(s.object.actuals || []), ...extra] } : {}) } : null;
  const waits = (s.own || extra.length) && !object;
  const asked = { arguments: [object || s.slug], ...(sets().length ? { set: sets() } : {}), dates: true };
  const slot = want('plan', 'plan', asked, { hold: waits, delay: sets().length ? 250 : 0 });
  const changed_here = sets().length > 0, base_slot = want('plan-base', 'plan', { arguments: [object || s.slug], dates: true }, { hold: !changed_here || waits });
  const a = slot.answer, base = !changed_here ? a : slot.busy || slot.error ? null : base_slot.answer, lines = deliveries(s.object);
  const job = state.params.job || a?.jobs[0]?.name, c = a && curves(a);
  return html`<div class="view"><form class="controls" aria-label=${t('ui.question')} onSubmit=${(e) => e.preventDefault()}><${Form} s=${s} lines=${lines} /></form>
    <div class="answer"><div class="head"><h2>${a?.name || t('plan.title')}</h2><${Tools} command="plan" question=${{ ...asked, dates: undefined }} answer=${a} rows=${a?.dates || []}>
      <button class="small" type="button" disabled=${!a || reporting} title=${t('plan.report_note')} onClick=${() => report({ ...asked, dates: undefined })}>${t('plan.report')}</button><//></div>
    <${Failed} error=${s.error || slot.error} />
    ${slot.busy && html`<p class="note" role="status">${t('plan.working')}</p>`}
    ${a && html`<div class=${`answer${slot.busy || slot.error ? ' busy' : ''}`} aria-busy=${slot.busy}>
      <div>${a.jobs.map((j) => html`<${Answer} answer=${a} base=${base} job=${j} />`)}</div>
      <${Card} title=${t('plan.calendar')} note=${t('plan.calendar_note')} span tools=${html`<${Downloads} name="traincast-calendar" />`}><${Calendar} answer=${a} lines=${lines} /><//>
      <div class="head"><label for="f-job" class="note">${t('plan.job')}</label><select id="f-job" style=${{ width: 'auto' }} value=${job} onChange=${(e) => set_params({ job: e.target.value })}>${a.jobs.map((j) => html`<option value=${j.name} selected=${j.name === job}>${j.name}</option>`)}</select></div>
      ${a.jobs.filter((j) => j.name === job && j.pool).map((j) => html`<${Figures}>
        <${Figure} label=${t('plan.half')} value=${f.day(j.finish_p50)} sub=${`${f.day(j.finish_p10)} – ${f.day(j.finish_p90)}`} source=${t('plan.source', { n: f.whole(a.samples) })} />
        ${j.deadline && html`<${Figure} label=${t('plan.in_time', { date: f.day(j.deadline) })} value=${f.chance(j.probability_by_deadline)} tone=${j.probability_by_deadline >= 0.5 ? 'good' : 'bad'} source=${t('plan.source', { n: f.whole(a.samples) })} />`}
        <${Figure} label=${t('plan.cost')} value=${f.money(j.cost_usd)} sub=${`${f.money(j.cost_usd_p10)} – ${f.money(j.cost_usd_p90)}`} source=${t('plan.cost_source')} />
        <${Figure} label=${t('plan.energy')} value=${`${f.digits(j.energy_mwh / 1e3)} GWh`} sub=${`${f.digits(j.energy_mwh_p10 / 1e3)} – ${f.digits(j.energy_mwh_p90 / 1e3)}`} source=${t('plan.energy_source')} />
        <${Figure} label=${t('plan.where')} value=${j.pool} sub=${`${j.model}, ${f.large(j.tokens)} ${j.unit}`} source=${t('plan.where_source')} /><//>`)}
      <div class="grid">
        ${a.dates?.length > 0 && html`<${Card} title=${t('plan.curve')} note=${t('plan.curve_note')} tools=${html`<${Downloads} name="traincast-dates" svg=${false} />`}><${Plot} name=${t('plan.curve')} label=${t('plan.day')} time data=${c.s} series=${series(c.jobs)} y_range=${[0, 100]} y_text=${(v) => `${v} %`} /><//>`}
        <${Card} title=${t('plan.drivers')} note=${t('plan.drivers_note', { job })} tools=${html`<${Downloads} name="traincast-drivers" />`}><${Drivers} answer=${a} job=${job} /><//>
        <${Card} title=${t('plan.waits')} note=${t('plan.waits_note', { job })}><${Waits} answer=${a} job=${job} /><//>
        <${Card} title=${t('plan.take')} note=${t('plan.take_note')}><${Take} asked=${asked} job=${job} /><//>
        <${Card} title=${t('plan.money')} note=${t('plan.money_note')} tools=${html`<${Downloads} name="traincast-money" />`}><${Money} answer=${a} /><//>
        ${c.burn.length > 0 && html`<${Card} title=${t('plan.burn')} note=${t('plan.burn_note')} tools=${html`<${Downloads} name="traincast-burn-up" svg=${false} />`}><${Plot} name=${t('plan.burn')} label=${t('plan.day')} time data=${c.b} series=${series(c.burn.map((b) => b.name))} y_range=${[0, 100]} y_text=${(v) => `${f.digits(v, 3)} %`} /><//>`}
        ${state.params.other && html`<${Card} title=${t('plan.beside')} span><${Beside} asked=${asked} other=${state.params.other} /><//>`}
        ${a.serving.length > 0 && html`<${Card} title=${t('plan.serving')}>${a.serving.map((v) => html`<p>${t('plan.serving_line', { name: v.name, n: f.whole(v.devices), pool: v.pool, chance: f.chance(v.met_probability) })}</p>`)}<//>`}
        ${a.advice.length > 0 && html`<${Card} title=${t('plan.advice')}>${a.advice.map((line) => html`<p>${line}</p>`)}<//>`}
        <${Assumed} lines=${a.assumed} change=${show_assumption} />
      </div></div>`}
  </div></div>`;
}
