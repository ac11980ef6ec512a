"""What the wall shows beside the feed: duties by colour, orders, the log, today's rooms, draws."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from uuid import UUID

from experts.ceremony.mail.request import draw_of, requests_of
from experts.ceremony.seat import seats_of
from monitor.law.duty import State
from monitor.law.rule import load as load_rules
from monitor.law.watch import ENDED, DutyRow, duties_shown, is_card
from monitor.law.workday import ONE_DAY, SHANGHAI, local_date
from monitor.log.checkpoint import Cosignature, NotWitnessed, Policy, open_checkpoint
from monitor.log.head import LastHead, last_heads, last_witnessed
from monitor.record.disclosure import Disclosed, Viewer
from trading import board
from trading.supervision.chase import owed_of
from trading.supervision.promise import promises
from trading.venue.booking import openings_between
from webui.page.source import Head, Source

CHAIN = 8
"""Heads of the log in the strip."""


@dataclass(frozen=True, slots=True)
class Duty:
    """One duty that stands: its colour, its rule, its trade, its limit, and what shows it."""

    row: DutyRow
    zh: str
    en: str
    who: str
    trade: str
    tone: str
    evidence: UUID | None
    promised: datetime | None
    """By when it is promised, where that is sooner than the law asks."""


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness and when it signed the last checkpoint; None where it did not."""

    name: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Log:
    """The log as of the last checkpoint."""

    head: Head | None
    witnesses: tuple[Witness, ...]
    quorum: int
    chain: Sequence[LastHead]
    last: datetime | None
    """When the last head was made that enough witnesses cosigned; None where none ever was."""

    @property
    def is_watched(self) -> bool:
        """Tell whether any witness is set and its word is asked for."""
        return bool(self.witnesses) and self.quorum > 0

    @property
    def missing(self) -> list[Witness]:
        """The witnesses that have not signed it."""
        return [each for each in self.witnesses if each.at is None]

    @property
    def is_witnessed(self) -> bool:
        """Tell whether enough witnesses have signed it; one at least."""
        return len(self.witnesses) - len(self.missing) >= needed(self.quorum)

    @property
    def at(self) -> datetime | None:
        """When the last head was made, by the platform's clock."""
        return self.chain[-1].at if self.chain else None


@dataclass(frozen=True, slots=True)
class Sitting:
    """An opening of today: where, of which trade, at which stage, how far."""

    start: datetime
    end: datetime
    room: str
    project: UUID
    name: str
    stage: str
    done: int
    most: int
    ended: bool


@dataclass(frozen=True, slots=True)
class Draw:
    """A draw that runs: its seats by pseudonym, and how far it is."""

    request: UUID
    name: str
    phase: str
    seats: tuple[tuple[str, str], ...]
    wanted: int


def duties(
    session: Any,
    viewers: Mapping[UUID, Viewer],
    records: Mapping[UUID, list[Disclosed]],
    names: Mapping[UUID, str],
    now: datetime,
) -> list[Duty]:
    """Return the duties that stand in these trades, red before yellow before the rest."""
    rules = {rule.id: rule for rule in load_rules()}
    promised = promises(session, viewers)
    found = [
        Duty(row, rules[row.rule].zh, rules[row.rule].en, rules[row.rule].who,
             names.get(row.project, ""), tone(row, now), shown.get(str(row.id)),
             owed_of(row, promised).promised)
        for project, viewer in viewers.items()
        for shown in [_cards(records[project])]
        for row in duties_shown(session, project, viewer)
        if row.state not in ENDED and row.rule in rules
    ]  # fmt: skip
    return sorted(found, key=lambda each: (ORDER.index(each.tone), each.row.limit_at))


ORDER = ("stop", "warn", "")
ENDS = frozenset({"opening.reveal", "opening.fail", "opening.end"})


def tone(row: DutyRow, now: datetime) -> str:
    """Return the colour of a duty as of now: the watch may write it down a moment later."""
    if row.state == State.BREACHED or now > row.limit_at:
        return "stop"
    return "warn" if now >= row.yellow_at else ""


def _cards(records: Iterable[Disclosed]) -> dict[str, UUID]:
    """Return the last card on record of each duty."""
    found: dict[str, UUID] = {}
    for record in records:
        body = record.facts
        if is_card(str(body["action"])) and "done" in body["outcome"]:
            found[str(body["subject"])] = record.record_id
    return found


def log(session: Any, source: Source) -> Log:
    """Return how the log stands, its last checkpoint's signatures checked here."""
    head, policy = source.head(), source.keys.policy
    signed = {one.witness.name: one.time for one in _cosigned(head, policy)}
    witnesses = tuple(Witness(key.name, signed.get(key.name)) for key in policy.witnesses)
    last = last_witnessed(session, names(policy), needed(policy.quorum))
    return Log(head, witnesses, policy.quorum, last_heads(session, CHAIN), last)


def names(policy: Policy) -> list[str]:
    """Return the names of a log's witnesses."""
    return [key.name for key in policy.witnesses]


def needed(quorum: int) -> int:
    """Return how many must have cosigned what is called witnessed: nobody's word is no word."""
    return max(quorum, 1)


def _cosigned(head: Head | None, policy: Policy) -> Sequence[Cosignature]:
    if head is None:
        return ()
    try:
        return open_checkpoint(head.note, Policy(policy.log, policy.witnesses)).cosignatures
    except NotWitnessed:
        return ()


def sittings(session: Any, records: Mapping[UUID, list[Disclosed]], now: datetime) -> list[Sitting]:
    """Return today's openings of the trades that are watched, by time."""
    begin = datetime.combine(local_date(now), time(), SHANGHAI)
    found = []
    for booking, room in openings_between(session, begin, begin + ONE_DAY):
        entry = board.entry(session, booking.project, now)
        if booking.project in records and entry is not None:
            done, most = _opened(records[booking.project])
            ended = any(_is_end(each.facts) for each in records[booking.project])
            found.append(
                Sitting(booking.span.start, booking.span.end, room, entry.project, entry.name,
                        entry.stage.value, done, most, ended)
            )  # fmt: skip
    return found


def _is_end(body: Mapping[str, Any]) -> bool:
    return body["action"] in ENDS and "done" in body["outcome"]


def _opened(records: Iterable[Disclosed]) -> tuple[int, int]:
    """Return how many bids their bidders have released, of how many; nothing before CLOSE."""
    released, most = 0, 0
    for record in records:
        body = record.facts
        if "done" not in body["outcome"]:
            continue
        released += body["action"] == "opening.release"
        if body["action"] == "opening.close":
            most += int(body["facts"]["bids"]["count"])
    return (min(released, most), most) if most else (0, 0)


def draws(session: Any, watched: Iterable[UUID], names: Mapping[UUID, str]) -> list[Draw]:
    """Return the draws that run in these trades."""
    found = []
    for project in watched:
        for request in requests_of(session, project):
            drawn = draw_of(session, request)
            if request.withdrawn_at is None and (drawn is None or drawn.state == "open"):
                seats = seats_of(session, drawn) if drawn else []
                found.append(
                    Draw(request.id, names.get(project, ""), "open" if drawn else "asked",
                         tuple((seat.mask, seat.state) for seat in seats),
                         sum(int(number) for _, number in request.seats))
                )  # fmt: skip
    return found
