"""Passwords: long, not well known, not one's own name; kept as argon2id (RFC 9106 §4, second).

No rule of composition (NIST SP 800-63B §3.1.1.2). Hashing is slow on purpose, so the number at one
time is bounded, and strangers can never take the places of those who have signed in before.
"""

from __future__ import annotations

import secrets
import threading
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from monitor.refusal import Invalid, Refusal

MIN_LENGTH, MAX_LENGTH = 12, 256
OWN_PART = 8
"""What must be left of a password when the owner's names are taken out of it."""
FEWEST_SIGNS = 5
_RULE = "trading/account/proof/password.py"
_FILE = Path(__file__).with_name("password.toml")
_KNOWN = frozenset(tomllib.loads(_FILE.read_text("utf-8"))["well_known"])


class Busy(Refusal):
    """Too many passwords are being checked at this moment."""

    code = "busy"

    def __init__(self) -> None:
        super().__init__("登录繁忙，请稍后再试 / busy: try again in a moment", rule=_RULE)


class Lane(StrEnum):
    """Whose place a hash takes."""

    KNOWN = "known"  # a device or address that has signed in before
    STRANGER = "stranger"


def standard_engine() -> PasswordHasher:
    """Return argon2id with t=3, m=64 MiB, p=4 (RFC 9106 §4, the second recommended option)."""
    return PasswordHasher(
        time_cost=3, memory_cost=64 * 1024, parallelism=4, hash_len=32, salt_len=16, type=Type.ID
    )


class Hasher:
    """Makes and checks hashes, `places` at a time in each lane; waits `patience` seconds."""

    def __init__(
        self, engine: PasswordHasher | None = None, places: int = 2, patience: float = 3.0
    ) -> None:
        self._engine = engine or standard_engine()
        self._nobody = self._engine.hash(secrets.token_urlsafe(32))
        self._lanes = {lane: threading.BoundedSemaphore(places) for lane in Lane}
        self._patience = patience

    def made(self, password: str, lane: Lane = Lane.KNOWN) -> str:
        """Return the password's argon2id string; raises Busy."""
        with self._place(lane):
            return self._engine.hash(normal(password))

    def fits(self, kept: str | None, password: str, lane: Lane) -> bool:
        """Tell whether the password is the one kept; raises Busy.

        The same work is done where nothing is kept: an unknown account answers as a known one.
        """
        with self._place(lane):
            try:
                self._engine.verify(kept or self._nobody, normal(password[: MAX_LENGTH + 1]))
            except (VerificationError, InvalidHashError):
                return False
            return kept is not None

    @contextmanager
    def _place(self, lane: Lane) -> Iterator[None]:
        if not self._lanes[lane].acquire(timeout=self._patience):
            raise Busy
        try:
            yield
        finally:
            self._lanes[lane].release()


def normal(password: str) -> bytes:
    """Return the one form of a password that is hashed (NFKC, NIST SP 800-63B §3.1.1.2)."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


def require_good(password: str, own: Iterable[str]) -> None:
    """Raise Invalid for a password that is short, well known or made of the owner's names."""
    plain = unicodedata.normalize("NFKC", password).casefold()
    if not MIN_LENGTH <= len(plain) <= MAX_LENGTH:
        raise _bad(
            f"口令应为{MIN_LENGTH}至{MAX_LENGTH}字 / {MIN_LENGTH} to {MAX_LENGTH} characters"
        )
    if plain in _KNOWN or len(set(plain)) < FEWEST_SIGNS:
        raise _bad("口令过于常见 / too well known")
    if len(_without(plain, own)) < OWN_PART:
        raise _bad("口令不得由姓名、登录名或单位名构成 / made of your own names")


def _without(plain: str, own: Iterable[str]) -> str:
    names = {unicodedata.normalize("NFKC", name).casefold() for name in own}
    for name in sorted(names - {""}, key=len, reverse=True):
        plain = plain.replace(name, "")
    return plain


def _bad(message: str) -> Invalid:
    return Invalid("password", message, rule=_RULE)
