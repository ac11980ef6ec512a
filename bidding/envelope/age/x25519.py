"""The X25519 recipient stanza: wrap and unwrap a file key (C2SP age.md, "X25519")."""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bidding.envelope.age.error import AgeError, HeaderError
from bidding.envelope.age.header import Stanza, decode_word, encode
from bidding.envelope.age.key import Entropy, identity_secret, recipient_point

TYPE = "X25519"
FILE_KEY_SIZE = 16

_NONCE = bytes(12)


def wrap(file_key: bytes, recipient: str, entropy: Entropy) -> Stanza:
    """Wrap a 16-byte file key to age1…; raises KeyStringError, AgeError for a low-order key."""
    ephemeral = X25519PrivateKey.from_private_bytes(entropy(32))
    share, point = ephemeral.public_key().public_bytes_raw(), recipient_point(recipient)
    shared = _agree(ephemeral, point)
    body = ChaCha20Poly1305(_wrap_key(shared, share, point)).encrypt(_NONCE, file_key, None)
    return Stanza((TYPE, encode(share).decode("ascii")), body)


def unwrap(stanza: Stanza, identity: str) -> bytes | None:
    """Return the file key, or None if the stanza is another's; raises HeaderError."""
    share = ephemeral_share(stanza)
    private = X25519PrivateKey.from_private_bytes(identity_secret(identity))
    try:
        shared = _agree(private, share)
    except AgeError as error:
        raise HeaderError(str(error)) from error
    return unwrap_shared(stanza, shared, private.public_key().public_bytes_raw())


def unwrap_shared(stanza: Stanza, shared: bytes, point: bytes) -> bytes | None:
    """Return the file key by the secret that the recipient at `point` shares with the stanza.

    None if that does not open it; raises HeaderError.
    """
    key = _wrap_key(shared, ephemeral_share(stanza), point)
    try:
        return ChaCha20Poly1305(key).decrypt(_NONCE, stanza.body, None)
    except InvalidTag:
        return None


def ephemeral_share(stanza: Stanza) -> bytes:
    """Return the 32-byte ephemeral point of a well-formed X25519 stanza; raises HeaderError."""
    if len(stanza.words) != 2:
        raise HeaderError("X25519: 参数个数不对 / wrong number of arguments")
    share = decode_word(stanza.words[1])
    # A fixed length is what keeps a stanza from holding two wrapped keys (age.md).
    if len(share) != 32 or len(stanza.body) != FILE_KEY_SIZE + 16:
        raise HeaderError("X25519: 长度不对 / wrong length")
    return share


def _agree(private: X25519PrivateKey, point: bytes) -> bytes:
    try:
        return private.exchange(X25519PublicKey.from_public_bytes(point))
    except ValueError as error:
        raise AgeError("X25519: 低阶点 / a low-order point") from error


def _wrap_key(shared: bytes, share: bytes, point: bytes) -> bytes:
    info = b"age-encryption.org/v1/X25519"
    return HKDF(SHA256(), 32, salt=share + point, info=info).derive(shared)
