// launch.js - a layout as the launch script or configuration of a training framework, to be copied or saved.
import { html, Component } from '../html.js';
import { t } from '../text.js';
import { ask } from '../api.js';
import { Card, Failed, copy, save } from '../ui.js';
import { JOB_NAMES } from './job.js';

/* As in data/frameworks. */
const FRAMEWORKS = ['megatron-lm', 'mindspeed-llm', 'mindspeed-mm', 'mindspeed-fsdp2', 'megatron-bridge', 'deepspeed', 'fsdp', 'torchtitan', 'maxtext', 'llama-factory', 'ms-swift'];

/* question: of Step or Search; layout: of an answer, in place of the question's own degrees; stack: that it is forecast with. */
export class Launch extends Component {
  async write(framework) {
    const { question, layout } = this.props;
    const asked = layout ? { ...Object.fromEntries(JOB_NAMES.filter((n) => question[n] !== undefined).map((n) => [n, question[n]])), layout } : question, key = JSON.stringify([framework, asked]);
    this.setState({ busy: true });
    try {
      const answer = await ask('launch', { arguments: [framework], ...asked });
      this.setState({ busy: false, answer, error: null, key });
      copy(answer.files[0].text, answer.files[0].name);
    } catch (error) { this.setState({ busy: false, answer: null, error: { place: error.place || '', message: error.message }, key }); }
  }
  render({ question, layout, stack }) {
    const framework = this.state.framework || (FRAMEWORKS.includes(stack) ? stack : 'megatron-lm'), { answer, error, busy } = this.state;
    return html`<${Card} title=${t('launch.title')} note=${t('launch.note')} id="launch">
      <div class="row tools"><select aria-label=${t('launch.framework')} value=${framework} onChange=${(e) => this.setState({ framework: e.target.value, answer: null, error: null })}>${FRAMEWORKS.map((w) => html`<option value=${w} selected=${w === framework}>${w}</option>`)}</select>
        <button class="button" type="button" disabled=${busy} onClick=${() => this.write(framework)}>${t('launch.go')}</button></div>
      <${Failed} error=${error} />
      ${answer && answer.unsaid.length > 0 && html`<p class="note">${t('launch.unsaid', { what: answer.unsaid.join('; ') })}</p>`}
      ${answer && answer.files.map((file, i) => html`<details class="more" open=${i === 0}><summary>${file.name}</summary><div>
        <div class="row tools"><button class="small" type="button" aria-label=${t('launch.copy', { name: file.name })} onClick=${() => copy(file.text, file.name)}>${t('launch.copy_short')}</button>
          <button class="small" type="button" aria-label=${t('launch.save', { name: file.name })} onClick=${() => save(file.name, 'text/plain', file.text)}>${t('launch.save_short')}</button></div>
        <pre class="scroll" tabindex="0">${file.text}</pre></div></details>`)}<//>`;
  }
}
