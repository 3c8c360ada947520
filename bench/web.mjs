// web.mjs BUILD: measures the page in Chromium: lines of measure, value, unit.
import { createServer } from 'node:http';
import { readFileSync, readdirSync, existsSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { launch, serve, open } from '../tests/web/harness.mjs';

const build = process.argv[2], folder = `${build}/web`, TYPES = { html: 'text/html', js: 'text/javascript', mjs: 'text/javascript', css: 'text/css', svg: 'image/svg+xml', wasm: 'application/wasm', json: 'application/json' };
const row = (measure, value, unit) => console.log(`${measure},${Number(value.toPrecision(3))},${unit}`);
const quantile = (list, p) => [...list].sort((a, b) => a - b)[Math.floor(p * (list.length - 1))];
const browser = await launch(), server = await serve(`${build}/traincast`), STEPS = 200;
const paint = async (url) => { const page = await open(browser); await page.goto(`${url}#/step`); await page.waitForSelector('.bar'); const at = await page.evaluate(() => performance.getEntriesByType('paint').find((p) => p.name === 'first-contentful-paint')?.startTime ?? NaN); return { page, at }; };
const steps = (page, n) => page.evaluate(async (count) => { const { ask } = await import('./api.js'), out = []; for (let i = 0; i < count; i++) { const began = performance.now(); await ask('step', { model: 'llama-3-70b', accelerator: 'h20', devices: 1024, tp: 8, pp: 4, micro_batch: 1 + (i % 4) }); out.push(performance.now() - began); } return out; }, n);

const paints = [];
for (let i = 0; i < 5; i++) { const { page, at } = await paint(server.url); paints.push(at); if (i < 4) { await page.context().close(); continue; } await page.waitForSelector('.answer .answer'); const times = await steps(page, STEPS); row('a step by the server: median', quantile(times, 0.5), 'ms'); row('a step by the server: p95', quantile(times, 0.95), 'ms'); }
row('first paint: median of 5', quantile(paints, 0.5), 'ms');

if (existsSync(`${folder}/traincast.wasm`)) {
  const host = createServer((request, reply) => { const path = `${folder}${request.url.split('?')[0].replace(/\/$/, '/index.html')}`; if (!existsSync(path)) { reply.writeHead(404).end(); return; } reply.writeHead(200, { 'Content-Type': TYPES[path.split('.').at(-1)] || 'text/plain' }).end(readFileSync(path)); }).listen(0, '127.0.0.1');
  await new Promise((done) => host.once('listening', done));
  const { page } = await paint(`http://127.0.0.1:${host.address().port}/`);
  await page.waitForSelector('.answer .answer');
  const times = await steps(page, STEPS);
  row('a step in WebAssembly: median', quantile(times, 0.5), 'ms');
  row('a step in WebAssembly: p95', quantile(times, 0.95), 'ms');
  row('the flagship plan with 1024 samples in WebAssembly', await page.evaluate(async () => { const { ask } = await import('./api.js'), began = performance.now(); await ask('plan', { arguments: ['ascend-2024'], samples: 1024 }); return performance.now() - began; }), 'ms');
  row('its report in WebAssembly', await page.evaluate(async () => { const { ask } = await import('./api.js'), began = performance.now(); await ask('report', { arguments: ['ascend-2024'], samples: 1024 }); return performance.now() - began; }), 'ms');
  host.close();
  const names = (at) => readdirSync(at, { withFileTypes: true }).flatMap((e) => (e.isDirectory() ? names(`${at}/${e.name}`) : [`${at}/${e.name}`]));
  const weigh = (file) => gzipSync(readFileSync(file), { level: 9 }).length / 1000;
  row('page until the first answer (compressed)', names(folder).filter((n) => !/\/data\/|openapi|accuracy\.json|\/scenarios\/|LICENSE|\.tsv$|traincast\.html/.test(n)).reduce((sum, n) => sum + weigh(n), 0), 'kB');
  if (existsSync(`${folder}/traincast.html`)) row('the page as one file (compressed)', weigh(`${folder}/traincast.html`), 'kB');
}
await browser.close();
await server.stop();
process.exit(0);
