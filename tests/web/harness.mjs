// harness.mjs - a server, a browser, checks that say what they found.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
export const { chromium } = require('playwright-core');
export const axe_source = require('axe-core').source;

export const browser_path = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((p) => existsSync(p));
export const launch = () => chromium.launch({ executablePath: browser_path, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] });

let failed = 0, passed = 0;
export function check(what, holds, detail = '') {
  if (holds) { passed++; return; }
  failed++;
  console.log(`FAILED: ${what}${detail === '' ? '' : `: ${typeof detail === 'string' ? detail : JSON.stringify(detail)}`}`);
}
export function counts() { return { passed, failed }; }

/* `traincast serve` on a free port; {url, stop()}. */
export function serve(program) {
  return new Promise((done, fail) => {
    const server = spawn(program, ['serve', '--listen', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'inherit'] });
    process.once('exit', () => server.kill()); // where a check throws
    server.once('error', fail);
    server.once('exit', (code) => fail(new Error(`the server ended with ${code}`)));
    server.stdout.once('data', (data) => done({
      url: String(data).trim(),
      stop: () => new Promise((ended) => { server.removeAllListeners('exit'); server.once('exit', ended); server.kill('SIGTERM'); }),
    }));
  });
}

export async function ask(url, command, question) {
  const reply = await fetch(`${url}api/${command}`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(question) });
  return { status: reply.status, text: await reply.text() };
}

/* A page whose errors fail the test. */
export async function open(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en-US', acceptDownloads: true, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(90000);
  page.on('pageerror', (e) => check('no error in the page', false, e.message));
  page.on('console', (m) => { if (m.type() === 'error' && !/favicon|status of 4\d\d/.test(m.text())) check('nothing on the console', false, m.text()); });
  return page;
}

/* Violations of axe-core, as text. */
export async function violations(page) {
  await page.evaluate(axe_source);
  return page.evaluate(async () => {
    const result = await globalThis.axe.run(document, { resultTypes: ['violations'] });
    return result.violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.target.join(' ')).join('; ')}`).join(' | ');
  });
}

/* ---- how views look: small pictures, kept in looks/ (RECORD=1 writes them) ---- */
const LOOKS = new URL('./looks/', import.meta.url).pathname, WIDTH = 200, MOST_DIFFERENCE = 9; // of 255, on average; a view in other colours or without its answer differs by more
/* In a page of its own: the picture made small, and how much it differs from the one that was kept (255 where sizes do). */
const compare = (page, picture, kept) => page.evaluate(async ([now, before, width]) => {
  const draw = async (source) => {
    const image = new Image();
    image.src = `data:image/png;base64,${source}`;
    await image.decode();
    const canvas = document.createElement('canvas');
    Object.assign(canvas, { width, height: Math.round((width * image.height) / image.width) });
    const context = canvas.getContext('2d');
    context.imageSmoothingQuality = 'high';
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    return { png: canvas.toDataURL('image/png').split(',')[1], data: context.getImageData(0, 0, canvas.width, canvas.height).data };
  };
  const a = await draw(now), b = before && (await draw(before));
  let sum = 0;
  for (let i = 0; b && i < a.data.length; i++) sum += Math.abs(a.data[i] - b.data[i]);
  return { png: a.png, difference: !b || a.data.length !== b.data.length ? 255 : sum / (0.75 * a.data.length) };
}, [picture.toString('base64'), kept?.toString('base64'), WIDTH]);

/* Widths of words: what this machine's fonts make of them. */
const fonts_of = (page) => page.evaluate(() => { const c = document.createElement('canvas').getContext('2d'); return ['20px system-ui', '20px monospace', '20px "Noto Sans CJK SC", sans-serif'].map((font) => { c.font = font; return Math.round(c.measureText('traincast 2024 预测 MFU').width); }).join(' '); });

export async function looks(browser) {
  const bench = await (await browser.newContext()).newPage(), fonts = await fonts_of(bench), record = process.env.RECORD === '1';
  if (record) { mkdirSync(LOOKS, { recursive: true }); writeFileSync(`${LOOKS}fonts.txt`, `${fonts}\n`); }
  const same = existsSync(`${LOOKS}fonts.txt`) && readFileSync(`${LOOKS}fonts.txt`, 'utf8').trim() === fonts;
  if (!same) console.log('pictures of the views are not compared: this machine has other fonts');
  return async (page, name) => {
    if (!same) return;
    const path = `${LOOKS}${name}.png`, kept = existsSync(path) ? readFileSync(path) : null;
    const { png, difference } = await compare(bench, await page.screenshot(), kept);
    if (record) { writeFileSync(path, Buffer.from(png, 'base64')); return; }
    check(`${name} looks as before`, difference <= MOST_DIFFERENCE, `${difference.toFixed(1)} of 255 on average; RECORD=1 keeps what it is now`);
  };
}
