/* record.js: checks the one record of this page. */
(async () => {
  'use strict';
  const B = window.Batong, out = document.querySelector('[data-checked]');
  const tell = (good, words) => { out.hidden = false; out.className = `card-note ${good ? 'good' : 'bad'}`; out.textContent = words; };
  await B.load();
  if (!B.able()) { tell(false, B.say('script.unable')); return; }
  try {
    const record = await (await fetch(`/api/v1/records/${document.body.dataset.record}`)).json();
    if (!record.proof) return;
    const proof = B.parseProof(record.proof), head = B.parseNote(proof.note);
    const good = await B.opened(head, document.querySelector('meta[name=log-key]').content)
      && await B.opens(head, proof.index, proof.path, B.unhex(record.salt), B.bytes(record.body));
    tell(good, good ? `${B.say('script.checked_one')}: ${B.say('script.included', { index: proof.index })}` : B.say('script.mismatch'));
  } catch { tell(false, B.say('script.unable')); }
})();
