// api.js - asks the program. Two homes: a server beside the page (POST /api/COMMAND), or the program itself as WebAssembly in a
// worker. The question and the answer are the same JSON.
import { state, changed } from './state.js';

export class Refusal extends Error {
  constructor(place, text) { super(text); this.place = place; }
}

const home = document.querySelector('meta[name=traincast-home]')?.content || 'server';

/* ---- over HTTP ---- */
async function ask_server(command, question, signal) {
  const reply = await fetch(`api/${command}`, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(question), signal,
  });
  const text = await reply.text();
  let answer;
  try { answer = JSON.parse(text); } catch { throw new Refusal('server', `HTTP ${reply.status}`); }
  if (!reply.ok) throw new Refusal(answer.error?.place || 'server', answer.error?.text || `HTTP ${reply.status}`);
  return answer;
}

/* ---- in a worker ---- */
// What takes long has a worker of its own, which is ended where nobody waits any more; a new one takes its place.
const LONG = new Set(['search', 'compare', 'plan', 'report', 'validate', 'infer']);
const workers = {};
let number = 0;

function start_worker(kind) {
  const make = globalThis.traincast_worker || (() => new Worker(new URL('worker.js', document.baseURI), { type: 'module' }));
  const worker = { thread: make(), waiting: new Map() };
  worker.thread.onmessage = ({ data }) => {
    const of = worker.waiting.get(data.number);
    worker.waiting.delete(data.number);
    if (!of) return;
    if (data.error) of.fail(new Refusal(data.error.place, data.error.text));
    else of.done(JSON.parse(data.answer));
  };
  worker.thread.onerror = (event) => {
    for (const of of worker.waiting.values()) of.fail(new Refusal('worker', event.message || 'ended'));
    delete workers[kind];
  };
  workers[kind] = worker;
  return worker;
}

async function ask_worker(command, question, signal) {
  // Published runs are not in the module: what the program says of them was written when the page was made.
  if (command === 'validate') return JSON.parse(await read_file('accuracy.json'));
  const kind = LONG.has(command) ? 'long' : 'short';
  const worker = workers[kind] || start_worker(kind);
  const mine = ++number;
  return new Promise((done, fail) => {
    worker.waiting.set(mine, { done, fail });
    signal?.addEventListener('abort', () => {
      worker.waiting.delete(mine);
      if (kind === 'long' && worker.waiting.size === 0) { worker.thread.terminate(); delete workers[kind]; }
      fail(new DOMException('aborted', 'AbortError'));
    });
    worker.thread.postMessage({ number: mine, command, question });
  });
}

export const ask = (command, question, signal) =>
  (home === 'server' ? ask_server : ask_worker)(command, question, signal);

/* A file that belongs to the page: a scenario's text, the published runs. */
export async function read_file(path) {
  const inlined = globalThis.traincast_files?.[path];
  if (inlined !== undefined) return inlined;
  const reply = await fetch(path);
  if (!reply.ok) throw new Refusal(path, `HTTP ${reply.status}`);
  return reply.text();
}

/* ---- answers that a view shows ---- */
// slot: what it is for ("step"). Asks where the question is another than before; the old answer stays until the new one is there.
export function want(slot, command, question, { delay = 0, hold = false } = {}) {
  const key = `${command} ${JSON.stringify(question)}`;
  const have = state.answers[slot] || (state.answers[slot] = { answer: null, error: null, busy: false, key: null });
  if (have.key === key || hold) return have;
  have.key = key;
  have.abort?.abort();
  clearTimeout(have.timer);
  have.abort = new AbortController();
  have.busy = true;
  const mine = have.abort;
  have.timer = setTimeout(async () => {
    const began = performance.now();
    try {
      const answer = await ask(command, question, mine.signal);
      if (mine !== have.abort) return;
      Object.assign(have, { answer, error: null, busy: false, ms: performance.now() - began, question });
    } catch (error) {
      if (mine !== have.abort || error.name === 'AbortError') return;
      Object.assign(have, { error: error instanceof Refusal ? error : new Refusal('page', error.message), busy: false });
    }
    changed();
  }, delay);
  return have;
}

// A list of the catalog; [] until it is there.
export function list(kind) {
  const slot = want(`list ${kind}`, 'list', { arguments: [kind] });
  return slot.answer?.items || [];
}
