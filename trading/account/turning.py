"""Turned away: what was refused before any action could say no to it is on record all the same.

A page that this session did not make, a password that was not confirmed, an office that had
ended, a body that cannot be read: no action is done, so none writes it down. Nobody learns from
this record that an expert or discipline was there: of theirs it says only that somebody was turned
away. Of a tenderer there is none: before CLOSE its very moment would tell that somebody takes part
(招标投标法 22).
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.platform import Platform
from monitor.refusal import Refusal
from monitor.role import SYSTEM, Actor, Role
from trading.account.entry import ANYBODY
from trading.account.gate import Ended
from trading.account.limit.limiter import Limiter, TooMany

UNNAMED = frozenset({Role.EXPERT, Role.DISCIPLINE})


class TurnedAway(Refusal):
    """Refused before it came to an action."""

    code = "turned_away"

    def __init__(self) -> None:
        super().__init__("未予受理 / turned away", rule="trading/account/turning.py")


@dataclass(frozen=True, slots=True)
class Attempted:
    """What was asked for; the address is its pattern, with no thing's name in it."""

    method: str
    address: str
    deed: str
    status: int
    project: UUID | None
    refusal: Refusal | None


@action("account.turn_away", by=ANYBODY, visibility=Visibility.SECRET, standing=False)
def turn_away(act: Act, *, account: UUID | None, attempted: Attempted | None) -> None:
    """Write down that somebody was turned away; raises the very refusal, or TurnedAway."""
    if attempted is None:
        raise TurnedAway
    act.attempt(
        subject=str(account or ""), method=attempted.method, address=attempted.address,
        deed=attempted.deed, status=attempted.status, trade=str(attempted.project or ""),
    )  # fmt: skip
    raise attempted.refusal or TurnedAway


@dataclass(frozen=True, slots=True)
class Turning:
    """Puts on record who was turned away from what."""

    platform: Platform
    limiter: Limiter

    def put(self, whose: Ended, actor: Actor | None, attempted: Attempted) -> None:
        """Put it on record; of one who goes on and on, the first of each wait.

        actor: who acts under the session, None where nobody does any more.
        """
        if whose.role is Role.TENDERER or not self._is_told(whose):
            return
        named = whose.role not in UNNAMED
        try:
            self.platform.perform(
                turn_away, actor if actor and named else SYSTEM, None,
                account=whose.account if named else None,
                attempted=attempted if named else None,
            )  # fmt: skip
        except Refusal:
            return

    def _is_told(self, whose: Ended) -> bool:
        charges, now = self.limiter.of_turned(whose.session.bytes), self.platform.clock.now()
        try:
            self.limiter.admit(charges, now)
        except TooMany as refusal:
            return self.limiter.first_refused(charges, refusal.wait)
        return True
