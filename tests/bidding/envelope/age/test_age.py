"""age v1 against the CCTV kit, pyrage and Debian age, and a few attackers."""

import base64
import hashlib
import io
import json
import shutil
import subprocess
import tracemalloc
import zlib
from collections.abc import Iterator
from pathlib import Path

import pyrage
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bidding.envelope.age.error import (
    AgeError,
    HeaderError,
    KeyStringError,
    MacError,
    NoMatchError,
    PayloadError,
)
from bidding.envelope.age.file import decrypt, decrypt_bytes, encrypt, encrypt_bytes, sealed_length
from bidding.envelope.age.header import Stanza, read_header, write_header
from bidding.envelope.age.key import (
    identity_secret,
    new_identity,
    recipient_of,
    recipient_point,
    recipient_string,
)
from bidding.envelope.age.stream import payload_length, plaintext_length
from bidding.envelope.age.x25519 import wrap

KITS = Path(__file__).parent.parent / "vectors"
VECTORS: dict[str, str] = json.loads((KITS / "cctv_age.json").read_text())["files"]
FOREIGN: dict[str, str] = json.loads((KITS / "cctv_age_foreign.json").read_text())["files"]
"""The rest of the kit: armor, passphrases, hybrid keys; a sealed bid is none of these."""
SIZES = [0, 1, 65535, 65536, 65537, 1_000_000]
ERRORS: dict[str, type[AgeError]] = {
    "header failure": HeaderError,
    "no match": NoMatchError,
    "HMAC failure": MacError,
    "payload failure": PayloadError,
}


def vector(name: str) -> tuple[dict[str, str], list[str], bytes]:
    raw = base64.b64decode((VECTORS | FOREIGN)[name])
    head, _, body = raw.partition(b"\n\n")
    pairs = [line.split(": ", 1) for line in head.decode().splitlines()]
    facts = dict(pairs)
    identities = [value for key, value in pairs if key == "identity"]
    return facts, identities, zlib.decompress(body) if "compressed" in facts else body


@pytest.mark.parametrize("name", sorted(VECTORS))
def test_the_cctv_kit_gets_the_outcome_it_names(name: str) -> None:
    facts, identities, body = vector(name)
    sink = io.BytesIO()
    if (error := ERRORS.get(facts["expect"])) is None:
        assert facts["expect"] == "success"
        decrypt(io.BytesIO(body), sink, identities)
    else:
        with pytest.raises(error):
            decrypt(io.BytesIO(body), sink, identities)
    if "payload" in facts:
        assert hashlib.sha256(sink.getvalue()).hexdigest() == facts["payload"]


@pytest.mark.parametrize("name", sorted(FOREIGN))
def test_what_the_kit_seals_otherwise_is_never_opened(name: str) -> None:
    _, identities, body = vector(name)
    sink = io.BytesIO()
    with pytest.raises(AgeError):
        decrypt(io.BytesIO(body), sink, identities or [new_identity()])
    assert sink.getvalue() == b""


def test_the_kit_is_whole() -> None:
    assert (len(VECTORS), len(FOREIGN), VECTORS.keys() & FOREIGN.keys()) == (68, 75, set())


@pytest.mark.parametrize(
    "name", [n for n in sorted(VECTORS) if vector(n)[0]["expect"] != "header failure"]
)
def test_a_header_that_parses_is_written_back_byte_for_byte(name: str) -> None:
    facts, _, body = vector(name)
    header = read_header(io.BytesIO(body))
    written = write_header(header.stanzas, bytes.fromhex(facts["file key"]))
    assert written[:-44] == body[: header.size - 44]
    if facts["expect"] != "HMAC failure":
        assert written == body[: header.size]


@pytest.mark.parametrize("size", SIZES)
def test_pyrage_opens_what_we_seal_and_we_open_what_pyrage_seals(size: int) -> None:
    identity, plaintext = new_identity(), bytes(i * 7 % 251 for i in range(size))
    recipient = recipient_of(identity)
    stock = pyrage.x25519.Identity.from_str(identity)
    assert str(stock.to_public()) == recipient
    sealed = encrypt_bytes(plaintext, [recipient])
    assert len(sealed) == sealed_length(size, 1)
    assert pyrage.decrypt(sealed, [stock]) == plaintext
    assert decrypt_bytes(pyrage.encrypt(plaintext, [stock.to_public()]), [identity]) == plaintext


@pytest.mark.skipif(shutil.which("age") is None, reason="Debian program age is not on PATH")
@pytest.mark.parametrize("size", SIZES)
def test_debian_age_opens_what_we_seal_and_the_other_way_round(size: int, tmp_path: Path) -> None:
    identity, plaintext = new_identity(), bytes(i * 11 % 253 for i in range(size))
    (tmp_path / "key").write_text(identity + "\n")
    sealed = encrypt_bytes(plaintext, [recipient_of(new_identity()), recipient_of(identity)])
    opened = _age(["-d", "-i", str(tmp_path / "key")], sealed)
    assert opened == plaintext
    theirs = _age(["-r", recipient_of(identity)], plaintext)
    assert decrypt_bytes(theirs, [identity]) == plaintext


def _age(arguments: list[str], stdin: bytes) -> bytes:
    return subprocess.run(["age", *arguments], input=stdin, capture_output=True, check=True).stdout


def test_any_one_of_several_recipients_opens_and_a_stranger_does_not() -> None:
    first, second, stranger = new_identity(), new_identity(), new_identity()
    sealed = encrypt_bytes(b"bid", [recipient_of(first), recipient_of(second)])
    assert decrypt_bytes(sealed, [first]) == decrypt_bytes(sealed, [stranger, second]) == b"bid"
    with pytest.raises(NoMatchError):
        decrypt_bytes(sealed, [stranger])


def test_an_empty_list_of_recipients_seals_nothing() -> None:
    with pytest.raises(HeaderError):
        encrypt_bytes(b"bid", [])


def test_a_byte_changed_anywhere_is_refused() -> None:
    identity = new_identity()
    sealed = encrypt_bytes(b"price 100", [recipient_of(identity)])
    for place in range(len(sealed)):
        changed = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
        with pytest.raises(AgeError):
            decrypt_bytes(changed, [identity])


def test_a_header_that_wraps_two_file_keys_has_one_reading_at_most() -> None:
    one, two = new_identity(), new_identity()
    keys = (b"A" * 16, b"B" * 16)
    stanzas = (wrap(keys[0], recipient_of(one), _zeros), wrap(keys[1], recipient_of(two), _zeros))
    header = write_header(stanzas, keys[0])
    with pytest.raises(MacError):
        decrypt_bytes(header + bytes(32), [two])


def test_a_low_order_recipient_is_refused_when_sealing() -> None:
    with pytest.raises(AgeError, match="low-order"):
        encrypt_bytes(b"bid", [recipient_string(bytes(32))])


def test_an_endless_header_line_is_refused_without_reading_it_all() -> None:
    source = io.BytesIO(b"age-encryption.org/v1\n-> " + b"A" * 10_000_000)
    with pytest.raises(HeaderError):
        read_header(source)
    assert source.tell() < 10_000


@given(st.integers(min_value=0, max_value=1 << 40))
def test_a_ciphertext_length_names_its_plaintext_length(size: int) -> None:
    assert plaintext_length(payload_length(size)) == size


@pytest.mark.parametrize("length", [0, 16, 31, 16 + 65552 + 1, 16 + 65552 + 16])
def test_a_length_that_no_plaintext_gives_is_refused(length: int) -> None:
    with pytest.raises(PayloadError):
        plaintext_length(length)


def test_key_strings_with_one_letter_changed_are_refused() -> None:
    identity = new_identity()
    for text, read in ((identity, identity_secret), (recipient_of(identity), recipient_point)):
        for place in range(len(text)):
            letter = "Q" if text[place] != "Q" else "P"
            letter = letter if text.isupper() else letter.lower()
            if text[place] == letter:
                continue
            with pytest.raises(KeyStringError):
                read(text[:place] + letter + text[place + 1 :])


def test_a_secret_key_given_as_recipient_is_refused_and_not_repeated_in_the_message() -> None:
    identity = new_identity()
    with pytest.raises(KeyStringError) as caught:
        recipient_point(identity)
    assert identity not in str(caught.value)


class _Spring:
    """A source of `left` zero bytes that never exists in memory at once."""

    def __init__(self, left: int) -> None:
        self.left = left

    def read(self, size: int, /) -> bytes:
        given_now = min(self.left, size, 50_000)
        self.left -= given_now
        return bytes(given_now)


class _Drain:
    """A sink that counts and forgets."""

    count = 0

    def write(self, data: bytes, /) -> int:
        self.count += len(data)
        return len(data)


@pytest.fixture
def traced() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


@pytest.mark.usefixtures("traced")
def test_memory_does_not_grow_with_the_file() -> None:
    size, sink = 24_000_000, _Drain()
    assert encrypt(_Spring(size), sink, [recipient_of(new_identity())]) == size
    assert sink.count == sealed_length(size, 1)
    assert tracemalloc.get_traced_memory()[1] < 2_000_000


def test_a_stanza_prints_its_words_and_body_as_age_does() -> None:
    stanza = Stanza(("grease", "x"), bytes(48))
    header = write_header((stanza,), bytes(16))
    assert read_header(io.BytesIO(header)).stanzas == (stanza,)
    assert header.count(b"\n") == 5


def _zeros(size: int) -> bytes:
    return bytes(size)
