// harness.mjs - a server, a browser, checks that say what they found.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
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
  page.setDefaultTimeout(180000);
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
