"""Counters whose delays grow: shared by all processes in Valkey, or in this process without it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

import redis

_MOST = 4096
_MOST_DOUBLINGS = 20

_TAKE = """
local now = tonumber(ARGV[1])
local wait = 0
for i, key in ipairs(KEYS) do
  local till = tonumber(redis.call('HGET', key, 'till') or '0')
  if till - now > wait then wait = till - now end
end
if wait > 0 then return wait end
for i, key in ipairs(KEYS) do
  local free, step, cap, keep = unpack(ARGV, 4 * i - 2, 4 * i + 1)
  local n = redis.call('HINCRBY', key, 'n', 1)
  if n >= tonumber(free) then
    local doubled = math.min(n - tonumber(free), 20)
    local delay = math.min(tonumber(cap), tonumber(step) * 2 ^ doubled)
    redis.call('HSET', key, 'till', string.format('%d', now + delay))
  end
  redis.call('PEXPIRE', key, keep)
end
return 0
"""
_FORGIVE = """
for i, key in ipairs(KEYS) do
  if ARGV[i] == 'all' then redis.call('DEL', key)
  elseif redis.call('EXISTS', key) == 1 then
    redis.call('HINCRBY', key, 'n', -1)
    redis.call('HDEL', key, 'till')
  end
end
"""


@dataclass(frozen=True, slots=True)
class Counting:
    """How a counter counts: tries that cost nothing, first delay, longest delay, memory."""

    name: str
    free: int
    first: timedelta
    longest: timedelta
    kept: timedelta


@dataclass(frozen=True, slots=True)
class Charge:
    """One counter that an attempt pays at."""

    counting: Counting
    key: str
    whole: bool = False
    """Whether success clears the counter, or only pays this one attempt back."""


class ValkeyCounters:
    """Counters that all processes share."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._take = client.register_script(_TAKE)
        self._forgive = client.register_script(_FORGIVE)

    def take(self, charges: Sequence[Charge], now: datetime) -> timedelta:
        """Pay at all counters and return zero, or at none and return how long to wait."""
        arguments: list[int] = [_milliseconds(now.timestamp())]
        for charge in charges:
            counting = charge.counting
            spans = (counting.first, counting.longest, counting.kept)
            arguments += [counting.free, *(_milliseconds(s.total_seconds()) for s in spans)]
        keys = [charge.key for charge in charges]
        wait: int = cast("int", self._take(keys=keys, args=arguments))
        return timedelta(milliseconds=wait)

    def forgive(self, charges: Sequence[Charge]) -> None:
        """Pay back after success."""
        ways = ["all" if charge.whole else "one" for charge in charges]
        self._forgive(keys=[charge.key for charge in charges], args=ways)


class LocalCounters:
    """The same in this process, for the time without Valkey; the oldest of 4,096 is forgotten."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[int, datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, charges: Sequence[Charge], now: datetime) -> timedelta:
        """Pay at all counters and return zero, or at none and return how long to wait."""
        with self._lock:
            found = [self._kept.get(charge.key, (0, now)) for charge in charges]
            wait = max((till - now for _, till in found), default=timedelta(0))
            if wait > timedelta(0):
                return wait
            for charge, (n, _) in zip(charges, found, strict=True):
                self._kept[charge.key] = (n + 1, now + _delay(charge.counting, n + 1))
                self._kept.move_to_end(charge.key)
            while len(self._kept) > _MOST:
                self._kept.popitem(last=False)
        return timedelta(0)

    def forgive(self, charges: Sequence[Charge]) -> None:
        """Pay back after success."""
        with self._lock:
            for charge in charges:
                self._kept.pop(charge.key, None)


def _delay(counting: Counting, n: int) -> timedelta:
    if n < counting.free:
        return timedelta(0)
    return min(counting.longest, counting.first * (1 << min(n - counting.free, _MOST_DOUBLINGS)))


def _milliseconds(seconds: float) -> int:
    return int(seconds * 1000)
