"""The second factor: codes of six digits by time (RFC 6238), and recovery codes to be used once."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import unicodedata
from collections.abc import Callable
from datetime import datetime

import pyotp

STEP = 30
"""Seconds that a code lasts (RFC 6238 §5.2)."""
WINDOW = 1
"""Steps before and after that are accepted as well: clocks differ."""
RECOVERY_CODES = 10
_SECRET_BYTES, _RECOVERY_BYTES = 20, 10
_DIGITS = re.compile(r"[0-9]{6}")
_PAIR = re.compile(r"[0-9]{12}")
_RECOVERY = re.compile(r"[A-Z2-7]{16}")
_ISSUER = "Batong"


def new_secret(entropy: Callable[[int], bytes] = secrets.token_bytes) -> str:
    """Return a secret of 160 bits in base32 (RFC 4226 §4)."""
    return base64.b32encode(entropy(_SECRET_BYTES)).decode()


def address(secret: str, name: str) -> str:
    """Return the otpauth:// address that an authenticator reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=_ISSUER)


def step_of(secret: str, typed: str, at: datetime, after: int = 0) -> int | None:
    """Return the step whose code was typed, None if none; steps up to `after` are used up."""
    code = _plain(typed)
    if not _DIGITS.fullmatch(code):
        return None
    made, now = pyotp.TOTP(secret, interval=STEP), int(at.timestamp()) // STEP
    for step in range(max(now - WINDOW, after + 1), now + WINDOW + 1):
        if hmac.compare_digest(made.generate_otp(step), code):
            return step
    return None


def pair_step_of(secret: str, typed: str, at: datetime, after: int = 0) -> int | None:
    """Return the later step of two codes typed in the order they were shown, None if none.

    Two in a row are 40 bits: nobody guesses them, however often (RFC 4226 §7.4). The older may have
    been shown a step longer ago than one code alone may be, since the newer is waited for.
    """
    codes = _plain(typed)
    if not _PAIR.fullmatch(codes):
        return None
    made, now = pyotp.TOTP(secret, interval=STEP), int(at.timestamp()) // STEP
    for step in range(max(now - WINDOW, after + 2), now + WINDOW + 1):
        if hmac.compare_digest(made.generate_otp(step - 1) + made.generate_otp(step), codes):
            return step
    return None


def new_recovery_codes(entropy: Callable[[int], bytes] = secrets.token_bytes) -> list[str]:
    """Return ten codes of 80 random bits, four groups of four signs each."""
    made = [base64.b32encode(entropy(_RECOVERY_BYTES)).decode() for _ in range(RECOVERY_CODES)]
    return ["-".join(code[at : at + 4] for at in range(0, 16, 4)) for code in made]


def recovery_digest(typed: str) -> bytes | None:
    """Return what is kept of a recovery code (80 random bits: no slow hash), None for none."""
    code = _plain(typed).upper()
    return hashlib.sha256(code.encode()).digest() if _RECOVERY.fullmatch(code) else None


def _plain(typed: str) -> str:
    return re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", typed[:64]))
