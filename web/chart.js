// chart.js - pictures as SVG, in the page's colours, and their downloads as SVG and PNG.
import { html } from './html.js';
import { t } from './text.js';
import { save, tipped } from './ui.js';

/* ---- downloads ---- */
const KEPT = ['fill', 'stroke', 'stroke-width', 'stroke-dasharray', 'opacity', 'font-family', 'font-size', 'text-anchor', 'dominant-baseline'];

/* The picture alone: the colours that the page's sheet gives it go into it. */
function standalone(svg) {
  const copy = svg.cloneNode(true), from = svg.querySelectorAll('*'), to = copy.querySelectorAll('*');
  from.forEach((element, i) => {
    const style = getComputedStyle(element);
    for (const name of KEPT) { const value = style.getPropertyValue(name); if (value) to[i].setAttribute(name, value); }
    to[i].removeAttribute('class');
    to[i].removeAttribute('style');
    to[i].removeAttribute('tabindex');
  });
  const [, , width, height] = svg.getAttribute('viewBox').split(' ').map(Number);
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.setAttribute('width', width);
  copy.setAttribute('height', height);
  const back = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
  for (const [k, v] of Object.entries({ x: -20, y: -20, width: width + 40, height: height + 40, fill: getComputedStyle(document.documentElement).getPropertyValue('--surface') })) back.setAttribute(k, v);
  copy.prepend(back);
  return { text: new XMLSerializer().serializeToString(copy), width, height };
}

const picture_of = (event) => event.currentTarget.closest('.card').querySelector('svg.chart');

export function save_svg(event, name) {
  const svg = picture_of(event);
  if (svg) save(`${name}.svg`, 'image/svg+xml', standalone(svg).text);
}

export function save_png(event, name) {
  const canvas = event.currentTarget.closest('.card').querySelector('canvas');
  if (canvas) { canvas.toBlob((blob) => save(`${name}.png`, 'image/png', blob)); return; }
  const svg = picture_of(event);
  if (!svg) return;
  const { text, width, height } = standalone(svg), image = new Image();
  image.onload = () => {
    const big = document.createElement('canvas');
    big.width = 2 * width;
    big.height = 2 * height;
    const context = big.getContext('2d');
    context.scale(2, 2);
    context.drawImage(image, 0, 0, width, height);
    big.toBlob((blob) => save(`${name}.png`, 'image/png', blob));
  };
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
}

export function Downloads({ name, svg = true }) {
  return html`${svg && html`<button class="small" type="button" aria-label=${t('ui.save_as', { name, type: 'SVG' })} onClick=${(e) => save_svg(e, name)}>SVG</button>`}
    <button class="small" type="button" aria-label=${t('ui.save_as', { name, type: 'PNG' })} onClick=${(e) => save_png(e, name)}>PNG</button>`;
}

/* ---- scales ---- */
export function ticks(low, high, about = 5) {
  const span = high - low || 1, rough = span / about, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((s) => s >= rough) || 10 * power;
  const out = [];
  for (let v = Math.ceil(low / step) * step; v <= high + step * 1e-9; v += step) out.push(Math.abs(v) < step * 1e-9 ? 0 : v);
  return out;
}

export function log_ticks(low, high) {
  const out = [];
  for (let p = Math.floor(Math.log10(low)); p <= Math.ceil(Math.log10(high)); p++)
    for (const m of [1, 2, 5]) { const v = m * 10 ** p; if (v >= low && v <= high) out.push(v); }
  return out.length > 9 ? out.filter((v) => Math.abs(Math.log10(v) % 1) < 1e-9) : out;
}

export const scale = (low, high, from, to) => (v) => from + ((v - low) / (high - low || 1)) * (to - from);
export const log_scale = (low, high, from, to) => (v) => from + ((Math.log(v) - Math.log(low)) / (Math.log(high / low) || 1)) * (to - from);

/* ---- pictures that several views have ---- */
/* rows: {label, value, text, kind (1 to 8), tip}; values of either sign from a common start, or each from where the last ended. */
export function Bars({ rows, label, width = 560, falling = null, unit_text, left = 150 }) {
  const height = 22 * rows.length + 8, right = 64;
  let low = 0, high = 0, at = falling ?? 0;
  const spans = rows.map((row) => {
    const from = falling === null || row.whole ? 0 : at, to = falling === null || row.whole ? row.value : at - row.value;
    if (falling !== null && !row.whole) at = to;
    low = Math.min(low, from, to);
    high = Math.max(high, from, to);
    return [from, to];
  });
  const x = scale(low, high, left, width - right);
  return html`<svg class="chart" viewBox=${`0 0 ${width} ${height}`} role="img" aria-label=${`${label}: ${rows.map((r) => `${r.label} ${r.text}`).join(', ')}`}>
    <line class="axis" x1=${x(0)} x2=${x(0)} y1="0" y2=${height - 4} />
    ${rows.map((row, i) => {
      const [from, to] = spans[i], begin = Math.min(x(from), x(to)), size = Math.max(1, Math.abs(x(to) - x(from))), y = 4 + 22 * i;
      return html`<g ...${tipped(row.tip)}>
        <text class="soft" x=${left - 8} y=${y + 11} text-anchor="end" dominant-baseline="middle">${row.label}</text>
        <rect class=${`k${row.kind || 1}`} x=${begin} y=${y + 2} width=${size} height="17" rx="2" />
        <text x=${begin + size + 5} y=${y + 11} dominant-baseline="middle">${row.text}</text></g>`;
    })}${unit_text && html`<text class="soft" x=${width} y=${height} text-anchor="end">${unit_text}</text>`}</svg>`;
}

/* parts: {label, value, kind, text}; side by side on one scale; limits: {label, value}. */
export function Stacked({ parts, limits = [], label, most, width = 560 }) {
  const height = 74, high = Math.max(most || 0, parts.reduce((a, p) => a + p.value, 0), ...limits.map((l) => l.value)) * 1.04;
  const x = scale(0, high, 0, width);
  let at = 0;
  return html`<svg class="chart" viewBox=${`0 0 ${width} ${height}`} role="img" aria-label=${`${label}: ${[...parts, ...limits].map((r) => `${r.label} ${r.text}`).join(', ')}`}>
    <rect x="0" y="26" width=${width} height="26" rx="3" fill="none" class="axis" />
    ${parts.map((part) => { const from = at; at += part.value; return html`<rect class=${`k${part.kind}`} x=${x(from)} y="26" width=${Math.max(0, x(at) - x(from))} height="26" ...${tipped(`${part.label}: ${part.text}`)} />`; })}
    ${limits.map((limit, i) => html`<g><line class="limit" x1=${x(limit.value)} x2=${x(limit.value)} y1="20" y2="58" />
      <text class="soft" x=${Math.min(x(limit.value), width - 4)} y=${i % 2 ? 70 : 14} text-anchor=${x(limit.value) > width / 2 ? 'end' : 'start'}>${limit.label} ${limit.text}</text></g>`)}
  </svg>
  <div class="legend-row">${parts.filter((p) => p.value > 0).map((p) => html`<span><i class=${`k${p.kind}`}></i>${p.label} ${p.text}</span>`)}</div>`;
}
