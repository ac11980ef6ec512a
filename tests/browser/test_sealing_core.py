"""The page's own sealing against everybody else's, in a real browser: files, shares, whole bids."""

import base64
import hashlib
import json
import os
import secrets
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyrage
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from playwright.sync_api import Browser, Page

from bidding.envelope.age.error import AgeError
from bidding.envelope.age.file import decrypt_bytes, encrypt_bytes, sealed_length
from bidding.envelope.age.key import identity_secret, new_identity, recipient_of
from bidding.envelope.bid.acceptance import Expected, accept
from bidding.envelope.bid.object import Meter, folder_objects, padded_size
from bidding.envelope.bid.opening import open_bid
from bidding.envelope.capsule import open_share, read_capsule
from bidding.envelope.document import digest, public_key
from bidding.envelope.sharing.feldman import combine, deal, matches_recipient, verify_share
from tests.bidding.envelope.world import invite, make_roster, make_trustees
from tests.flip import flip
from trading.money import capital_amount
from webui.page.answer import asset
from webui.page.answer.asset import assets

SIZES = [0, 1, 65535, 65536, 65537, 1_000_000]
CORE = ("sharing.js", "age.js", "measure.js", "bid.js", "typage.js")
HELPERS = """
const bytes = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));
const text64 = data => { let s = ''; for (let i = 0; i < data.length; i += 32768) s += String.fromCharCode(...data.subarray(i, i + 32768)); return btoa(s); };
const fallback = {
  seal: async (recipient, data) => { const e = new Typage.Encrypter(); e.addRecipient(recipient); return e.encrypt(data); },
  open: async (identity, data) => { const d = new Typage.Decrypter(); d.addIdentity(identity); return d.decrypt(data); },
};
"""

VENDOR = Path(asset.__file__).parents[1] / "static" / "vendor"

Seal = Callable[[Page, str, bytes], bytes]
"""Seal bytes to a recipient, or open them with an identity."""


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """A page of a secure context, without a server: what it does, it does by itself."""
    context = browser.new_context()
    made = context.new_page()
    made.route(
        "**/*", lambda route: route.fulfill(body="<!doctype html>", content_type="text/html")
    )
    made.goto("http://127.0.0.1:9/")
    for name in CORE:
        made.add_script_tag(content=assets()[name].decode())
    made.add_script_tag(content=HELPERS)
    yield made
    context.close()


def test_the_vendored_files_are_those_that_were_locked_and_say_whose_they_are() -> None:
    lock = json.loads((VENDOR / "vendor-lock.json").read_text("utf-8"))
    assert set(lock) == {path.name for path in VENDOR.glob("*.*")} - {
        "vendor-lock.json", "licenses.txt",
    }  # fmt: skip
    licences = (VENDOR / "licenses.txt").read_text("utf-8")
    for name, told in lock.items():
        assert told["file"] == f"sha384-{b64(hashlib.sha384(assets()[name]).digest())}"
        assert all(f"== {each.rpartition('@')[0]} ==" in licences for each in told["packages"])


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def by_page(call: str) -> Seal:
    def done(page: Page, key: str, data: bytes) -> bytes:
        told = page.evaluate(f"async ([key, data]) => text64(await {call})", [key, b64(data)])
        return base64.b64decode(told)

    return done


def by_program(*options: str) -> Seal:
    def done(page: Page, key: str, data: bytes) -> bytes:
        program = shutil.which("age")
        if program is None:
            pytest.skip("the age program is not on PATH")
        told = [program, *options] + (["-r", key] if not options else ["-i", "-"])
        if options:
            return _opened(told, key, data)
        return subprocess.run(told, input=data, capture_output=True, check=True).stdout

    return done


def _opened(told: list[str], key: str, data: bytes) -> bytes:
    """The identity goes in by a pipe of its own, so that no key lies on the disk."""
    read, write = os.pipe()
    os.write(write, f"{key}\n".encode())
    os.close(write)
    try:
        run = subprocess.run(
            [*told[:-1], f"/dev/fd/{read}"], input=data, capture_output=True, pass_fds=(read,),
            check=True,
        )  # fmt: skip
    finally:
        os.close(read)
    return run.stdout


def by_pyrage(page: Page, key: str, data: bytes) -> bytes:
    sealed: bytes = pyrage.encrypt(data, [pyrage.x25519.Recipient.from_str(key)])
    return sealed


def from_pyrage(page: Page, key: str, data: bytes) -> bytes:
    opened: bytes = pyrage.decrypt(data, [pyrage.x25519.Identity.from_str(key)])
    return opened


SEALS: dict[str, Seal] = {
    "page native": by_page("Age.sealBytes([Age.pointOf(key)], bytes(data))"),
    "page fallback": by_page("fallback.seal(key, bytes(data))"),
    "pyrage": by_pyrage,
    "age": by_program(),
    "ours": lambda page, key, data: encrypt_bytes(data, [key]),
}
OPENS: dict[str, Seal] = {
    "page native": by_page("Age.unsealBytes(key, bytes(data))"),
    "page fallback": by_page("fallback.open(key, bytes(data))"),
    "pyrage": from_pyrage,
    "age": by_program("-d"),
    "ours": lambda page, key, data: decrypt_bytes(data, [key]),
}


@pytest.mark.parametrize("sealer", SEALS)
def test_what_anyone_seals_everyone_opens(page: Page, sealer: str) -> None:
    assert page.evaluate("Age.native()"), "this browser has the cipher itself"
    identity = new_identity()
    for size in SIZES:
        data = secrets.token_bytes(size)
        sealed = SEALS[sealer](page, recipient_of(identity), data)
        if sealer.startswith("page"):
            assert len(sealed) == sealed_length(size, 1), "no stanza but the recipient's"
        for opener, opened in OPENS.items():
            assert opened(page, identity, sealed) == data, f"{sealer} → {opener}: {size} bytes"


@pytest.mark.parametrize("place", [0, 30, 100, 190, 220, 66_000, -1])
def test_the_page_opens_nothing_that_was_changed(page: Page, place: int) -> None:
    identity = new_identity()
    sealed = bytearray(encrypt_bytes(secrets.token_bytes(70_000), [recipient_of(identity)]))
    sealed[place] ^= 1
    for changed in (bytes(sealed), bytes(sealed[:-1]), bytes(sealed[: place or 1])):
        told = page.evaluate(
            "([key, data]) => Age.unsealBytes(key, bytes(data)).then(() => 'opened', String)",
            [identity, b64(changed)],
        )
        assert told != "opened"
        with pytest.raises(AgeError):
            decrypt_bytes(changed, [identity])


@pytest.mark.parametrize("count", [4, pytest.param(2000, marks=pytest.mark.campaign)])
def test_shares_are_the_same_in_both_languages(page: Page, count: int) -> None:
    """One side deals, the other checks and combines, with fresh keys."""
    for _ in range(count):
        identity = new_identity()
        dealt = page.evaluate(
            """key => { const d = Sharing.deal(Age.secretOf(key), 3, 5, n => crypto.getRandomValues(new Uint8Array(n)));
            return [d.commitments.map(Bid.hex), d.shares.map(Bid.hex)]; }""",
            identity,
        )
        points, shares = ([bytes.fromhex(each) for each in part] for part in dealt)
        assert matches_recipient(points, recipient_of(identity))
        assert all(verify_share(points, seat, share) for seat, share in enumerate(shares, 1))
        assert not verify_share(points, 1, shares[1])
        seats = {seat: shares[seat - 1] for seat in (2, 3, 5)}
        assert combine(seats, recipient_of(identity)) == identity
        ours = deal(identity, 3, 5)
        told = page.evaluate(
            """([points, shares]) => { const p = points.map(Bid.unhex), s = shares.map(Bid.unhex);
            return [s.map((share, i) => Sharing.fits(p, i + 1, share)), Sharing.fits(p, 2, s[0]), Bid.hex(Sharing.commitment(p[0])),
              Sharing.combine({ 1: s[0], 4: s[3], 5: s[4] }).map(Age.identity)]; }""",
            [[c.hex() for c in ours.commitments], [s.hex() for s in ours.shares]],
        )
        assert told[:2] == [[True] * 5, False]
        assert identity in told[3]
        assert matches_recipient(ours.commitments, recipient_of(identity))
        assert page.evaluate("key => Age.recipientOf(Age.secretOf(key))", identity) == recipient_of(
            identity
        )


BAD_POINTS = [
    "00" * 32,  # of order 4
    "01" + "00" * 31,  # the neutral point
    "ec" + "ff" * 30 + "7f",  # (0, -1), of order 2
    "ee" + "ff" * 30 + "7f",  # y = 1, not canonical
    "02" + "00" * 31,  # not on the curve
]


@pytest.mark.parametrize("point", BAD_POINTS)
def test_a_bad_commitment_is_refused_on_the_page_too(page: Page, point: str) -> None:
    told = page.evaluate(
        "p => { try { Sharing.fits([Bid.unhex(p)], 1, new Uint8Array(32)); return 'taken'; } catch (e) { return String(e); } }",
        point,
    )
    assert "point" in told


def test_lengths_amounts_and_digests_are_those_of_the_offline_tool(page: Page) -> None:
    sizes = [0, 1, 65536, 65537, 100_000, 8 << 20, (8 << 20) + 1, 5 * 10**9, 2**33 - 1]
    sizes += [secrets.randbelow(10**9) for _ in range(50)]
    assert page.evaluate("s => s.map(Bid.padded)", sizes) == [padded_size(size) for size in sizes]
    fens = [1, 10, 100, 105, 1005, 10_000_00, 100_000_000_00, 82_600_008_282_29, 10**15]
    fens += [secrets.randbelow(10**14) + 1 for _ in range(300)]
    shown = page.evaluate("f => f.map(Bid.capitals)", [str(fen) for fen in fens])
    assert shown == [capital_amount(fen) for fen in fens]
    for size in (0, 55, 56, 64, 8 << 20, (8 << 20) + 7):
        meter = Meter()
        meter.write(bytes(size))
        told = page.evaluate(
            """n => { const m = new Measure.Meter(); for (let at = 0; at < n || !at; at += 999983) m.take(new Uint8Array(Math.min(999983, n - at))); return m.measured(); }""",
            size,
        )
        ours = meter.measured()
        assert (told["size"], told["sha256"]) == (size, hashlib.sha256(bytes(size)).hexdigest())
        assert told["parts"] == list(ours.parts)


WHOLE = """
async ([invitation, pem, name, content]) => {
  const invited = JSON.parse(invitation), key = await crypto.subtle.importKey('pkcs8', bytes(pem), 'Ed25519', true, ['sign']);
  const draft = { bid: crypto.randomUUID(), version: 1, name: '演示密封有限公司', uscc: '91139900MA00000001', fen: '123456789', days: 180, quality: '合格 “良”\\u2028' };
  const secret = Age.newSecret(), point = Age.pointOf(await Age.recipientOf(secret)), files = {}, data = bytes(content);
  const seal = async (object, plain) => {
    const sealed = await Age.sealBytes([point], plain), meter = new Measure.Meter();
    meter.take(sealed);
    files[object] = text64(sealed);
    return { name: object, ...meter.measured() };
  };
  const padded = new Uint8Array(Bid.padded(data.length));
  padded.set(data);
  const entry = await seal('att-001.age', padded);
  const attachments = [{ name, object: 'att-001.age', size: data.length, sha256: Measure.sha256(data) }];
  const first = await seal('letter.age', await Bid.letter(invited, draft, attachments, key));
  const capsule = await Bid.capsule(invited, draft.bid, secret), { text, signature } = await Bid.manifest(invited, draft, [first, entry], Bid.digest(capsule), key, 'batong-page/1');
  for (const [object, told] of [['capsule.json', capsule], ['manifest.json', text], ['manifest.sig', signature]]) files[object] = text64(new TextEncoder().encode(told));
  return { files, bid: draft.bid, identity: Age.identity(secret) };
}
"""


def test_a_whole_bid_of_the_page_is_accepted_and_opened_by_us(page: Page, tmp_path: Path) -> None:
    trustees = make_trustees(tmp_path / "trustees")
    invitation = invite(make_roster(trustees))
    signer = Ed25519PrivateKey.generate()
    pem = signer.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    content = secrets.token_bytes(70_001)
    told: dict[str, Any] = page.evaluate(
        WHOLE, [invitation.to_bytes().decode(), b64(pem), "技术标 “甲”.pdf", b64(content)]
    )
    folder = tmp_path / "from-page"
    folder.mkdir()
    for name, data in told["files"].items():
        (folder / name).write_bytes(base64.b64decode(data))
    objects = folder_objects(folder)
    expected = Expected(invitation, told["bid"], 1, public_key(signer))
    assert accept(objects, expected) == []
    manifest = digest((folder / "manifest.json").read_bytes())
    opened = open_bid(objects, told["identity"], manifest, tmp_path / "opened")
    assert opened.opened.letter.price_fen == 123_456_789
    assert opened.opened.letter.price_words == capital_amount(123_456_789)
    assert opened.opened.findings == ()
    assert opened.files[0].read_bytes() == content
    capsule = read_capsule((folder / "capsule.json").read_bytes())
    for seat, trustee in enumerate(trustees, 1):
        assert open_share(capsule, seat, trustee.identity)
    assert json.loads((folder / "manifest.json").read_bytes())["client"] == "batong-page/1"
    assert len(identity_secret(told["identity"])) == 32
    flip(folder / "letter.age")
    assert [one.item for one in accept(folder_objects(folder), expected)] == ["letter.age"]
