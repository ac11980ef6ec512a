/* record.js: checks the one record of this page, step by step. */
(async () => {
  'use strict';
  const B = window.Batong, { $ } = window.Page, out = $('[data-checked]'), list = $('[data-steps]');
  const tell = (good, words) => { out.hidden = false; out.className = `card-note ${good ? 'good' : 'bad'}`; out.textContent = words; };
  let sound = true;
  const step = (good, words) => {
    const li = document.createElement('li'), tag = document.createElement('b');
    sound = sound && good;
    tag.className = good ? 'tag tag-ok' : 'tag tag-stop';
    tag.textContent = B.say(good ? 'script.pass' : 'script.fail');
    li.append(tag, ' ', words);
    list.hidden = false;
    list.append(li);
  };
  await B.load();
  if (!B.able()) { tell(false, B.say('script.unable')); return; }
  try {
    const record = await (await fetch(`/api/v1/records/${document.body.dataset.record}`)).json();
    const salt = B.unhex(record.salt), body = B.bytes(record.body);
    const made = B.hex(await B.commitment(salt, body)) === record.commitment;
    step(made, B.say(made ? 'script.committed' : 'script.uncommitted'));
    if (!record.proof) return;
    const proof = B.parseProof(record.proof), head = B.parseNote(proof.note);
    const inside = await B.opens(head, proof.index, proof.path, salt, body);
    step(inside, inside ? B.say('script.included', { index: proof.index }) : B.say('script.excluded'));
    const signed = await B.opened(head, $('meta[name=log-key]').content);
    step(signed, signed ? B.say('script.log_signed', { name: head.origin, size: head.size }) : B.say('script.log_unsigned'));
    tell(sound, sound ? `${B.say('script.checked_one')}: ${B.say('script.included', { index: proof.index })}` : B.say('script.mismatch'));
  } catch { tell(false, B.say('script.unable')); }
})();
