/* worker.js: seals one bid into this origin's private file system, piece by piece; what is finished outlives a crash.
   It has no way out but messages to the frame that made it. */
'use strict';
const policy = self.trustedTypes ? trustedTypes.createPolicy('seal', { createScriptURL: url => url }) : { createScriptURL: url => url };
const BATCH = 4 * 1024 * 1024, STATE = 'state.json', CLIENT = 'batong-page/1', utf8 = new TextEncoder();
let held = null, release = null;
const tell = (kind, more) => postMessage({ kind, ...more });
const waits = () => held || Promise.resolve();

/* A file of the bid's own folder, written through a handle that no other page shares. */
const written = async (folder, name, work) => {
  const file = await (await folder.getFileHandle(name, { create: true })).createSyncAccessHandle();
  try {
    file.truncate(0);
    let at = 0;
    const done = await work(async data => { at += file.write(data, { at }); });
    file.flush();
    return done;
  } finally { file.close(); }
};
const put = (folder, name, text) => written(folder, name, push => push(utf8.encode(text)));
const state = async folder => {
  try { return JSON.parse(await (await (await folder.getFileHandle(STATE)).getFile()).text()); } catch { return { done: [] }; }
};

/* Bytes of a file in order, then zeros up to the padded size; `seen` gets each piece of plaintext. */
const reader = (file, seen) => {
  let at = 0;
  return async n => {
    await waits();
    const data = new Uint8Array(n), part = new Uint8Array(await file.slice(at, at + n).arrayBuffer());
    data.set(part);
    seen(part);
    at += n;
    return data;
  };
};
/* typage reads a stream; the measure is the same. */
const streamed = async (recipient, size, pull, push) => {
  let left = size;
  const source = new ReadableStream({ async pull(c) { const n = Math.min(left, BATCH); if (n) c.enqueue(await pull(n)); left -= n; if (!left) c.close(); } });
  const sealer = new Typage.Encrypter();
  sealer.addRecipient(recipient);
  const out = (await sealer.encrypt(source)).getReader();
  for (let next = await out.read(); !next.done; next = await out.read()) await push(next.value);
};

const seal = async ({ files, invited, draft, key, recipient, capsule }) => {
  const home = await navigator.storage.getDirectory(), folder = await home.getDirectoryHandle(draft.bid, { create: true });
  const known = await state(folder), signer = await crypto.subtle.importKey('pkcs8', key, 'Ed25519', true, ['sign']);
  const native = await Age.native(), point = Age.pointOf(recipient);
  if (!native) importScripts(policy.createScriptURL(self.location.hash.slice(1)));
  const total = files.reduce((n, file) => n + Bid.padded(file.size), 0);
  let sum = 0;
  const object = async (name, size, pull) => {
    const meter = new Measure.Meter();
    await written(folder, name, async push => {
      const take = async data => { meter.take(data); await push(data); };
      await (native ? Age.seal([point], size, pull, take) : streamed(recipient, size, pull, take));
    });
    return { name, ...meter.measured() };
  };
  for (const [place, file] of files.entries()) {
    const same = known.done[place], size = Bid.padded(file.size);
    if (!same || same.attachment.name !== file.name || same.attachment.size !== file.size || same.changed !== file.lastModified) {
      const name = `att-${String(place + 1).padStart(3, '0')}.age`, plain = new Measure.Sha256();
      const pull = reader(file, data => { plain.update(data); sum += data.length; tell('progress', { done: sum, total, native }); });
      const entry = await object(name, size, pull);
      known.done[place] = { entry, attachment: { name: file.name, object: name, size: file.size, sha256: plain.hex() }, changed: file.lastModified };
      known.done.length = place + 1; // what comes after was sealed before another file: it is sealed anew
      await put(folder, STATE, JSON.stringify(known));
    }
    sum = files.slice(0, place + 1).reduce((n, each) => n + Bid.padded(each.size), 0);
    tell('progress', { done: sum, total, native });
  }
  const kept = known.done.slice(0, files.length), letter = await Bid.letter(invited, draft, kept.map(each => each.attachment), signer);
  const first = await object('letter.age', letter.length, reader(new Blob([letter]), () => {}));
  await put(folder, 'capsule.json', capsule);
  const { text, signature } = await Bid.manifest(invited, draft, [first, ...kept.map(each => each.entry)], Bid.digest(capsule), signer, CLIENT);
  await put(folder, 'manifest.sig', signature);
  await put(folder, 'manifest.json', text);
  tell('sealed', { names: ['manifest.json', 'manifest.sig', 'capsule.json', 'letter.age', ...kept.map(each => each.entry.name)], manifest: Bid.digest(text) });
};

self.addEventListener('message', async ({ data }) => {
  if (data.kind === 'load') { importScripts(...data.scripts.map(url => policy.createScriptURL(url))); tell('loaded'); }
  else if (data.kind === 'pause') held = held || new Promise(done => { release = done; });
  else if (data.kind === 'resume') { if (release) release(); held = release = null; }
  else if (data.kind === 'seal') try { await seal(data); } catch (e) { tell('failed', { why: String(e && e.message || e) }); }
});
