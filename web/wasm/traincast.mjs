// traincast.mjs - loads traincast.wasm in a browser, a worker or node: a question object in, the answer of
// `traincast COMMAND --json` out.
//
//   const traincast = await load(bytes);        // ArrayBuffer, Response, or a promise of one
//   const answer = traincast.ask({ command: "step", model: "llama-3-8b", accelerator: "h100-sxm", devices: 64 });
//
// What was asked wrongly comes back as { error: { code, place, text } }, as from the server.

const BAD_DESCRIPTOR = 8, NO_ENTRY = 44, NOT_SUPPORTED = 52; // WASI's errno

// The program reads no file and prints nothing here: a clock, random bytes and a standard error are what it may have.
function system(memory) {
  const view = () => new DataView(memory().buffer);
  const decoder = new TextDecoder();
  const known = {
    args_sizes_get: (count, size) => (view().setUint32(count, 0, true), view().setUint32(size, 0, true), 0),
    args_get: () => 0,
    environ_sizes_get: (count, size) => (view().setUint32(count, 0, true), view().setUint32(size, 0, true), 0),
    environ_get: () => 0,
    clock_time_get: (id, precision, out) => {
      const ms = id === 0 ? Date.now() : performance.now();
      view().setBigUint64(out, BigInt(Math.round(ms * 1e6)), true);
      return 0;
    },
    random_get: (pointer, length) => (crypto.getRandomValues(new Uint8Array(memory().buffer, pointer, length)), 0),
    fd_prestat_get: () => BAD_DESCRIPTOR,
    fd_fdstat_get: (fd, out) => {
      if (fd > 2) return BAD_DESCRIPTOR;
      new Uint8Array(memory().buffer, out, 24).fill(0);
      view().setUint8(out, 2); // a character device
      return 0;
    },
    fd_write: (fd, vectors, count, written) => {
      let total = 0, text = "";
      for (let i = 0; i < count; i++) {
        const pointer = view().getUint32(vectors + 8 * i, true), length = view().getUint32(vectors + 8 * i + 4, true);
        text += decoder.decode(new Uint8Array(memory().buffer, pointer, length));
        total += length;
      }
      if (text.trim()) console.warn(text.trimEnd());
      view().setUint32(written, total, true);
      return 0;
    },
    path_open: () => NO_ENTRY,
    path_filestat_get: () => NO_ENTRY,
    proc_exit: (code) => { throw new Error(`traincast.wasm stopped with ${code}`); },
  };
  return new Proxy(known, { get: (target, name) => target[name] ?? (() => NOT_SUPPORTED), has: () => true });
}

// WebAssembly reads imports by name: one object with each of them.
function imports(module, memory) {
  const all = {}, calls = system(memory);
  for (const { module: from, name } of WebAssembly.Module.imports(module)) (all[from] ??= {})[name] = calls[name];
  return all;
}

export async function load(source) {
  const given = await source;
  const bytes = typeof Response !== "undefined" && given instanceof Response ? await given.arrayBuffer() : given;
  const module = await WebAssembly.compile(bytes);
  let exports;
  const instance = await WebAssembly.instantiate(module, imports(module, () => exports.memory));
  exports = instance.exports;
  exports._initialize();

  // The answer as text, byte for byte that of the program.
  function askText(question) {
    const bytes = new TextEncoder().encode(typeof question === "string" ? question : JSON.stringify(question));
    const pointer = exports.room(bytes.length + 1);
    if (!pointer) throw new Error("out of memory");
    const memory = new Uint8Array(exports.memory.buffer);
    memory.set(bytes, pointer);
    memory[pointer + bytes.length] = 0;
    const answer = exports.ask(pointer);
    if (!answer) throw new Error("out of memory");
    const all = new Uint8Array(exports.memory.buffer);
    const text = new TextDecoder().decode(all.subarray(answer, all.indexOf(0, answer)));
    exports.release(answer);
    return text;
  }
  return { askText, ask: (question) => JSON.parse(askText(question)) };
}
