"""Proof of a pseudonym: whoever acts under a mask shows that the bid key behind it is theirs.

Nothing of this is kept anywhere: challenge and ticket are signed by the vault and held by the
browser alone, so that no table and no cache says which person is behind which mask (招标投标法 22).
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from monitor.refusal import NotAllowed
from trading.account.proof.vault import Vault
from trading.notice.participation import KEY_BYTES, mask_of

DOMAIN = b"batong-mask/1\x00"
LASTING = timedelta(minutes=5)
_NONCE, _TIME, _MAC = 16, 8, 32
_RULE = "招标投标法 22"
_PRIME = 2**255 - 19
_EIGHTH = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_SMALL_ORDER = frozenset({0, 1, _PRIME - 1, _EIGHTH, _PRIME - _EIGHTH})
"""The y of all points of an order up to eight: as a key, anybody can sign for them."""


def message(project: UUID, challenge: str) -> bytes:
    """Return the bytes that the bid key signs: the domain, the project, the challenge as given."""
    return DOMAIN + project.bytes + challenge.encode("ascii", "replace")


@dataclass(frozen=True, slots=True)
class Masks:
    """Challenges, and tickets for those who met them, each good for one session and project."""

    vault: Vault

    def challenge(self, session: UUID, project: UUID, now: datetime) -> str:
        """Return a challenge for this session in this project, good for five minutes."""
        nonce, ends = secrets.token_bytes(_NONCE), _seconds(now + LASTING)
        return _text(nonce + ends + self._challenge_mac(session, project, nonce, ends))

    def prove(
        self,
        session: UUID,
        project: UUID,
        public_key: bytes,
        challenge: str,
        signature: bytes,
        now: datetime,
    ) -> str:
        """Return the mask that this key makes; raises NotAllowed unless the key signed."""
        self._require_fresh(session, project, challenge, now)
        if len(public_key) != KEY_BYTES or _is_small(public_key):
            raise _not_proven("public_key")
        try:
            key = Ed25519PublicKey.from_public_bytes(public_key)
            key.verify(signature, message(project, challenge))
        except (InvalidSignature, ValueError):
            raise _not_proven("signature") from None
        return mask_of(public_key)

    def ticket(self, session: UUID, project: UUID, mask: str, ends: datetime) -> str:
        """Return what lets this session act under that mask in this project until its end."""
        until = _seconds(ends)
        mac = self._ticket_mac(session, project, mask, until)
        return f"{mask}.{_text(until + mac)}"

    def mask(self, session: UUID, project: UUID, ticket: str, now: datetime) -> str:
        """Return the mask of a ticket; raises NotAllowed for another's, a late or a forged one."""
        mask, _, signed = ticket.partition(".")
        raw = _bytes(signed)
        until, mac = raw[:_TIME], raw[_TIME:]
        good = hmac.compare_digest(mac, self._ticket_mac(session, project, mask, until))
        if not good or _late(until, now):
            raise _not_proven("ticket")
        return mask

    def _require_fresh(self, session: UUID, project: UUID, challenge: str, now: datetime) -> None:
        raw = _bytes(challenge)
        nonce, ends, mac = raw[:_NONCE], raw[_NONCE : _NONCE + _TIME], raw[_NONCE + _TIME :]
        good = hmac.compare_digest(mac, self._challenge_mac(session, project, nonce, ends))
        if not good or _late(ends, now):
            raise _not_proven("challenge")

    def _challenge_mac(self, session: UUID, project: UUID, nonce: bytes, ends: bytes) -> bytes:
        return self.vault.mac("mask challenge", session.bytes, project.bytes, nonce, ends)

    def _ticket_mac(self, session: UUID, project: UUID, mask: str, until: bytes) -> bytes:
        said = mask.encode("utf-8", "replace")
        return self.vault.mac("mask ticket", session.bytes, project.bytes, said, until)


def _is_small(public_key: bytes) -> bool:
    y = int.from_bytes(public_key, "little") & (2**255 - 1)
    return y % _PRIME in _SMALL_ORDER


def _not_proven(field: str) -> NotAllowed:
    return NotAllowed(
        "未证明持有投标密钥 / the bid key behind this pseudonym is not proven",
        rule=_RULE,
        field=field,
    )


def _seconds(moment: datetime) -> bytes:
    return int(moment.timestamp()).to_bytes(_TIME, "big")


def _late(ends: bytes, now: datetime) -> bool:
    return now.timestamp() > int.from_bytes(ends, "big")


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (ValueError, binascii.Error):
        return b""
