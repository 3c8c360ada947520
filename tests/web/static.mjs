// static.mjs PROGRAM FOLDER: the page without a server: from a web host, and as one file with the network off. Its answers are the
// program's, byte for byte.
import { createServer } from 'node:http';
import { execFileSync } from 'node:child_process';
import { readFileSync, existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { launch, check, counts, open, violations } from './harness.mjs';

const [, , program, folder] = process.argv;
const TYPES = { html: 'text/html', js: 'text/javascript', mjs: 'text/javascript', css: 'text/css', svg: 'image/svg+xml', wasm: 'application/wasm', json: 'application/json' };
const host = createServer((request, reply) => {
  const path = `${folder}${decodeURIComponent(request.url.split('?')[0]).replace(/\/$/, '/index.html')}`;
  if (path.includes('..') || !existsSync(path)) { reply.writeHead(404).end(); return; }
  reply.writeHead(200, { 'Content-Type': TYPES[path.split('.').at(-1)] || 'text/plain' }).end(readFileSync(path));
}).listen(0, '127.0.0.1');
await new Promise((done) => host.once('listening', done));
const browser = await launch(), url = `http://127.0.0.1:${host.address().port}/`;
const settled = (page) => page.waitForFunction(() => document.querySelector('.answer .answer, #best-layout') && !document.querySelector('[aria-busy=true]'), null, { timeout: 180000 });

/* from a web host */
{
  const page = await open(browser);
  await page.goto(`${url}#/step`);
  await settled(page);
  const words = ['--model', 'llama-3-70b', '--accelerator', 'h20', '--devices', '1024', '--global-batch', '1024', '--tp', '8', '--pp', '4'];
  const questions = [['step', { model: 'llama-3-70b', accelerator: 'h20', devices: 1024, global_batch: 1024, tp: 8, pp: 4 }, ['step', ...words, '--json']], ['trace', { model: 'llama-3-70b', accelerator: 'h20', devices: 1024, global_batch: 1024, tp: 8, pp: 4 }, ['trace', ...words, '--output', '-']],
    ['plan', { arguments: ['startup-rented'], samples: 64, dates: true }, ['plan', 'startup-rented', '--samples', '64', '--dates', '--json']], ['controls', { arguments: ['h20'] }, ['controls', 'h20', '--json']],
    ['report', { arguments: ['startup-rented'], samples: 64 }, ['report', 'startup-rented', '--samples', '64', '--json']], ['launch', { arguments: ['megatron-lm'], model: 'llama-3-70b', accelerator: 'h20', devices: 1024, tp: 8, pp: 4 }, ['launch', 'megatron-lm', ...words.filter((w, i) => w !== '--global-batch' && words[i - 1] !== '--global-batch'), '--json']]];
  for (const [command, question, line] of questions) {
    const said = JSON.parse(execFileSync(program, line, { encoding: 'utf8', maxBuffer: 1 << 26 }));
    const answer = await page.evaluate(async ([c, q]) => JSON.stringify(await (await import('./api.js')).ask(c, q)), [command, question]);
    /* how many layouts a plan's search had to look at hangs on the last bits of its bounds, which are the C library's; what it found does not, but
     * what is expected of it does by some parts in 100,000: it is held against those that were looked at near it */
    const found = (text) => text.replace(/"layouts_tried":\d+/g, '').replace(/"(expected_step_s\w*)":([\d.e-]+)/g, (all, key, value) => `"${key}":${(+value).toPrecision(3)}`);
    check(`${command} in the browser is the program's answer`, found(answer) === found(JSON.stringify(said)));
  }
  const times = await page.evaluate(async () => { const { ask } = await import('./api.js'), out = []; for (let i = 0; i < 40; i++) { const began = performance.now(); await ask('step', { model: 'llama-3-70b', accelerator: 'h20', devices: 1024, tp: 8, pp: 4, micro_batch: 1 + (i % 4) }); out.push(performance.now() - began); } return out.sort((a, b) => a - b); });
  console.log(`a step in WebAssembly: median ${times[20].toFixed(1)} ms, 95 % under ${times[37].toFixed(1)} ms`);
  const error = await page.evaluate(async () => { try { await (await import('./api.js')).ask('step', { model: 'llama-3-70b', accelerator: 'h20', devices: 8, tp: 0 }); return ''; } catch (e) { return e.place; } });
  check('an error has its place', error === '$.tp', error);
  await page.goto(`${url}#/accuracy`);
  await settled(page);
  check('the published runs are there', (await page.$$('svg.chart circle')).length > 500);
  await page.selectOption('#f-what', 'serving');
  await page.waitForFunction(() => /ttft/.test(document.getElementById('f-metric').innerHTML));
  check('the serving rows are there', (await page.$$('svg.chart circle')).length > 400);
  await page.context().close();
}

/* one file, no network */
if (existsSync(`${folder}/traincast.html`)) {
  const page = await open(browser, { offline: true });
  const asked = [];
  page.on('request', (r) => { if (!/^(file|blob|data):/.test(r.url())) asked.push(r.url()); });
  await page.goto(`file://${resolve(folder)}/traincast.html#/step`);
  await settled(page);
  check('the file answers', /\d/.test(await page.textContent('.figure dd')));
  await page.goto(`file://${resolve(folder)}/traincast.html#/plan?scenario=startup-rented`);
  await settled(page);
  check('the file plans', (await page.$$('[data-job]')).length > 0);
  await page.goto(`file://${resolve(folder)}/traincast.html#/controls?c_bf16=280&c_area=800`);
  await page.waitForSelector('#own-chip');
  check('nothing is fetched', asked.length === 0, asked);
  const found = await violations(page);
  check('axe-core: the file', found === '', found);
} else {
  console.log('no single file here');
}

await browser.close();
host.close();
const { passed, failed } = counts();
console.log(`${passed} checks of the page without a server held, ${failed} failed`);
process.exit(failed ? 1 : 0);
