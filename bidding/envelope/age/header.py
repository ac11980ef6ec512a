"""The age header: parse strictly, write, and check its MAC (C2SP age.md, "Header").

Rules: version line; stanzas "-> type arg…" whose base64 body has full 64-column lines and one
shorter last line; "--- MAC". LF only, canonical unpadded base64, one space between words.
"""

import base64
import binascii
import hmac
import re
from dataclasses import dataclass

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bidding.envelope.age.error import HeaderError, MacError
from bidding.envelope.age.flow import Source

VERSION_LINE = b"age-encryption.org/v1\n"
COLUMNS = 64
LONGEST_LINE = 4096
LONGEST_HEADER = 1 << 20

_WORDS = re.compile(rb"[\x21-\x7e]+( [\x21-\x7e]+)*")


@dataclass(frozen=True, slots=True)
class Stanza:
    """One recipient stanza: its words (type first) and its decoded body."""

    words: tuple[str, ...]
    body: bytes

    @property
    def type(self) -> str:
        """The recipient type, e.g. X25519."""
        return self.words[0]


@dataclass(frozen=True, slots=True)
class Header:
    """A parsed header; `covered` are the bytes under the MAC, `size` those of the whole."""

    stanzas: tuple[Stanza, ...]
    mac: bytes
    covered: bytes

    @property
    def size(self) -> int:
        """Bytes of the whole header, the MAC line included."""
        return len(self.covered) + 1 + 43 + 1


def read_header(source: Source) -> Header:
    """Read one header and leave `source` at the payload nonce; raises HeaderError."""
    if source.readline(len(VERSION_LINE)) != VERSION_LINE:
        raise HeaderError("version: 不是 age v1 文件 / not an age v1 file")
    covered = bytearray(VERSION_LINE)
    stanzas: list[Stanza] = []
    while not (line := _line(source)).startswith(b"---"):
        covered += line
        stanzas.append(_read_stanza(line, source, covered))
    if not line.startswith(b"--- "):
        raise HeaderError("mac: 缺空格 / no space before the MAC")
    covered += b"---"
    _check_set(stanzas)
    return Header(tuple(stanzas), _decode(line[4:-1], 32), bytes(covered))


def write_header(stanzas: tuple[Stanza, ...], file_key: bytes) -> bytes:
    """Write the header of `stanzas` with the MAC of `file_key`."""
    covered = VERSION_LINE + b"".join(_write_stanza(stanza) for stanza in stanzas) + b"---"
    return covered + b" " + encode(_mac(file_key, covered)) + b"\n"


def check_mac(header: Header, file_key: bytes) -> None:
    """Raise MacError unless the header was written by a holder of `file_key`."""
    if not hmac.compare_digest(header.mac, _mac(file_key, header.covered)):
        raise MacError("mac: 文件头被改动 / the header was changed")


def encode(data: bytes) -> bytes:
    """Base64 without padding."""
    return base64.b64encode(data).rstrip(b"=")


def decode_word(word: str) -> bytes:
    """Decode a canonical unpadded base64 word of a stanza; raises HeaderError."""
    return _decode(word.encode("ascii"))


def _read_stanza(first: bytes, source: Source, covered: bytearray) -> Stanza:
    if not first.startswith(b"-> ") or not _WORDS.fullmatch(first[3:-1]):
        raise HeaderError("stanza: 首行不合规 / malformed first line")
    body = bytearray()
    while True:
        line = _line(source)
        covered += line
        if len(covered) > LONGEST_HEADER or len(line) - 1 > COLUMNS:
            raise HeaderError("stanza: 过长 / too long")
        body += _decode(line[:-1])
        if len(line) - 1 < COLUMNS:
            return Stanza(tuple(first[3:-1].decode("ascii").split(" ")), bytes(body))


def _check_set(stanzas: list[Stanza]) -> None:
    if not stanzas:
        raise HeaderError("stanza: 没有收件人 / no recipient stanza")
    if len(stanzas) > 1 and any(stanza.type == "scrypt" for stanza in stanzas):
        raise HeaderError("stanza: scrypt 必须单独 / scrypt must be alone")


def _write_stanza(stanza: Stanza) -> bytes:
    text = encode(stanza.body)
    lines = [text[i : i + COLUMNS] for i in range(0, len(text) + 1, COLUMNS)]
    return b"-> " + " ".join(stanza.words).encode("ascii") + b"\n" + b"\n".join(lines) + b"\n"


def _line(source: Source) -> bytes:
    line = source.readline(LONGEST_LINE)
    if not line.endswith(b"\n"):
        raise HeaderError("header: 行过长或文件截断 / a line too long, or the file is cut")
    return line


def _decode(text: bytes, size: int | None = None) -> bytes:
    try:
        data = base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except binascii.Error as error:
        raise HeaderError("base64: 字符不对 / not base64") from error
    if encode(data) != text or (size is not None and len(data) != size):
        raise HeaderError("base64: 不是规范写法或长度不对 / not canonical, or a wrong length")
    return data


def _mac(file_key: bytes, covered: bytes) -> bytes:
    key = HKDF(SHA256(), 32, salt=None, info=b"header").derive(file_key)
    return hmac.digest(key, covered, "sha256")
