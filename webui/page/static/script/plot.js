/* plot.js: the wall's series by uPlot, over the pictures that the server drew; where it does not run they stay. */
(() => {
  'use strict';
  const { $, $$ } = window.Page, zone = 'Asia/Shanghai', MINUTE = 60;
  const clock = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, timeStyle: 'short' });
  const plots = new Map();

  const told = figure => {
    const { from, values } = JSON.parse(figure.dataset.told);
    return [values.map((_, i) => from + i * MINUTE), values];
  };
  const options = (figure, holder) => {
    const look = getComputedStyle(holder), paint = look.color, grid = { stroke: look.borderTopColor, width: 1 }, words = look.outlineColor;
    const font = `${look.fontSize} ${look.fontFamily}`, em = parseFloat(look.fontSize), bars = figure.dataset.series === 'acts';
    const axis = { stroke: words, font, ticks: grid };
    const read = $('[data-read]', figure);
    return {
      width: holder.clientWidth, height: holder.clientHeight, padding: [em / 2, em * 2, 0, 0], legend: { show: false },
      tzDate: at => window.uPlot.tzDate(new Date(at * 1000), zone),
      cursor: { drag: { x: false, y: false }, y: false },
      scales: { y: { range: (_, low, high) => [0, Math.max(high || 0, 1)] } },
      axes: [{ ...axis, grid: { show: false }, size: em * 2.4, space: em * 7, values: (_, marks) => marks.map(at => clock.format(at * 1000)) },
        { ...axis, grid, size: (_, marks) => em * (1.6 + .62 * Math.max(2, ...(marks || []).map(mark => String(mark).length))), space: em * 2, incrs: [1, 2, 5, 10, 15, 20, 30, 60, 100, 200, 300, 600, 1000, 2000, 5000, 10000, 50000] }],
      series: [{}, { stroke: paint, width: 1.5, fill: bars ? paint : undefined, points: { show: false }, paths: bars ? window.uPlot.paths.bars({ size: [.7, em * 2] }) : undefined }],
      hooks: { setCursor: [plot => {
        const at = plot.cursor.idx, value = at === null || at === undefined ? null : plot.data[1][at];
        read.textContent = value === null ? '' : `${clock.format(plot.data[0][at] * 1000)} · ${value}`;
      }] },
    };
  };
  /* uPlot places its parts by style of its own, through the CSSOM: they stay within a root that has its sheet alone. */
  const sheet = fetch($('[data-sheet]').dataset.sheet).then(answer => (answer.ok ? answer.text() : Promise.reject(answer.status)))
    .then(text => new CSSStyleSheet().replace(text));
  const draw = async figure => {
    const holder = $('[data-plot]', figure), name = figure.dataset.series, sheets = [await sheet];
    const root = holder.shadowRoot || holder.attachShadow({ mode: 'open' });
    root.adoptedStyleSheets = sheets;
    plots.get(name)?.plot.destroy();
    const plot = new window.uPlot(options(figure, holder), told(figure), (made, begin) => { root.append(made.root); begin(); });
    plots.set(name, { holder, plot });
  };
  const every = () => Promise.all($$('[data-series]').map(draw)).catch(() => box.classList.remove('plotted'));

  const box = $('[data-sheet]');
  box.classList.add('plotted');
  every();
  /* The page brings its parts anew by itself: what came is drawn. */
  new MutationObserver(every).observe(box, { childList: true });
  new ResizeObserver(() => { for (const { holder, plot } of plots.values()) plot.setSize({ width: holder.clientWidth, height: holder.clientHeight }); }).observe(box);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', every);
})();
