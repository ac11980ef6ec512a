"""Whole age files: encrypt to any of several recipients, decrypt with any of several identities."""

import io
import secrets
from collections.abc import Sequence

from bidding.envelope.age.error import HeaderError, NoMatchError
from bidding.envelope.age.flow import Flow, Sink, Source
from bidding.envelope.age.header import Header, check_mac, read_header, write_header
from bidding.envelope.age.key import Entropy
from bidding.envelope.age.stream import NONCE, open_stream, payload_length, seal_stream
from bidding.envelope.age.x25519 import (
    FILE_KEY_SIZE,
    TYPE,
    ephemeral_share,
    unwrap,
    unwrap_shared,
    wrap,
)


def encrypt(
    source: Flow,
    sink: Sink,
    recipients: Sequence[str],
    entropy: Entropy = secrets.token_bytes,
) -> int:
    """Seal `source` to `sink` so that any one of `recipients` opens it; return bytes read."""
    file_key = entropy(FILE_KEY_SIZE)
    stanzas = tuple(wrap(file_key, recipient, entropy) for recipient in recipients)
    if not stanzas:
        raise HeaderError("recipients: 没有收件人 / none given")
    sink.write(write_header(stanzas, file_key))
    return seal_stream(source, sink, file_key, entropy(NONCE))


def decrypt(source: Source, sink: Sink, identities: Sequence[str]) -> int:
    """Open `source` to `sink`; return plaintext bytes.

    Raises HeaderError, NoMatchError, MacError, PayloadError; after a PayloadError the sink holds
    a true prefix of the plaintext.
    """
    header = read_header(source)
    return _open(header, _file_key(header, identities), source, sink)


def _open(header: Header, file_key: bytes, source: Source, sink: Sink) -> int:
    check_mac(header, file_key)
    nonce = source.read(NONCE)
    if len(nonce) != NONCE:
        raise HeaderError("nonce: 文件截断 / the file is cut")
    return open_stream(source, sink, file_key, nonce)


def encrypt_bytes(
    plaintext: bytes, recipients: Sequence[str], entropy: Entropy = secrets.token_bytes
) -> bytes:
    """Seal a short secret in memory."""
    sink = io.BytesIO()
    encrypt(io.BytesIO(plaintext), sink, recipients, entropy)
    return sink.getvalue()


def decrypt_bytes(ciphertext: bytes, identities: Sequence[str]) -> bytes:
    """Open a short secret in memory; raises as `decrypt`."""
    sink = io.BytesIO()
    decrypt(io.BytesIO(ciphertext), sink, identities)
    return sink.getvalue()


def decrypt_shared(ciphertext: bytes, point: bytes, shared: Sequence[bytes]) -> bytes:
    """Open a short secret by what the recipient at `point` shares with each stanza, in order.

    Raises as `decrypt`.
    """
    source, sink = io.BytesIO(ciphertext), io.BytesIO()
    header = read_header(source)
    for stanza, secret in zip(header.stanzas, shared, strict=True):
        key = unwrap_shared(stanza, secret, point)
        if key is not None:
            _open(header, key, source, sink)
            return sink.getvalue()
    raise NoMatchError("recipients: 没有可用的密钥 / none of the secrets fits")


def sealed_length(size: int, recipients: int) -> int:
    """Bytes of the age file of `size` plaintext bytes to that many X25519 recipients."""
    version_line, stanza, mac_line = 22, 54 + 44, 48
    return version_line + stanza * recipients + mac_line + payload_length(size)


def _file_key(header: Header, identities: Sequence[str]) -> bytes:
    ours = [stanza for stanza in header.stanzas if stanza.type == TYPE]
    # Every stanza is judged before any is used: a malformed one condemns the file (age.md).
    for stanza in ours:
        ephemeral_share(stanza)
    for stanza in ours:
        for identity in identities:
            if (key := unwrap(stanza, identity)) is not None:
                return key
    raise NoMatchError("recipients: 没有可用的密钥 / none of the identities fits")
