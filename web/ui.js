// ui.js - what views are made of: fields, figures, assumptions, tables, downloads.
import { html, Component } from './html.js';
import { state, set_params, say } from './state.js';
import { t } from './text.js';
import { list } from './api.js';

/* ---- fields ---- */
const value_of = (name, fallback = '') => state.params[name] ?? fallback;
export const param = value_of;

function wrong(name) {
  for (const slot of Object.values(state.answers)) {
    const place = slot.error?.place;
    if (place && (place === `$.${name}` || place.startsWith(`$.${name}.`) || place.startsWith(`$.${name} `))) return true;
  }
  return false;
}

/* What a field shows: while somebody types in it, what is typed; an answer that comes meanwhile must not take it away. */
export const shown = (id, value) => (document.activeElement?.id === id ? document.activeElement.value : value);

/* Text or choice of the catalog: any text is taken, the catalog's slugs are offered. */
export function Slug({ name, label, kind, fallback = '', placeholder }) {
  const id = `f-${name}`, items = list(kind);
  return html`<div class=${`field${wrong(name) ? ' wrong' : ''}`}>
    <label for=${id}>${label}</label>
    <input id=${id} list=${`${id}-list`} value=${shown(id, value_of(name, fallback))} placeholder=${placeholder || ''} autocomplete="off" spellcheck=${false}
      aria-invalid=${wrong(name)} onChange=${(e) => set_params({ [name]: e.target.value.trim() })} />
    <datalist id=${`${id}-list`}>${items.map((item) => html`<option value=${item.slug}>${item.name}</option>`)}</datalist>
  </div>`;
}

/* A number with a slider; powers: the slider steps through powers of two. */
export function Number_({ name, label, fallback = '', min = 1, max = 64, powers = false, step = 1, slider = true, placeholder }) {
  const id = `f-${name}`, value = value_of(name, fallback);
  const to_slider = (v) => (powers ? Math.round(Math.log2(Math.max(1, v))) : v);
  const from_slider = (v) => (powers ? 2 ** v : v);
  const at = value === '' ? Number(placeholder) || min : Number(value);
  return html`<div class=${`field${wrong(name) ? ' wrong' : ''}`}>
    <label for=${id}>${label}</label>
    <div class="row">
      <input id=${id} type="number" inputmode="decimal" min=${min} step=${step === 1 ? 1 : 'any'} value=${shown(id, value)} placeholder=${placeholder ?? ''} aria-invalid=${wrong(name)}
        onChange=${(e) => set_params({ [name]: e.target.value })} />
      ${slider && html`<input type="range" aria-label=${t('ui.slider', { name: label })} min=${powers ? to_slider(min) : min} max=${powers ? to_slider(max) : max} step=${powers ? 1 : step}
        value=${to_slider(at)} onInput=${(e) => set_params({ [name]: String(from_slider(Number(e.target.value))) })} />`}
    </div>
  </div>`;
}

/* A quantity with its unit, as the program reads it. */
export function Text({ name, label, placeholder }) {
  const id = `f-${name}`;
  return html`<div class=${`field${wrong(name) ? ' wrong' : ''}`}><label for=${id}>${label}</label>
    <input id=${id} value=${shown(id, value_of(name))} placeholder=${placeholder || ''} autocomplete="off" aria-invalid=${wrong(name)} onChange=${(e) => set_params({ [name]: e.target.value.trim() })} /></div>`;
}

export function Choice({ name, label, options, fallback = '' }) {
  const id = `f-${name}`, value = value_of(name, fallback);
  return html`<div class=${`field${wrong(name) ? ' wrong' : ''}`}>
    <label for=${id}>${label}</label>
    <select id=${id} value=${value} aria-invalid=${wrong(name)} onChange=${(e) => set_params({ [name]: e.target.value })}>
      ${options.map((o) => { const [v, text] = Array.isArray(o) ? o : [o, o]; return html`<option value=${v} selected=${v === value}>${text}</option>`; })}
    </select>
  </div>`;
}

/* ---- what explains itself: hover, focus or touch ---- */
let tip = null;
function show_tip(element, text) {
  hide_tip();
  tip = document.createElement('div');
  tip.className = 'tip';
  tip.textContent = text;
  tip.setAttribute('role', 'tooltip');
  document.body.append(tip);
  const at = element.getBoundingClientRect(), size = tip.getBoundingClientRect();
  const left = Math.max(8, Math.min(at.left, innerWidth - size.width - 8));
  const above = at.bottom + size.height + 8 > innerHeight;
  tip.style.left = `${left}px`;
  tip.style.top = `${above ? Math.max(8, at.top - size.height - 6) : at.bottom + 6}px`;
}
function hide_tip() { tip?.remove(); tip = null; }
addEventListener('scroll', hide_tip, true);
addEventListener('keydown', (e) => { if (e.key === 'Escape') hide_tip(); });
export const tipped = (text) => (text ? {
  onMouseEnter: (e) => show_tip(e.currentTarget, text), onMouseLeave: hide_tip,
  onFocus: (e) => show_tip(e.currentTarget, text), onBlur: hide_tip,
} : {});

/* A figure with where it is from. */
export function Sourced({ text, source }) {
  if (!source) return text;
  return html`<span class="sourced" tabindex="0" role="note" aria-label=${`${text}. ${source}`} ...${tipped(source)}>${text}</span>`;
}

export function Figure({ label, value, sub, source, tone }) {
  return html`<div class="figure"><dt>${label}</dt><dd class=${tone || ''}><${Sourced} text=${value} source=${source} />
    ${sub && html`<div class="sub">${sub}</div>`}</dd></div>`;
}

export function Figures({ children }) { return html`<dl class="figures">${children}</dl>`; }

export function Card({ title, note, tools, span, children, id }) {
  return html`<section class=${`card${span ? ' span' : ''}`} id=${id} aria-label=${title}>
    <header><h2>${title}</h2>${tools && html`<div class="tools">${tools}</div>`}</header>
    ${note && html`<p class="note">${note}</p>`}${children}</section>`;
}

/* The text of an error, with the member that it is about. */
export function Failed({ error }) {
  if (!error) return null;
  return html`<div class="error" role="alert"><b>${error.place.replace(/^\$\./, '')}</b> ${error.message}</div>`;
}

/* What was neither given nor known; a click goes to where it can be changed. */
export function Assumed({ lines, change }) {
  if (!lines?.length) return null;
  return html`<${Card} title=${t('ui.assumed')} note=${t('ui.assumed_note')} span>
    <div class="chips">${lines.map((line) => html`<button class="chip" type="button" onClick=${() => change(line)}>${line}</button>`)}</div><//>`;
}

/* Opens what hides the field, and puts the cursor there. */
export function focus_field(name) {
  const field = document.getElementById(`f-${name}`);
  if (!field) return false;
  for (let up = field.closest('details'); up; up = up.parentElement?.closest('details')) up.open = true;
  field.focus();
  field.scrollIntoView({ block: 'center' });
  return true;
}

/* ---- a table that can be sorted ---- */
/* columns: {key, label, text?, value?(row), show(row)}; of a row. */
export class Table extends Component {
  constructor(props) { super(props); this.state = { by: props.by ?? null, down: props.down ?? false }; }
  render() {
    const { columns, rows, chosen, choose, caption } = this.props, { by, down } = this.state;
    const column = columns.find((c) => c.key === by);
    const value = (row) => (column.value ? column.value(row) : row[column.key]);
    const sorted = column ? [...rows].sort((a, b) => {
      const x = value(a), y = value(b);
      if (x === y) return 0;
      if (x === null || x === undefined) return 1;
      if (y === null || y === undefined) return -1;
      return (x < y ? -1 : 1) * (down ? -1 : 1);
    }) : rows;
    return html`<div class="scroll" tabindex="0" role="group" aria-label=${caption}><table>
      <caption class="visually-hidden">${caption}</caption>
      <thead><tr>${columns.map((c) => html`<th scope="col" class=${c.text ? 'text' : ''} aria-sort=${c.key === by ? (down ? 'descending' : 'ascending') : undefined}>
        <button class="plain" type="button" onClick=${() => this.setState({ by: c.key, down: c.key === by ? !down : !!c.down })}>${c.label}${c.key === by ? (down ? ' ↓' : ' ↑') : ''}</button></th>`)}</tr></thead>
      <tbody>${sorted.map((row, i) => html`<tr aria-selected=${chosen !== undefined ? row === chosen : undefined}>
        ${columns.map((c, k) => {
          const text = c.show ? c.show(row, i) : row[c.key];
          return k === 0 ? html`<th scope="row" class="text">${choose ? html`<button class="plain" type="button" onClick=${() => choose(row)}>${text}</button>` : text}</th>`
            : html`<td class=${c.text ? 'text' : ''}>${text}</td>`;
        })}</tr>`)}</tbody></table></div>`;
  }
}

/* ---- copies and downloads ---- */
export async function copy(text, what) {
  try { await navigator.clipboard.writeText(text); } catch {
    const area = document.createElement('textarea');
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
  say(t('ui.copied', { what }));
}

export function save(name, type, content) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

/* The question as a command line: what a shell would read the same way. */
export function command_line(command, question) {
  const quote = (text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${String(text).replaceAll("'", `'\\''`)}'`);
  const words = ['traincast', command, ...(question.arguments || []).map((a) => (typeof a === 'object' ? 'scenario.yaml' : quote(a)))];
  for (const [key, value] of Object.entries(question)) {
    if (key === 'arguments' || value === null || value === undefined) continue;
    const option = `--${key.replaceAll('_', '-')}`;
    if (value === true) words.push(option);
    else if (Array.isArray(value) && key === 'set') value.forEach((v) => words.push(option, quote(v)));
    else if (Array.isArray(value)) words.push(option, quote(value.map((v) => (typeof v === 'object' ? 'mine.yaml' : v)).join(',')));
    else if (typeof value === 'object') words.push(option, `${key}.yaml`);
    else if (value !== false) words.push(option, quote(String(value)));
  }
  return words.join(' ');
}

/* Rows of flat objects as CSV (RFC 4180). */
export function to_csv(rows) {
  const keys = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cell = (v) => { const text = v === null || v === undefined ? '' : typeof v === 'object' ? JSON.stringify(v) : String(v); return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text; };
  return `${[keys, ...rows.map((row) => keys.map((k) => row[k]))].map((line) => line.map(cell).join(',')).join('\r\n')}\r\n`;
}

/* rows: of the answer's main list. */
export function Tools({ command, question, answer, rows, children }) {
  return html`<div class="tools">${children}
    <button class="small" type="button" onClick=${() => copy(command_line(command, question), t('ui.command_line'))}>${t('ui.copy_command')}</button>
    <button class="small" type="button" onClick=${() => copy(location.href, t('ui.link'))}>${t('ui.copy_link')}</button>
    <button class="small" type="button" disabled=${!answer} onClick=${() => save(`traincast-${command}.json`, 'application/json', JSON.stringify(answer, null, 2))}>JSON</button>
    ${rows && html`<button class="small" type="button" disabled=${!rows.length} onClick=${() => save(`traincast-${command}.csv`, 'text/csv', to_csv(rows))}>CSV</button>`}
  </div>`;
}
