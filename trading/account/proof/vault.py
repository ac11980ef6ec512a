"""The vault: keys of the platform's accounts, each derived from one secret of the data folder.

Who steals the database alone can open no second factor and forge no device, token or ticket.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from monitor.runtime.secret import secret

_VERSION = b"\x01"
_NONCE = 12
_NAME = "account.key"


class BrokenSeal(Exception):
    """What was sealed does not open here: changed, of another place, or of another vault."""


class Vault:
    """Seals and authenticates; nothing of it shows in a repr."""

    def __init__(self, word: str) -> None:
        self._word = word.encode()
        self._aead = ChaCha20Poly1305(self._key("seal"))

    @classmethod
    def of(cls, data: Path) -> Vault:
        """Return the vault of a data folder; its secret is made on first use."""
        return cls(secret(data / "secrets", _NAME))

    def seal(self, plaintext: bytes, context: str) -> bytes:
        """Return the plaintext sealed to a context: version, nonce of 12 bytes, RFC 8439 text."""
        nonce = secrets.token_bytes(_NONCE)
        return _VERSION + nonce + self._aead.encrypt(nonce, plaintext, context.encode())

    def open(self, sealed: bytes, context: str) -> bytes:
        """Return what was sealed to this context; raises BrokenSeal."""
        nonce, text = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
        if sealed[:1] != _VERSION or len(nonce) != _NONCE:
            raise BrokenSeal("not of this form")
        try:
            return self._aead.decrypt(nonce, text, context.encode())
        except InvalidTag:
            raise BrokenSeal("changed, or sealed elsewhere") from None

    def mac(self, purpose: str, *parts: bytes) -> bytes:
        """Return 32 bytes that only this vault can make of these parts, for this purpose alone."""
        made = hmac.new(self._key(purpose), digestmod=hashlib.sha256)
        for part in parts:
            made.update(len(part).to_bytes(8, "big") + part)
        return made.digest()

    def _key(self, purpose: str) -> bytes:
        info = f"batong-account/1 {purpose}".encode()
        return HKDF(SHA256(), 32, salt=None, info=info).derive(self._word)
