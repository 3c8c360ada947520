// browser.mjs PROGRAM [--shots DIR]: the page of `traincast serve` in a real browser.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { launch, check, counts, serve, ask, open, violations, looks } from './harness.mjs';
import en from '../../web/text/en.js';
import zh from '../../web/text/zh.js';

const [, , program, , shots] = process.argv;
const server = await serve(program), browser = await launch();
const settled = (page) => page.waitForFunction(() => document.querySelector('.answer .answer, #best-layout') && !document.querySelector('[aria-busy=true]'), null, { timeout: 180000 });
const shot = async (page, name) => { if (shots) await page.screenshot({ path: `${shots}/${name}.png`, fullPage: true }); };
const QUICK = { plan: '#/plan?scenario=startup-rented', step: '#/step', search: '#/search?go=1&devices=16&global_batch=32&fix=vpp%3D1', compare: '#/compare?go=1&chips=h20,h100-sxm&devices=16&global_batch=32', serving: '#/serving?model=llama-3-8b', controls: '#/controls?c_bf16=280&c_area=800', accuracy: '#/accuracy' };

/* ---- the API: what HTTP answers is what the program prints, and what its description says ---- */
{
  const job = ['--model', 'llama-3-8b', '--accelerator', 'h20', '--devices', '64', '--tp', '2'];
  const question = { model: 'llama-3-8b', accelerator: 'h20', devices: 64, tp: 2 };
  for (const command of ['step', 'explain']) {
    const said = execFileSync(program, [command, ...job, '--json'], { encoding: 'utf8' });
    check(`api/${command} is the program's answer`, (await ask(server.url, command, question)).text === said);
  }
  const description = JSON.parse(await (await fetch(`${server.url}openapi.json`)).text());
  const asked = { collective: { accelerator: 'h20', devices: 64 }, step: question, explain: question, trace: question, run: { ...question, tokens: 1e12 }, list: { arguments: ['stacks'] }, show: { arguments: ['accelerator', 'h20'] }, controls: { arguments: ['h20'] },
    search: { model: 'llama-3-8b', accelerator: 'h20', devices: 8, global_batch: 8 }, compare: { model: 'llama-3-8b', devices: 8, accelerators: ['h20', 'h100-sxm'] }, infer: { model: 'llama-3-8b', accelerator: 'h20', devices: 8, concurrency: 16 },
    plan: { arguments: ['startup-rented'], samples: 64, dates: true }, report: { arguments: ['startup-rented'], samples: 64 }, launch: { arguments: ['megatron-lm'], ...question, stack: 'megatron-lm' } };
  for (const [path, of] of Object.entries(description.paths)) {
    const command = path.slice('/api/'.length), schema = of.post.responses['200'].content['application/json'].schema;
    if (command === 'validate') continue;
    for (const key of Object.keys(asked[command] || {})) check(`${path} describes ${key}`, key in of.post.requestBody.content['application/json'].schema.properties);
    const reply = await ask(server.url, command, asked[command]), answer = JSON.parse(reply.text);
    check(`${path} answers`, reply.status === 200, reply.text.slice(0, 200));
    for (const key of schema.required) check(`${path} has ${key}`, key in answer);
    const fields = (schema['x-fields'] || []).map((f) => ({ ...f, parts: f.field.replaceAll('[]', '.[]').split('.').filter(Boolean) }));
    const types = { text: 'string', number: 'number', bool: 'boolean' };
    (function walk(value, parts) {
      if (Array.isArray(value)) { value.slice(0, 3).forEach((v) => walk(v, [...parts, '[]'])); return; }
      if (value && typeof value === 'object') { for (const [k, v] of Object.entries(value)) walk(v, [...parts, k]); return; }
      if (!fields.length) return;
      const fitting = fields.filter((f) => f.parts.length <= parts.length && f.parts.every((p, i) => p === '*' || p === '**' || p === parts[parts.length - f.parts.length + i]));
      const any = fields.some((f) => f.field.startsWith('**'));
      const longest = fitting.sort((a, b) => b.parts.length - a.parts.length)[0];
      if (!longest) { check(`${path}: ${parts.join('.')} is described`, any); return; }
      if (any) return;
      check(`${path}: ${parts.join('.')} is ${longest.type}`, value === null ? /null|any/.test(longest.type) : longest.type === 'any' || longest.type.startsWith(Object.keys(types).find((k) => types[k] === typeof value)));
    })(answer, []);
  }
  const own = { format: 1, name: 'Mine', vendor: 'me', device: {} };
  check('an inline object is read as a file', /\$\.accelerator/.test((await ask(server.url, 'step', { ...question, accelerator: own })).text));
  check('an error has its place', JSON.parse((await ask(server.url, 'step', { ...question, tp: 0 })).text).error.place === '$.tp');
}

/* ---- texts ---- */
{
  const used = ['app.js', 'ui.js', 'chart.js', ...['plan', 'step', 'search', 'job', 'compare', 'serving', 'accuracy', 'controls', 'chip', 'catalog', 'launch'].map((v) => `views/${v}.js`)].map((f) => readFileSync(new URL(`../../web/${f}`, import.meta.url), 'utf8')).join('\n');
  for (const key of new Set([...used.matchAll(/\bt\('([\w.]+)'/g)].map((m) => m[1]))) check(`${key} has a text`, key in en);
  check('Chinese is complete', Object.keys(en).every((k) => k in zh) && Object.keys(zh).every((k) => k in en), Object.keys(en).filter((k) => !(k in zh)));
}

/* ---- each view: loads, changes, links, downloads ---- */
const page = await open(browser);
async function download(selector, name) {
  const [file] = await Promise.all([page.waitForEvent('download'), page.click(selector)]);
  check(`${name} is saved`, readFileSync(await file.path()).length > 50, name);
  return readFileSync(await file.path());
}
{
  const began = Date.now();
  await page.goto(`${server.url}#/step`);
  await page.waitForSelector('.bar');
  console.log(`first paint ${Math.round(await page.evaluate(() => performance.getEntriesByType('paint').find((p) => p.name === 'first-contentful-paint')?.startTime ?? -1))} ms, shell after ${Date.now() - began} ms`);
  await settled(page);
  await shot(page, 'step');
  const before = await page.textContent('.figure dd');
  await page.fill('#f-tp', '4');
  await page.press('#f-tp', 'Enter');
  await page.waitForFunction((old) => document.querySelector('.figure dd').textContent !== old, before);
  check('a change is in the address', page.url().includes('tp=4'), page.url());
  await settled(page);
  const figure = await page.textContent('.figure dd');
  const again = await open(browser);
  await again.goto(page.url());
  await settled(again);
  check('the link gives the same answer', (await again.textContent('.figure dd')) === figure);
  await again.context().close();
  const json = JSON.parse(String(await download('.head .tools button:has-text("JSON")', 'JSON')));
  check('the JSON is the answer', json.schema === 'traincast.step/1' && json.layout.tp === 4);
  check('the CSV has a line of names', String(await download('.head .tools button:has-text("CSV")', 'CSV')).startsWith('model,'));
  check('the SVG stands alone', String(await download('.card .tools button:has-text("SVG")', 'SVG')).includes('xmlns="http://www.w3.org/2000/svg"'));
  check('the PNG is one', (await download('.card .tools button:has-text("PNG")', 'PNG')).subarray(1, 4).toString() === 'PNG');
  await page.click('.chip:has-text("stack megatron")');
  check('an assumption leads to its field', (await page.evaluate(() => document.activeElement.id)) === 'f-stack');
  await page.click('button:has-text("schedule")');
  await page.waitForFunction(() => location.hash.includes('schedule='));
  await page.fill('#f-model', 'llama-3-70x');
  await page.press('#f-model', 'Enter');
  await page.waitForSelector('[role=alert]');
  check('an error says its place', (await page.textContent('[role=alert]')).includes('model'));
  check('and marks its field', (await page.getAttribute('#f-model', 'aria-invalid')) === 'true');
  await page.goto(`${server.url}#/step?model=gpt2-124m&accelerator=a100-sxm-80g&devices=8&tp=1&pp=4&global_batch=32`);
  await settled(page);
  await page.focus('svg.chart[tabindex]');
  await page.keyboard.press('+');
  check('the keys zoom the pipeline', (await page.$$('svg.chart[tabindex] rect')).length > 0);
}

/* ---- the four questions, each in at most five actions from the first view ---- */
{
  await page.goto(server.url);
  await settled(page);
  const first = await page.textContent('[data-job=new-llm] .date');
  check('1. when is the new LLM done with 80 %: on the first view', /\d{4}/.test(first) && (await page.textContent('[data-job=new-llm]')).includes('80'), first);
  await shot(page, 'plan');
  await page.click('[aria-label="h20 1"] button:has-text("+ 2")'); // 2: one action
  await page.waitForSelector('[data-job=new-llm] [data-shift]', { timeout: 180000 });
  check('2. what a delivery two months late does', Number(await page.getAttribute('[data-job=new-llm] [data-shift]', 'data-shift')) > 0, await page.textContent('[data-job=new-llm]'));
  await page.click('.tabs a:has-text("Search")'); // 3: five actions
  await page.fill('#f-model', 'llama-3-70b');
  await page.fill('#f-accelerator', 'h20');
  await page.fill('#f-devices', '1024');
  await page.click('button[type=submit]');
  await settled(page);
  check('3. the best layout for Llama 3 70B on 1,024 H20', /TP \d+/.test(await page.textContent('#best-layout')), await page.textContent('#best-layout'));
  await shot(page, 'search');
  await page.goto(server.url);
  await page.click('.tabs a:has-text("Controls")'); // 4: three actions
  await page.fill('#f-c_bf16', '280');
  await page.fill('#f-c_area', '800');
  await page.press('#f-c_area', 'Enter');
  await page.waitForFunction(() => /PD 5\.6/.test(document.querySelector('#own-chip [data-rule="2023-11-17"]')?.textContent || ''), null, { timeout: 60000 });
  check('4. whether a chip of one\'s own falls under the rule of October 2023', /3A090\.b/.test(await page.textContent('#own-chip [data-rule="2023-11-17"]')), await page.textContent('#own-chip'));
}

/* ---- the report: four pages on either paper, that need nothing ---- */
{
  await page.goto(`${server.url}${QUICK.plan}`);
  await settled(page);
  const document = String(await download('.head .tools button:has-text("Report")', 'the report'));
  const paper = await open(browser, { offline: true });
  paper.on('request', (r) => { if (!/^(file|about|data):/.test(r.url())) check('the report fetches nothing', false, r.url()); });
  await paper.setContent(document);
  for (const format of ['A4', 'Letter']) {
    const pages = (await paper.pdf({ format })).toString('latin1').match(/\/Type\s*\/Page[^s]/g).length;
    check(`the report has four pages of ${format}`, pages === 4, String(pages));
  }
  check('the report answers first', /is done by/.test(await paper.textContent('section p')));
  check('the report has its pictures', (await paper.$$('figure svg')).length === 5, String((await paper.$$('figure svg')).length));
  check('the report needs no script', !document.includes('<script'));
  const plain = await open(browser); // its policy forbids axe-core in it
  await plain.setContent(document.replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/, ''));
  const found = await violations(plain);
  check('axe-core: the report', found === '', found);
  await shot(plain, 'report');
  await plain.context().close();
  await paper.context().close();
}

/* What a view can do besides, while it is open. */
const leads = async (other, view, except = '^$') => {
  const lost = await other.evaluate((pattern) => [...document.querySelectorAll('.chips .chip')].filter((chip) => { document.activeElement?.blur(); chip.click(); return !document.activeElement?.id.startsWith('f-') && !new RegExp(pattern).test(chip.textContent); }).map((chip) => chip.textContent), except);
  check(`${view}: every assumption can be changed`, lost.length === 0, lost);
};
const parts = {
  step: (other, width) => (width > 1000 ? leads(other, 'step') : null),
  plan: (other, width) => (width > 1000 ? leads(other, 'plan') : null),
  compare: (other, width) => (width > 1000 ? leads(other, 'compare', 'power|server|network|amortised|renting') : null),
  async search(other, width) {
    await other.click('#launch button.button');
    await other.waitForSelector('#launch pre');
    check(`search launches at ${width}`, /micro-batch-size/.test(await other.textContent('#launch')), (await other.textContent('#launch')).slice(0, 200));
    if (width < 1000) return;
    const found = await violations(other);
    check('axe-core: what is launched', found === '', found);
  },
  async serving(other, width) {
    check(`serving has its front at ${width}`, (await other.$$('.uplot canvas')).length === 1 && (await other.$$('#front tbody tr')).length > 3);
    if (width > 1000) await leads(other, 'serving');
    await other.click('#front tbody tr:last-child button');
    await other.waitForFunction(() => location.hash.includes('tp='));
  },
  async accuracy(other) {
    await other.selectOption('#f-what', 'serving');
    await other.waitForFunction(() => document.querySelectorAll('svg.chart circle').length > 400 && /ttft/.test(document.getElementById('f-metric').innerHTML));
    check('serving rows have their errors', /\d %/.test(await other.textContent('.figure dd')));
    await other.click('tbody tr th button[type=button]');
    await other.click('.card:last-of-type tbody tr th button');
    await other.waitForSelector('.card a[href^="https://"]');
  },
};

/* ---- keyboard, colours, narrow, Chinese ---- */
{
  await page.goto(`${server.url}${QUICK.plan}`);
  await settled(page);
  await page.focus('g.handle');
  await page.keyboard.press('PageUp');
  await page.waitForFunction(() => location.hash.includes('set='));
  check('a delivery moves by the keys', decodeURIComponent(page.url()).includes('deliveries[0]'), page.url());
  await page.keyboard.press('Tab');
  /* by the keys alone: from the top of a page to a field, and back to another view */
  const tab_to = async (what, find) => { for (let i = 0; i < 80; i++) { await page.keyboard.press('Tab'); if (await page.evaluate(find)) return; } check(`Tab leads to ${what}`, false); };
  await page.goto('about:blank');
  await page.goto(`${server.url}#/step`);
  await settled(page);
  await tab_to('the field', () => document.activeElement.id === 'f-tp');
  await page.keyboard.press('Control+A');
  await page.keyboard.type('4');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => location.hash.includes('tp=4'), null, { timeout: 20000 }).catch(() => {});
  check('a field changes by the keys', page.url().includes('tp=4'), page.url());
  await page.focus('.skip');
  await tab_to('the views', () => document.activeElement.matches('.tabs a') && /Serving/.test(document.activeElement.textContent));
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => location.hash.startsWith('#/serving'), null, { timeout: 20000 }).catch(() => {});
  check('a view opens by the keys', page.url().includes('#/serving'), page.url());
  const look = await looks(browser);
  for (const [scheme, width, language] of [['light', 1440, 'en'], ['dark', 360, 'zh']]) {
    const other = await open(browser, { colorScheme: scheme, viewport: { width, height: 800 } });
    await other.addInitScript((l) => { if (location.protocol !== 'about:') localStorage.setItem('traincast', JSON.stringify({ language: l })); }, language);
    for (const [view, address] of Object.entries(QUICK)) {
      if (view === 'accuracy' && width === 360) continue; // thousands of forecasts; its parts are those of the others
      await other.goto('about:blank');
      await other.goto(`${server.url}${address}`);
      await settled(other);
      const found = await violations(other);
      check(`axe-core: ${view}, ${scheme}, ${width}`, found === '', found);
      check(`${view} needs no more than ${width} px`, await other.evaluate(() => document.documentElement.scrollWidth <= innerWidth), await other.evaluate(() => document.documentElement.scrollWidth));
      const keys = await other.evaluate(() => document.body.innerText.match(/\b(ui|job|step|search|plan|loss|memory|driver|gate|chip|compare|serving|accuracy|controls)\.[a-z_]+\b/g));
      check(`${view}: every text is there`, !keys, keys || '');
      if (language === 'zh') check(`${view} is in Chinese`, /[一-鿿]/.test(await other.textContent('.tabs')));
      const bare = await other.evaluate(() => [...document.querySelectorAll('.figure')].filter((figure) => !figure.querySelector('.sourced')).map((figure) => figure.textContent));
      check(`${view}: every figure says where it is from`, bare.length === 0, bare);
      await look(other, `${view}-${width}`);
      await shot(other, `${view}-${scheme}-${width}`);
      await parts[view]?.(other, width);
    }
    await other.context().close();
  }
}

await browser.close();
check('the server ends when told to', (await server.stop()) === 0);
const { passed, failed } = counts();
console.log(`${passed} checks of the page held, ${failed} failed`);
process.exit(failed ? 1 : 0);
