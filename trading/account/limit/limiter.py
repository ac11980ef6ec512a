"""Limits on trying: delays that grow, never a lock, and none that a rival can put upon another.

An attempt pays at counters before it is checked, so that many at once are as dear as one after
another; success pays back. Who tries from a device or an address that has signed in to this very
account pays at a counter of their own alone. Strangers pay three times: for the pair of account and
address, for the address, and for all strangers to the account together. So whoever hammers an
account, from however many addresses, delays other strangers and nobody who has been there before.
A stranger who shows two codes of the account's authenticator in a row pays, in place of the last,
at a counter of those who do: with a new machine at a new place one comes in while a rival guesses.

Counters stand in Valkey under keyed digests. Without Valkey a device that shows its signed token is
counted in this process; strangers are refused until it is back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import redis

from monitor.refusal import Refusal
from trading.account.limit.counter import Charge, Counting, LocalCounters, ValkeyCounters
from trading.account.proof.vault import Vault

ADDRESS_KNOWN_FOR = timedelta(days=90)
_RULE = "trading/account/limit/limiter.py"

_DAY = timedelta(days=1)
DEVICE = Counting("device", 10, timedelta(seconds=2), timedelta(minutes=2), _DAY)
PAIR = Counting("pair", 5, timedelta(seconds=5), timedelta(minutes=15), _DAY)
ADDRESS = Counting("address", 20, timedelta(seconds=5), timedelta(minutes=15), timedelta(hours=1))
STRANGERS = Counting("strangers", 20, timedelta(seconds=5), timedelta(minutes=5), _DAY)
SHOWN = Counting("shown", 20, timedelta(seconds=5), timedelta(minutes=5), _DAY)
SESSION = Counting("session", 5, timedelta(seconds=2), timedelta(minutes=5), timedelta(hours=8))
TURNED = Counting("turned", 30, timedelta(seconds=10), timedelta(minutes=10), timedelta(hours=1))


class TooMany(Refusal):
    """Too many attempts; `wait` says for how long there is no use in trying."""

    code = "too_many"

    def __init__(self, wait: timedelta) -> None:
        seconds = -(-wait // timedelta(seconds=1))
        super().__init__(
            f"尝试过多，请{seconds}秒后再试 / too many attempts: try again in {seconds} s",
            rule=_RULE,
        )
        self.wait = wait


class NoCounter(Refusal):
    """The counters are away: only devices that have signed in before may try."""

    code = "unavailable"

    def __init__(self) -> None:
        super().__init__(
            "目前只接受曾经登录过的设备，请稍后再试 / "
            "for the moment only devices that have signed in before: try again later",
            rule=_RULE,
        )


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who tries, as the limits see them: digests only. `device` is empty without a good token."""

    account: bytes
    address: bytes
    device: bytes = b""


class Limiter:
    """Lets attempts in, or says how long to wait."""

    def __init__(self, client: redis.Redis, vault: Vault) -> None:
        self._client = client
        self._vault = vault
        self._shared = ValkeyCounters(client)
        self._local = LocalCounters()

    def visitor(self, account: str, address: str, device: bytes | None) -> Visitor:
        """Return the visitor of an account's name (known or not), an address and a device."""
        return Visitor(
            self._vault.mac("limit account", account.encode("utf-8", "replace")),
            self._vault.mac("limit address", address.encode("utf-8", "replace")),
            device or b"",
        )

    def knows(self, visitor: Visitor) -> bool:
        """Tell whether this account was signed in to from this device or address before.

        Without Valkey only the device's own token tells.
        """
        if visitor.device:
            return True
        try:
            return bool(self._client.exists(self._key("known", visitor.account, visitor.address)))
        except redis.RedisError:
            return False

    def charges(self, visitor: Visitor) -> list[Charge]:
        """Return the counters that this visitor pays at."""
        if visitor.device:
            key = self._key(DEVICE.name, visitor.account, visitor.device)
            return [Charge(DEVICE, key, whole=True)]
        pair = self._key(PAIR.name, visitor.account, visitor.address)
        own = [Charge(PAIR, pair, whole=True)]
        if self.knows(visitor):
            return own
        strangers = Charge(STRANGERS, self._key(STRANGERS.name, visitor.account))
        return [*own, *self.of_address(visitor), strangers]

    def shown(self, visitor: Visitor, charges: Sequence[Charge]) -> list[Charge]:
        """Return the counters of one who shows the authenticator: not that of all strangers.

        Another stands in its place, which only whoever has the authenticator can fill.
        """
        own = [charge for charge in charges if charge.counting is not STRANGERS]
        if len(own) == len(charges):
            return own
        return [*own, Charge(SHOWN, self._key(SHOWN.name, visitor.account))]

    def of_address(self, visitor: Visitor) -> list[Charge]:
        """Return the counter of an address alone, for what concerns no account."""
        return [Charge(ADDRESS, self._key(ADDRESS.name, visitor.address))]

    def of_session(self, session: bytes) -> list[Charge]:
        """Return the counter of one who is signed in already."""
        return [Charge(SESSION, self._key(SESSION.name, session), whole=True)]

    def of_turned(self, session: bytes) -> list[Charge]:
        """Return the counter of what a session was turned away from: for the record alone."""
        return [Charge(TURNED, self._key(TURNED.name, session))]

    def admit(self, charges: Sequence[Charge], now: datetime) -> None:
        """Pay for one attempt; raises TooMany, or NoCounter for a stranger without Valkey."""
        try:
            wait = self._shared.take(charges, now)
        except redis.RedisError:
            if any(charge.counting not in {DEVICE, SESSION, TURNED} for charge in charges):
                raise NoCounter from None
            wait = self._local.take(charges, now)
        if wait > timedelta(0):
            raise TooMany(wait)

    def forgive(self, charges: Sequence[Charge]) -> None:
        """Pay the attempt back: it was right."""
        self._local.forgive(charges)
        try:
            self._shared.forgive(charges)
        except redis.RedisError:
            return

    def remember(self, visitor: Visitor) -> None:
        """Keep, as a keyed digest for 90 days, that this address signed in to this account."""
        key = self._key("known", visitor.account, visitor.address)
        try:
            self._client.set(key, b"1", px=ADDRESS_KNOWN_FOR)
        except redis.RedisError:
            return

    def first_refused(self, charges: Sequence[Charge], wait: timedelta) -> bool:
        """Tell whether this is the first refusal of the present wait: the one that is recorded.

        Else whoever hammers would write a record a try, and fill the log with himself.
        """
        key = self._key("told", *sorted(charge.key.encode() for charge in charges))
        try:
            return bool(self._client.set(key, b"1", px=max(wait, timedelta(seconds=1)), nx=True))
        except redis.RedisError:
            return False

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _key(self, kind: str, *parts: bytes) -> str:
        return f"account:{kind}:{self._vault.mac(kind, *parts).hex()[:40]}"
