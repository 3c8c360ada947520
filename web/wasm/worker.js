// worker.js - the program in a worker: questions come as messages, answers go back as text.
import { load } from './traincast.mjs';

const ready = load(globalThis.traincast_wasm ? globalThis.traincast_wasm() : fetch('traincast.wasm'));

onmessage = async ({ data: { number, command, question } }) => {
  try {
    const answer = (await ready).askText({ ...question, command });
    const error = answer.startsWith('{"error"') ? JSON.parse(answer).error : null;
    postMessage(error ? { number, error: { place: error.place.replace(/^request: /, ''), text: error.text } } : { number, answer });
  } catch (error) {
    postMessage({ number, error: { place: 'worker', text: error.message } });
  }
};
