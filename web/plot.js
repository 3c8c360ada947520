// plot.js - uPlot as a component: curves over time with a cursor that reads them.
import { html, Component } from './html.js';
import { state } from './state.js';
import uPlot from './vendor/uPlot.esm.js';

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/* data: [x, ...y]; series: {label, kind (1 to 8), dash, points}; x in seconds where time. */
export class Plot extends Component {
  componentDidMount() { this.make(); this.watch = new ResizeObserver(() => this.plot?.setSize({ width: this.box.clientWidth, height: this.props.height || 260 })); this.watch.observe(this.box); }
  componentWillUnmount() { this.watch?.disconnect(); this.plot?.destroy(); }
  componentDidUpdate(before) { if (before.data !== this.props.data || this.theme !== document.documentElement.dataset.theme || this.spoken !== state.prefs.language) this.make(); }
  make() {
    const { data, series, time, label, y_text, x_text, height = 260, y_range, distr } = this.props;
    this.plot?.destroy();
    this.theme = document.documentElement.dataset.theme;
    this.spoken = state.prefs.language;
    const axis = { stroke: colour('--muted'), grid: { stroke: colour('--grid'), width: 1 }, ticks: { stroke: colour('--line'), width: 1 }, font: '11px system-ui' };
    this.plot = new uPlot({
      width: this.box.clientWidth || 500, height, tzDate: (ts) => uPlot.tzDate(new Date(ts * 1e3), 'UTC'),
      scales: { x: { time: !!time, ...(distr ? { distr } : {}) }, y: { ...(y_range ? { range: y_range } : {}), ...(distr ? { distr } : {}) } },
      axes: [{ ...axis, ...(x_text ? { values: (_, v) => v.map(x_text) } : {}) }, { ...axis, size: 56, ...(y_text ? { values: (_, v) => v.map((n) => (n === null ? '' : y_text(n))) } : {}) }],
      series: [{ label: label || '', ...(x_text ? { value: (_, v) => (v === null ? '–' : x_text(v)) } : {}) }, ...series.map((s) => ({
        label: s.label, stroke: colour(`--c${s.kind}`), width: s.points ? 0 : 2, dash: s.dash, spanGaps: true,
        ...(s.points ? { paths: () => null, points: { show: true, size: 5, fill: colour(`--c${s.kind}`) } } : { points: { show: false } }),
        value: (_, v) => (v === null || v === undefined ? '–' : y_text ? y_text(v) : v) }))],
      cursor: { drag: { x: true, y: false } }, legend: { live: true },
    }, data, this.box);
  }
  render({ name }) { return html`<div role="img" aria-label=${name} ref=${(box) => { if (box) this.box = box; }}></div>`; }
}
