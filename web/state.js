// state.js - where the page is: the view and what is asked stand in the address, so that a link says all; what the reader
// prefers (colours, language, units) stays with the browser.
const PREFS = { theme: 'auto', language: 'auto', bytes: 'binary', currency: 'USD' };

export const state = { view: 'plan', params: {}, prefs: read_prefs(), answers: {}, catalog: {}, said: '' };

let draw = () => {};
let waiting = false;
export function on_change(f) { draw = f; }
// Draws once for all that changes before the next frame.
export function changed() {
  if (waiting) return;
  waiting = true;
  queueMicrotask(() => { waiting = false; draw(); });
}

function read_prefs() {
  try { return { ...PREFS, ...JSON.parse(localStorage.getItem('traincast') || '{}') }; } catch { return { ...PREFS }; }
}

export function set_pref(name, value) {
  state.prefs[name] = value;
  try { localStorage.setItem('traincast', JSON.stringify(state.prefs)); } catch { /* a private window */ }
  changed();
}

// "#/step?model=llama-3-70b&tp=8"; a key that is given twice is a list.
export function read_address() {
  const [path, query] = location.hash.replace(/^#\/?/, '').split('?');
  const params = {};
  for (const [key, value] of new URLSearchParams(query || ''))
    params[key] = key in params ? [].concat(params[key], value) : value;
  state.view = path || 'plan';
  state.params = params;
}

export function address(view, params) {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(params))
    for (const one of [].concat(value)) if (one !== '' && one !== null && one !== undefined) query.append(key, one);
  const text = query.toString();
  return `#/${view}${text ? `?${text}` : ''}`;
}

// A change of what is asked. It replaces the address: a slider does not fill the browser's history.
export function set_params(changes) {
  const params = { ...state.params, ...changes };
  for (const key of Object.keys(params)) if (params[key] === '' || params[key] === null || params[key] === undefined) delete params[key];
  state.params = params;
  history.replaceState(null, '', address(state.view, params));
  changed();
}

export function go(view, params) { location.hash = address(view, params); }

export function say(text) {
  state.said = text;
  changed();
  setTimeout(() => { if (state.said === text) { state.said = ''; changed(); } }, 2500);
}
