// controls.js - export controls: total processing performance against performance density, and what each dated rule makes of a chip.
import { html } from '../html.js';
import { state, set_params } from '../state.js';
import { t } from '../text.js';
import { want } from '../api.js';
import * as f from '../format.js';
import { Card, Failed, Tools, Table, tipped } from '../ui.js';
import { Downloads, log_scale, log_ticks } from '../chart.js';
import { own_chip, ChipForm } from './chip.js';

const KIND = { none: 3, unknown: 5, '3A090': 7, '3A090.a': 7, '3A090.b': 2, licence: 2, 'case-by-case': 2, denial: 7 };

/* The thresholds that a rule's reasons compare with: the program knows them, the page does not. */
function thresholds(items, rule) {
  const found = { TPP: new Set(), PD: new Set() };
  for (const item of items)
    for (const r of item.rules) if (r.rule === rule && r.reason) for (const [, what, limit] of r.reason.matchAll(/(TPP|PD) [\d.,]+ (?:<|>=|>|<=) ([\d.,]*\d)/g)) found[what].add(Number(limit.replaceAll(',', '')));
  return { tpp: [...found.TPP], pd: [...found.PD] };
}

function Map_({ items, rule, own }) {
  const points = items.filter((i) => i.tpp > 0 && i.performance_density > 0), width = 1120, height = 460, left = 60, bottom = 40;
  const xs = points.map((p) => p.tpp), ys = points.map((p) => p.performance_density), limits = thresholds(items, rule);
  const x = log_scale(Math.min(300, ...xs) * 0.8, Math.max(...xs, 1000) * 1.3, left, width - 14), y = log_scale(Math.max(...ys, 1) * 1.4, Math.min(0.5, ...ys) * 0.8, 10, height - bottom);
  const [x0, x1] = [Math.min(300, ...xs) * 0.8, Math.max(...xs, 1000) * 1.3], [y0, y1] = [Math.min(0.5, ...ys) * 0.8, Math.max(...ys, 1) * 1.4];
  return html`<svg class="chart" viewBox=${`0 0 ${width} ${height}`} role="group" aria-label=${t('controls.map')}>
    ${log_ticks(x0, x1).map((v) => html`<g><line class="grid" x1=${x(v)} x2=${x(v)} y1="10" y2=${height - bottom} /><text class="soft" x=${x(v)} y=${height - 20} text-anchor="middle">${f.digits(v)}</text></g>`)}
    ${log_ticks(y0, y1).map((v) => html`<g><line class="grid" x1=${left} x2=${width - 14} y1=${y(v)} y2=${y(v)} /><text class="soft" x=${left - 8} y=${y(v)} text-anchor="end" dominant-baseline="middle">${f.digits(v)}</text></g>`)}
    ${limits.tpp.filter((v) => v > x0 && v < x1).map((v) => html`<g><line class="limit" x1=${x(v)} x2=${x(v)} y1="10" y2=${height - bottom} /><text class="soft" x=${x(v) + 3} y="20">${f.digits(v)}</text></g>`)}
    ${limits.pd.filter((v) => v > y0 && v < y1).map((v) => html`<g><line class="limit" x1=${left} x2=${width - 14} y1=${y(v)} y2=${y(v)} /><text class="soft" x=${width - 16} y=${y(v) - 4} text-anchor="end">${f.digits(v)}</text></g>`)}
    ${points.map((p) => { const r = p.rules.find((one) => one.rule === rule), mine = p.slug === own; return html`<g><circle class=${`k${KIND[r?.class] || 5}${mine ? ' chosen' : ''}`} cx=${x(p.tpp)} cy=${y(p.performance_density)} r=${mine ? 8 : 5} tabindex="0" role="img" aria-label=${`${p.name}: TPP ${f.digits(p.tpp)}, ${f.digits(p.performance_density)}, ${r?.class || ''}`}
      ...${tipped(`${p.name}: TPP ${f.digits(p.tpp)}, ${t('controls.density')} ${f.digits(p.performance_density)} — ${r?.class || '–'}: ${r?.meaning || ''}`)} />
      ${mine && html`<text x=${x(p.tpp) + 12} y=${y(p.performance_density)} dominant-baseline="middle">${p.name}</text>`}</g>`; })}
    <text class="soft" x=${width - 14} y=${height - 4} text-anchor="end">TPP</text><text class="soft" x="4" y="10">${t('controls.density')}</text></svg>
    <div class="legend-row">${[...new Set(points.map((p) => p.rules.find((r) => r.rule === rule)?.class))].filter(Boolean).map((c) => html`<span><i class=${`k${KIND[c] || 5}`}></i>${c}</span>`)}</div>`;
}

export function View() {
  const all = want('controls', 'controls', {}), chip = own_chip(null), mine = want('controls-own', 'controls', { arguments: [chip] }, { hold: !chip });
  const own = chip && mine.answer && !mine.error ? mine.answer.items[0] : null, items = [...(own ? [own] : []), ...(all.answer?.items || [])];
  const rules = all.answer?.items[0]?.rules || [], rule = state.params.rule || rules.find((r) => r.date.startsWith('2023'))?.rule || rules[0]?.rule;
  const columns = [{ key: 'name', label: t('controls.chip'), text: true }, { key: 'tpp', label: 'TPP', show: (i) => f.whole(i.tpp), down: true }, { key: 'tpp_format', label: t('job.dtype'), text: true }, { key: 'performance_density', label: t('controls.density'), show: (i) => f.digits(i.performance_density), down: true },
    ...rules.map((r) => ({ key: r.rule, label: r.date, value: (i) => i.rules.find((x) => x.rule === r.rule)?.class, show: (i) => { const of = i.rules.find((x) => x.rule === r.rule); return html`<span class="sourced" tabindex="0" role="note" aria-label=${`${of?.class}: ${of?.meaning}`} ...${tipped(of && [of.meaning, of.reason, of.source].filter(Boolean).join(' — '))}>${of?.class || '–'}</span>`; } }))];
  return html`<div class="view"><form class="controls" aria-label=${t('ui.question')} onSubmit=${(e) => e.preventDefault()}>
      <div class="field"><label for="f-rule">${t('controls.rule')}</label><select id="f-rule" value=${rule} onChange=${(e) => set_params({ rule: e.target.value })}>${rules.map((r) => html`<option value=${r.rule} selected=${r.rule === rule}>${r.date} ${r.name}</option>`)}</select></div>
      <${ChipForm} controls /></form>
    <div class="answer"><div class="head"><h2>${t('controls.title')}</h2><${Tools} command="controls" question=${chip ? { arguments: [chip] } : {}} answer=${own ? mine.answer : all.answer} rows=${items.flatMap((i) => i.rules.map((r) => ({ slug: i.slug, tpp: i.tpp, performance_density: i.performance_density, ...r })))} /></div>
    <${Failed} error=${all.error || mine.error} />
    ${own && html`<${Card} title=${own.name}><p>TPP ${f.whole(own.tpp)} (${own.tpp_format}), ${t('controls.density')} ${f.digits(own.performance_density)}</p>
      <ul class="plain-list" id="own-chip">${own.rules.map((r) => html`<li data-rule=${r.rule}><b class=${r.class === 'none' ? 'good' : r.class === 'unknown' ? '' : 'bad'}>${r.date} ${r.name}: ${r.class}</b> — ${r.meaning}. <span class="note">${r.reason || ''}</span></li>`)}</ul><//>`}
    ${items.length > 0 && html`<div class=${`answer${all.busy || mine.busy ? ' busy' : ''}`} aria-busy=${all.busy || mine.busy}><${Card} title=${t('controls.map')} note=${t('controls.map_note')} tools=${html`<${Downloads} name="traincast-controls" />`}><${Map_} items=${items} rule=${rule} own=${own?.slug} /><//>
      <${Card} title=${t('controls.table')} note=${all.answer?.note}><${Table} caption=${t('controls.table')} columns=${columns} rows=${items} by="tpp" down chosen=${own || undefined} /><//></div>`}
  </div></div>`;
}
