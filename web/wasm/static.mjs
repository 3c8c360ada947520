// static.mjs BUILD: the page without a server. BUILD/web is a folder for any web host; BUILD/web/traincast.html is all of it in one
// file, to be mailed, where esbuild (tests/web) is there to join the modules. After build.sh.
import { cpSync, readFileSync, writeFileSync, rmSync, readdirSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';
import { createRequire } from 'node:module';

const build = process.argv[2], out = `${build}/web`, here = new URL('.', import.meta.url).pathname;
const wasm = readFileSync(`${out}/traincast.wasm`);

/* ---- the folder ---- */
for (const name of readdirSync(out)) if (name !== 'traincast.wasm') rmSync(`${out}/${name}`, { recursive: true });
cpSync(`${build}/pages`, out, { recursive: true });
for (const name of ['worker.js', 'traincast.mjs']) cpSync(`${here}${name}`, `${out}/${name}`);
const page = readFileSync(`${out}/index.html`, 'utf8').replace('name="traincast-home" content="server"', 'name="traincast-home" content="worker"');
writeFileSync(`${out}/index.html`, page);

/* What the program says of published runs, which the module does not hold: without what the page does not show. */
const said = JSON.parse(execFileSync(`${build}/traincast`, ['validate', '--json'], { maxBuffer: 1 << 28 }));
const shown_of = (rows) => rows.filter((r) => r.status === 'ok').map(({ status, reason, counts, complete, predicted_p10, predicted_p90, ...r }) => ({ ...r, status: 'ok', measured: Number(r.measured.toPrecision(5)), predicted: Number(r.predicted.toPrecision(5)), error_pct: Number(r.error_pct.toPrecision(4)) }));
const accuracy = JSON.stringify({ traincast: said.traincast, schema: said.schema, data: said.data, assumed: said.assumed, runs: shown_of(said.runs), summary: said.summary, by_accelerator: said.by_accelerator, by_family: said.by_family,
  serving_runs: shown_of(said.serving_runs), serving_by_accelerator: said.serving_by_accelerator, serving_by_family: said.serving_by_family });
writeFileSync(`${out}/accuracy.json`, accuracy);
mkdirSync(`${out}/data`, { recursive: true });
for (const kind of ['runs', 'serving']) cpSync(`${here}../../data/${kind}`, `${out}/data/${kind}`, { recursive: true });

const weigh = (file) => gzipSync(readFileSync(file), { level: 9 }).length;
const names = (folder) => readdirSync(folder, { withFileTypes: true }).flatMap((e) => (e.isDirectory() ? names(`${folder}/${e.name}`) : [`${folder}/${e.name}`]));
const shown = names(out).filter((f) => !/\/data\/|openapi|accuracy\.json|\/scenarios\/|LICENSE|\.tsv$/.test(f));
console.log(`${out}: ${Math.round(shown.reduce((sum, f) => sum + weigh(f), 0) / 1000)} kB compressed until the first answer`);

/* ---- one file ---- */
let esbuild = null;
try { esbuild = createRequire(`${here}../../tests/web/x.js`)('esbuild'); } catch { console.log('no single file: npm ci in tests/web brings esbuild'); }
if (esbuild) {
  const join = (entry) => esbuild.buildSync({ entryPoints: [entry], bundle: true, format: 'iife', minify: true, write: false, legalComments: 'inline', charset: 'utf8' }).outputFiles[0].text;
  const base64 = gzipSync(wasm, { level: 9 }).toString('base64');
  const worker = `globalThis.traincast_wasm=()=>new Response(new Blob([Uint8Array.from(atob("${base64}"),(c)=>c.charCodeAt(0))]).stream().pipeThrough(new DecompressionStream("gzip")));\n${join(`${here}worker.js`)}`;
  const files = { 'accuracy.json': accuracy };
  for (const name of readdirSync(`${out}/scenarios`)) files[`scenarios/${name}`] = readFileSync(`${out}/scenarios/${name}`, 'utf8');
  const safe = (text) => text.replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--');
  const script = `globalThis.traincast_files=${JSON.stringify(files)};\nglobalThis.traincast_worker=()=>new Worker(URL.createObjectURL(new Blob([document.getElementById("worker").textContent],{type:"text/javascript"})));\n${join(`${out}/app.js`)}`;
  const icon = `data:image/svg+xml;base64,${readFileSync(`${out}/icon.svg`).toString('base64')}`;
  const one = page.replace(/<link rel="icon"[^>]*>/, () => `<link rel="icon" href="${icon}">`).replace(/<link rel="stylesheet" href="([^"]*)">/g, (_, href) => `<style>${readFileSync(`${out}/${href}`, 'utf8')}</style>`)
    .replace(/<script type="module"[^>]*><\/script>\n/, '').replace('</body>', () => `<script type="text/plain" id="worker">${safe(worker)}</script>\n<script>${safe(script)}</script>\n</body>`);
  writeFileSync(`${out}/traincast.html`, one);
  console.log(`${out}/traincast.html: ${Math.round(statSync(`${out}/traincast.html`).size / 1000)} kB, ${Math.round(weigh(`${out}/traincast.html`) / 1000)} kB compressed`);
}
