// app.js - the shell: the bar, the views, what the reader prefers.
import { html, render } from './html.js';
import { state, on_change, read_address, address, set_pref, changed } from './state.js';
import { t, LANGUAGES, chosen } from './text.js';
import { CURRENCIES } from './format.js';
import * as plan from './views/plan.js';
import * as step from './views/step.js';
import * as search from './views/search.js';
import * as compare from './views/compare.js';
import * as serving from './views/serving.js';
import * as accuracy from './views/accuracy.js';
import * as controls from './views/controls.js';

export const views = { plan, step, search, compare, serving, accuracy, controls };

function Bar() {
  return html`<header class="bar">
    <a class="skip" href="#answer" onClick=${(e) => { e.preventDefault(); document.getElementById('answer')?.focus(); }}>${t('ui.skip')}</a>
    <span class="brand"><svg viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="7" fill="#2458c6" /><path d="M6 23h20M6 23V9M9 19l5-5 4 3 7-8" fill="none" stroke="#fff" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round" /></svg>traincast</span>
    <nav class="tabs" aria-label=${t('ui.views')}>${Object.keys(views).map((name) => html`<a href=${address(name, {})} aria-current=${state.view === name ? 'page' : undefined}>${t(`${name}.name`)}</a>`)}</nav>
    <div class="prefs">
      <select aria-label=${t('ui.bytes')} value=${state.prefs.bytes} onChange=${(e) => set_pref('bytes', e.target.value)}><option value="binary">GiB</option><option value="decimal">GB</option></select>
      <select aria-label=${t('ui.currency')} title=${CURRENCIES[state.prefs.currency].source || ''} value=${state.prefs.currency} onChange=${(e) => set_pref('currency', e.target.value)}>${Object.keys(CURRENCIES).map((c) => html`<option value=${c}>${c}</option>`)}</select>
      <select aria-label=${t('ui.language')} value=${chosen()} onChange=${(e) => set_pref('language', e.target.value)}>${Object.entries(LANGUAGES).map(([k, l]) => html`<option value=${k}>${l.name}</option>`)}</select>
      <select aria-label=${t('ui.theme')} value=${state.prefs.theme} onChange=${(e) => set_pref('theme', e.target.value)}>${['auto', 'light', 'dark'].map((k) => html`<option value=${k}>${t(`ui.theme_${k}`)}</option>`)}</select>
    </div></header>`;
}

function App() {
  const view = views[state.view] || plan;
  return html`<${Bar} /><main id="answer" tabindex="-1"><h1 class="visually-hidden">${t(`${state.view}.title`)}</h1>${view.View()}</main>
    <div role="status" aria-live="polite">${state.said && html`<div class="say">${state.said}</div>`}</div>`;
}

const dark = matchMedia('(prefers-color-scheme: dark)');
function draw() {
  const theme = state.prefs.theme === 'auto' ? (dark.matches ? 'dark' : 'light') : state.prefs.theme;
  document.documentElement.dataset.theme = theme;
  document.documentElement.lang = LANGUAGES[chosen()].tag;
  document.title = `${t(`${state.view}.name`)} · traincast`;
  render(html`<${App} />`, document.getElementById('app'));
}

on_change(draw);
dark.addEventListener('change', changed);
addEventListener('hashchange', () => { read_address(); views[state.view]?.opened?.(); draw(); scrollTo(0, 0); });
read_address();
document.getElementById('app').textContent = '';
draw();
