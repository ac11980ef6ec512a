/* bid.js: the documents of batong-bid/1 as a tenderer writes them: letter, capsule, manifest. The same as
   bidding/envelope/bid: canonical JSON, signatures over domain ‖ 0 ‖ bytes, lengths that tell little. */
(root => {
  'use strict';
  const SUITE = 'batong-bid/1', SMALLEST = 65536, LETTER = 65536, utf8 = new TextEncoder();
  const hex = bytes => [...new Uint8Array(bytes)].map(b => b.toString(16).padStart(2, '0')).join('');
  const unhex = text => Uint8Array.from(text.match(/../g) || [], pair => parseInt(pair, 16));
  const random = n => crypto.getRandomValues(new Uint8Array(n));
  const base64 = bytes => btoa(String.fromCharCode(...bytes));

  /* RFC 8785: members in order; what this profile holds is written as JSON.stringify writes it. */
  const ordered = value => Array.isArray(value) ? value.map(ordered)
    : value && typeof value === 'object' ? Object.fromEntries(Object.keys(value).sort().map(key => [key, ordered(value[key])])) : value;
  const write = (form, members) => JSON.stringify(ordered({ v: `${SUITE}/${form}`, ...members }));
  const digest = text => Measure.sha256(utf8.encode(text));
  const sign = async (form, text, key) => hex(await crypto.subtle.sign('Ed25519', key, utf8.encode(`${SUITE}/${form}\0${text}`)));
  const publicKey = async key => {
    const x = (await crypto.subtle.exportKey('jwk', key)).x.replaceAll('-', '+').replaceAll('_', '/');
    return hex(Uint8Array.from(atob(x), c => c.charCodeAt(0)));
  };

  /* Padmé, at least 64 KiB: at most 12 % more, and sizes tell little (PURBs §4). */
  const padded = size => {
    if (size <= SMALLEST) return SMALLEST;
    const exponent = Math.floor(Math.log2(size)), step = 2 ** (exponent - exponent.toString(2).length);
    return Math.ceil(size / step) * step;
  };

  /* Price in capitals (正确填写票据和结算凭证的基本规定), from fen as text. */
  const FIGURES = '零壹贰叁肆伍陆柒捌玖', PLACES = ['', '拾', '佰', '仟'];
  const spell = n => {
    for (const [unit, name] of [[100000000n, '亿'], [10000n, '万']]) {
      if (n < unit) continue;
      const high = n / unit, low = n % unit;
      return spell(high) + name + (low && low < unit / 10n ? '零' : '') + (low ? spell(low) : '');
    }
    const f = String(n), words = [...f].map((c, i) => FIGURES[c] + (c === '0' ? '' : PLACES[f.length - 1 - i])).join('');
    return words.replace(/零+/g, '零').replace(/(.)零$/, '$1');
  };
  const capitals = fen => {
    const yuan = BigInt(fen) / 100n, rest = Number(BigInt(fen) % 100n), jiao = Math.floor(rest / 10), cent = rest % 10;
    const whole = yuan || !rest ? `${spell(yuan)}元` : '';
    if (!rest) return `人民币${whole}整`;
    return `人民币${whole}${yuan && (!jiao || yuan % 10n === 0n) ? '零' : ''}${jiao ? `${FIGURES[jiao]}角` : ''}${cent ? `${FIGURES[cent]}分` : ''}`;
  };

  /* The letter, exactly 64 KiB, signed inside. */
  const letter = async (invited, draft, attachments, key) => {
    const members = {
      tender: invited.tender, lot: invited.lot, bid: draft.bid, version: draft.version,
      bidder: { name: draft.name, uscc: draft.uscc }, price_fen: String(draft.fen), price_words: capitals(draft.fen),
      period_days: draft.days, quality: draft.quality, attachments, signer: await publicKey(key),
    };
    const signed = utf8.encode(write('letter', { ...members, signature: await sign('letter', write('letter', members), key) }));
    if (signed.length > LETTER) throw new Error('letter: longer than 64 KiB');
    const out = new Uint8Array(LETTER).fill(32);
    out.set(signed);
    return out;
  };

  /* The capsule: the secret of R dealt to the trustees that the invitation names. */
  const capsule = async (invited, bid, secret) => {
    const roster = JSON.parse(invited.trustees), recipient = await Age.recipientOf(secret);
    const context = { kind: 'bid', tender: invited.tender, lot: invited.lot, subject: bid };
    const dealt = Sharing.deal(secret, roster.threshold, roster.seats.length, random);
    const shares = await Promise.all(roster.seats.map((seat, i) => Age.sealBytes(
      seat.devices.map(device => Age.pointOf(device.recipient)),
      utf8.encode(write('share', { context, recipient, index: seat.index, scalar: hex(dealt.shares[i]) })),
    )));
    return write('capsule', {
      recipient, threshold: roster.threshold, trustees: digest(invited.trustees), context,
      commitments: dealt.commitments.map(hex), shares: shares.map(base64),
    });
  };

  /* The manifest and its detached signature. */
  const manifest = async (invited, draft, objects, capsuleDigest, key, client) => {
    const text = write('manifest', {
      suite: SUITE, notice: invited.notice, tender: invited.tender, lot: invited.lot, bid: draft.bid, version: draft.version,
      objects, capsule: capsuleDigest, signer: await publicKey(key), salt: hex(random(32)), client,
    });
    return { text, signature: `${await sign('manifest', text, key)}\n` };
  };
  root.Bid = { letter, capsule, manifest, padded, capitals, digest, publicKey, hex, unhex, write };
})(self);
