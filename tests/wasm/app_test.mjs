// app_test.mjs WASM PROGRAM: the same questions to both; the answers must be equal, errors too.
import { execFileSync, spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { load } from "../../web/wasm/traincast.mjs";

const [wasm, program] = process.argv.slice(2);
const traincast = await load(await readFile(wasm));

const job = { model: "llama-3-8b", accelerator: "h100-sxm", devices: 64, global_batch: 256, seq: 8192 };
const questions = [
  { command: "list", arguments: ["accelerators"] },
  { command: "show", arguments: ["model", "deepseek-v3"] },
  { command: "step", ...job, tp: 2 },
  { command: "step", model: "gpt3-175b", accelerator: "ascend-910b2", devices: 1024, tp: 8, pp: 8, global_batch: 1024, schedule: "interleaved", vpp: 2 },
  { command: "step", model: "wan2.1-t2v-14b", accelerator: "h20", devices: 64, global_batch: 64 },
  { command: "step", model: "nemotron-3-nano-30b-a3b", accelerator: "h200", devices: 64, global_batch: 256 },
  { command: "step", ...job, finetune: "lora:r=16,targets=all" },
  { command: "explain", ...job, tp: 4 },
  { command: "search", ...job },
  { command: "search", ...job, objective: "cost", threads: 1 },
  { command: "compare", model: "llama-3-8b", devices: 64, global_batch: 256, accelerators: ["h100-sxm", "h20"] },
  { command: "run", ...job, tokens: "1T" },
  { command: "infer", model: "qwen3-32b", accelerator: "h20", devices: 8, tp: 8, input_tokens: 2000, output_tokens: 500, concurrency: 32 },
  { command: "controls", arguments: ["h20"] },
  { command: "plan", arguments: ["week-ten"], samples: 64 },
];
const wrong = [
  { command: "step", model: "no-such-model", accelerator: "h20" },
  { command: "step", ...job, tp: 3 },
  { command: "dance" },
];

const words = ({ command, arguments: positionals = [], ...options }) => [
  command,
  ...positionals,
  ...Object.entries(options).flatMap(([key, value]) => {
    const name = `--${key.replaceAll("_", "-")}`;
    return value === true ? [name] : [name, String(value)];
  }),
];

// How long it took, on how many threads, differs from run to run; how many layouts a plan's searches had to look at before the
// best stood fast differs from machine to machine. What they found does not.
const settled = (text) => text.replace(/"(seconds|configs_per_s|threads|layouts_tried)": [^,\n]*/g, '"$1": 0');

let failed = 0, equal = 0;
const fail = (question, text) => {
  failed++;
  console.log(`FAIL ${words(question).join(" ")}: ${text}`);
};
for (const question of questions) {
  const { stdout: here, stderr } = spawnSync(program, [...words(question), "--json"], { encoding: "utf8", maxBuffer: 1 << 24 });
  if (stderr || !here) fail(question, `of the program: ${stderr}`);
  const there = traincast.askText(question);
  if (settled(here) === settled(there)) equal++;
  else fail(question, `differs at ${[...here].findIndex((c, i) => c !== there[i])}: ${there.slice(0, 200)}`);
}
for (const question of wrong) {
  const { error } = traincast.ask(question);
  const { status, stderr } = spawnSync(program, words(question), { encoding: "utf8" });
  if (error?.text && status !== 0 && stderr.includes(error.text)) equal++;
  else fail(question, `${JSON.stringify(error)} against ${stderr}`);
}
// A question is answered the same after others, wrong ones among them.
if (traincast.askText(questions[2]) !== execFileSync(program, [...words(questions[2]), "--json"], { encoding: "utf8" }))
  fail(questions[2], "another answer the second time");
if (failed) process.exit(1);
console.log(`${equal} answers equal those of the program`);
