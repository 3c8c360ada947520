// soak.mjs PROGRAM SECONDS: `traincast serve` under 200 requests a second for that long. Its memory must not grow: the server's own, and that of all of its
// processes together. Prints it every tenth of the time, with the times of the answers; exit 1 where it grows, where an answer is wrong, or where the server ends.
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';

const [, , program, given] = process.argv, seconds = Number(given || 7200), RATE = 200, GROWTH = 1.1, SLACK = 2 << 20;
const server = spawn(program, ['serve', '--listen', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'inherit'] });
const url = String(await new Promise((done) => server.stdout.once('data', done))).trim();
let ended = false;
server.once('exit', () => { ended = true; });
process.once('exit', () => server.kill());

const rss = (pid) => { const found = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')); return found ? 1024 * Number(found[1]) : 0; };
const open_files = () => execFileSync('ls', [`/proc/${server.pid}/fd`], { encoding: 'utf8' }).split('\n').length - 1;
const agent = new Agent({ keepAlive: true, maxSockets: 32 });
const QUESTIONS = [['step', { model: 'llama-3-70b', accelerator: 'h20', devices: 1024, tp: 8, pp: 4 }], ['step', { model: 'llama-3-8b', accelerator: 'h100-sxm', devices: 64 }], ['show', { arguments: ['accelerator', 'h20'] }],
  ['controls', { arguments: ['h20'] }], ['infer', { model: 'llama-3-8b', accelerator: 'h20', devices: 8, concurrency: 16 }], ['step', { model: 'llama-3-8b', accelerator: 'h100-sxm', devices: 64, tp: 0 }], ['GET', '/'], ['GET', '/app.js']];

let sent = 0, answered = 0, wrong = 0, turned_away = 0, late = 0, first_wrong = '';
let times = [];
function ask() {
  const [command, question] = QUESTIONS[sent++ % QUESTIONS.length], began = performance.now(), get = command === 'GET', refused = question?.tp === 0;
  const body = get ? null : JSON.stringify({ ...question, ...(command === 'step' && !refused ? { micro_batch: 1 + (sent % 4) } : {}) });
  const asked = request(new URL(get ? question : `/api/${command}`, url), { method: get ? 'GET' : 'POST', agent, headers: get ? {} : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) } }, (reply) => {
    let length = 0;
    reply.on('data', (part) => { length += part.length; });
    reply.on('end', () => {
      answered++;
      if (reply.statusCode === 503) turned_away++; // too many wait
      else if (reply.statusCode !== (refused ? 400 : 200) || length < 20) { wrong++; first_wrong ||= `${command}: HTTP ${reply.statusCode}, ${length} bytes`; }
      if (command === 'step' && reply.statusCode === 200) times.push(performance.now() - began);
    });
  });
  asked.on('error', (error) => { if (ended) return; wrong++; first_wrong ||= `${command}: ${error.message}`; });
  asked.end(body);
}

const quantile = (p) => { times.sort((a, b) => a - b); return times.length ? times[Math.min(times.length - 1, Math.floor(p * times.length))] : NaN; };
const mb = (bytes) => (bytes / 1e6).toFixed(1), began = performance.now(), samples = [];
let next_report = 0;
while (!ended) {
  const now = (performance.now() - began) / 1000;
  if (now >= seconds) break;
  while (sent < RATE * now) { if (sent - answered > 256) { late++; sent++; answered++; } else ask(); } // what the machine cannot take is not sent
  if (now >= next_report) {
    samples.push({ at: now, rss: rss(server.pid), files: open_files() });
    console.log(`${now.toFixed(0).padStart(6)} s  ${sent} requests, ${turned_away} turned away, ${late} not sent, ${wrong} wrong; server ${mb(samples.at(-1).rss)} MB, ${samples.at(-1).files} files; a step p50 ${quantile(0.5).toFixed(1)} ms, p95 ${quantile(0.95).toFixed(1)} ms`);
    next_report += seconds / 10;
  }
  await new Promise((done) => setTimeout(done, 10));
}
agent.destroy();
await new Promise((done) => setTimeout(done, 2000)); // what clients left is ended
const after = ended ? null : { rss: rss(server.pid), files: open_files() }, warm = samples[1] || samples[0]; // the first tenth warms up
const children = ended ? 0 : readFileSync(`/proc/${server.pid}/task/${server.pid}/children`, 'utf8').trim().split(' ').filter(Boolean).length;
const grown = !after || after.rss > GROWTH * warm.rss + SLACK || after.files > warm.files + 40;
console.log(ended ? 'the server ended' : `server ${mb(warm.rss)} MB after a tenth, ${mb(after.rss)} MB at the end, ${children} processes left; ${answered - late} answers, ${wrong} wrong${first_wrong ? ` (${first_wrong})` : ''}; a step p95 ${quantile(0.95).toFixed(1)} ms`);
process.exit(grown || wrong > 0 || ended ? 1 : 0);
