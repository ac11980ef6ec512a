/* key.js: the box for the opening key. Any other file is refused here, before the first byte of it is sent. */
(() => {
  'use strict';
  const { $, $$, secrets } = window.Page;
  const guard = input => {
    const { form, dataset: d } = input, box = input.closest('.drop'), told = document.createElement('p');
    let sound = null;
    told.className = 'error-words';
    told.setAttribute('role', 'alert');
    box.before(told);
    const look = async () => {
      const file = input.files[0], { opening, pem } = file ? await secrets(file) : {}, good = opening && !pem;
      if (input.files[0] !== file) return false; // another was chosen meanwhile, and is looked at by itself
      sound = good ? file : null;
      told.textContent = !file || good ? '' : pem ? d.bidKey : d.opening;
      input.setAttribute('aria-invalid', String(Boolean(told.textContent)));
      if (file && !good) { input.value = ''; $('.files', box).replaceChildren(); input.focus(); }
      return good;
    };
    input.addEventListener('change', look);
    /* Before the page's own listener, which would send it. */
    form.addEventListener('submit', async event => {
      const file = input.files[0], by = event.submitter;
      if (file ? file === sound : !told.textContent) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      if (!file) input.focus();
      else if (await look()) form.requestSubmit(by);
    }, true);
  };
  const bind = root => { for (const input of $$('input[data-opening]', root)) guard(input); };
  document.addEventListener('bound', event => bind(event.detail));
  bind(document);
})();
