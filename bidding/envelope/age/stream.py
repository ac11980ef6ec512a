"""The age payload: STREAM of ChaCha20-Poly1305 over 64 KiB chunks (C2SP age.md, "Payload").

Memory is flat: two chunks, whatever the size. A chunk reaches the sink only after its tag held; as
the CCTV kit asks, a true chunk at a wrong end still does, and the error follows.
"""

from collections.abc import Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bidding.envelope.age.error import PayloadError
from bidding.envelope.age.flow import Flow, Sink

CHUNK = 64 * 1024
TAG = 16
NONCE = 16


def payload_length(size: int) -> int:
    """Bytes of the payload, nonce included, of a plaintext of `size` bytes."""
    return NONCE + size + TAG * max(1, -(-size // CHUNK))


def plaintext_length(length: int) -> int:
    """Inverse of `payload_length`; raises PayloadError for a length that no plaintext gives."""
    body = length - NONCE
    chunks = -(-body // (CHUNK + TAG))
    size = body - TAG * chunks
    if body < TAG or payload_length(size) != length:
        raise PayloadError("length: 密文长度不可能 / no plaintext has this ciphertext length")
    return size


def seal_stream(source: Flow, sink: Sink, file_key: bytes, nonce: bytes) -> int:
    """Write nonce and sealed chunks; return the number of plaintext bytes read."""
    cipher, total = _cipher(file_key, nonce), 0
    sink.write(nonce)
    for counter, chunk, last in _chunks(source, CHUNK):
        sink.write(cipher.encrypt(_nonce(counter, last), chunk, None))
        total += len(chunk)
    return total


def open_stream(source: Flow, sink: Sink, file_key: bytes, nonce: bytes) -> int:
    """Write the plaintext of the chunks; return its size in bytes; raises PayloadError."""
    cipher, total = _cipher(file_key, nonce), 0
    for counter, chunk, last in _chunks(source, CHUNK + TAG):
        plain = _open_chunk(cipher, counter, last, chunk)
        misplaced = plain is None and len(chunk) == CHUNK + TAG
        if misplaced:
            plain = _open_chunk(cipher, counter, not last, chunk)
        if plain is None or (counter and not plain):
            raise PayloadError("payload: 密文被改动 / changed")
        sink.write(plain)
        if misplaced:
            raise PayloadError("payload: 末块不在末尾 / cut, or something after the last chunk")
        total += len(plain)
    return total


def _chunks(source: Flow, size: int) -> Iterator[tuple[int, bytes, bool]]:
    counter, chunk = 0, _read(source, size)
    while True:
        following = _read(source, size) if len(chunk) == size else b""
        yield counter, chunk, not following
        if not following:
            return
        counter, chunk = counter + 1, following


def _read(source: Flow, size: int) -> bytes:
    # Pipes and sockets may give less than asked for before their end.
    data = source.read(size)
    while data and len(data) < size and (more := source.read(size - len(data))):
        data += more
    return data


def _open_chunk(cipher: ChaCha20Poly1305, counter: int, last: bool, chunk: bytes) -> bytes | None:
    try:
        return cipher.decrypt(_nonce(counter, last), chunk, None)
    except InvalidTag:
        return None


def _cipher(file_key: bytes, nonce: bytes) -> ChaCha20Poly1305:
    return ChaCha20Poly1305(HKDF(SHA256(), 32, salt=nonce, info=b"payload").derive(file_key))


def _nonce(counter: int, last: bool) -> bytes:
    return counter.to_bytes(11, "big") + bytes([last])
