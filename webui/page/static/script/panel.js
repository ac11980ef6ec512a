/* panel.js: what a member types stays in this tab until it is taken, a lost connection or a reload between; sums as typed. */
(() => {
  'use strict';
  const { $, $$ } = window.Page, form = $('form[data-keep]');
  if (!form) return;
  const name = `batong.sheet ${form.dataset.keep}`, cells = $$('[name^="points."], [name^="reasons."]', form), said = $('[data-kept]', form);
  const figures = $$('[data-full]', form), total = $('[data-sum]');
  const sum = () => {
    const given = figures.map(e => (/^\d{1,3}(\.\d{1,2})?$/.test(e.value.trim()) ? Math.round(Number(e.value) * 100) : NaN));
    const good = given.every((n, i) => n <= Number(figures[i].dataset.full));
    total.textContent = good ? (given.reduce((a, b) => a + b, 0) / 100).toFixed(2) : '—';
  };
  const keep = () => {
    try { sessionStorage.setItem(name, JSON.stringify(Object.fromEntries(cells.map(e => [e.name, e.value])))); said.hidden = false; } catch { /* private mode */ }
    sum();
  };
  let held = null;
  try { held = JSON.parse(sessionStorage.getItem(name)); } catch { /* private mode */ }
  if ('taken' in form.dataset) { try { sessionStorage.removeItem(name); } catch { /* private mode */ } } else if (held) {
    for (const e of cells) if (!e.value && held[e.name]) e.value = held[e.name];
  }
  for (const e of cells) e.addEventListener('input', keep);
  sum();
})();
