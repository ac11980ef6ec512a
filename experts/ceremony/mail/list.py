"""Draws from a list that the request itself brings: agencies, equal bidders, items, enterprises.

The list is public and fixed before the draw: its root stands in the record, and the header must
name it. An owner may always choose its agency itself (招标投标法 12): a draw is only ever its own,
stated choice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from experts.ceremony.header import checked
from experts.ceremony.mail.purpose import Entry, Manner, Purpose, listed
from experts.ceremony.mail.request import DrawRequest, asked, found_purpose
from experts.ceremony.roll import DrawList, list_named
from experts.dossier import registry_root
from experts.draw.encoding import require
from experts.draw.header import Kind
from experts.draw.pool import MAX_WEIGHT
from monitor.record.act import Act
from monitor.record.action import action
from monitor.record.identity import new_id
from monitor.refusal import Invalid
from monitor.role import Role
from trading.notice.moment import require_unarchived
from trading.registration.project import accepted_project
from trading.registration.section import found_section

CHOICE = (
    "我方知悉可以自行选择，不必抽取；本次自愿采用随机抽取 / "
    "We know that we may choose freely; this draw is our own choice"
)
"""What an owner states who has its agency drawn."""
STAYS = timedelta(hours=1)
MOST_STRATA, LONGEST = 100, 500
MOST_LINES = 500_000
"""Lines of a list: a city has some 270,000 enterprises. Each has a leaf of 32 bytes on record."""
MOST_LOTS = 20_000
"""Lots of a draw in all, four in a hundred of the longest list, each kept with its sealed line."""
MOST_EXAMINED = 60_000
"""Lines that a draw is expected to examine: the bundle shows each, some 600 bytes."""
MOST_SHOWN = 75_000
"""Lines of a list whose every line the bundle shows, as of agencies, or where weights differ."""


@dataclass(frozen=True, slots=True)
class Roll:
    """What is drawn from: strata as (name, seats), numbered from 1 as they stand, and the lines."""

    strata: Sequence[tuple[str, int]]
    entries: Sequence[Entry]


@action("draw.request_list", by=(Role.CENTRE, Role.TENDEREE, Role.DEPARTMENT))
def request_list(
    act: Act,
    *,
    section: UUID,
    manner: Manner,
    roll: Roll,
    reason: str = "",
    choice: bool = False,
) -> UUID:
    """Ask for a draw from a list; return the request's id.

    choice: the owner states CHOICE. Raises Invalid (a field, too few lines, a name twice),
    NotAllowed, Conflict, WrongStage.
    """
    project = accepted_project(act)
    found_section(act.session, project.id, section)
    found = found_purpose(act, manner.purpose, of_people=False)
    act.require(
        choice or not found.choice,
        Invalid("choice", "须先确认可自行选择 / free choice comes first", rule=found.basis),
    )
    if found.choice:
        require_unarchived(act.session, project.id)
    with checked():
        _check_list(found, roll)
    made = asked(
        act, project, section, manner,
        seats=[[code, seats] for code, (_, seats) in enumerate(roll.strata, 1)], specialties={},
        starts=act.now, ends=act.now + STAYS, reason=reason,
    )  # fmt: skip
    root = registry_root(listed(roll.entries))
    act.session.add(
        DrawList(
            id=new_id(act.now), project=project.id, draw=made.name,
            entries=[each.value() for each in roll.entries],
            strata=[list(each) for each in roll.strata], root=root,
        )
    )  # fmt: skip
    stated = {"choice": CHOICE} if found.choice else {}
    act.note(
        strata=[list(each) for each in roll.strata],
        lines=len(roll.entries),
        root=root.hex(),
        **stated,
    )
    return made.id


def list_of(session: Session, request: DrawRequest) -> DrawList | None:
    """Return the list of a request, or None where the pool of experts is drawn from."""
    return list_named(session, request.project, request.name)


def _check_list(purpose: Purpose, roll: Roll) -> None:
    """Names once each, weights in bounds, lines enough for the seats of each stratum."""
    strata, entries = roll.strata, roll.entries
    require(0 < len(strata) <= MOST_STRATA, "strata", f"1 to {MOST_STRATA} strata / 层数有误")
    named = {name for name, _ in strata}
    require(len(named) == len(strata) and "" not in named, "strata", "a name twice / 名称重复")
    lines = [each.name for each in entries]
    require(len(set(lines)) == len(lines), "entries", "a line twice / 名单重复")
    require("" not in lines, "entries", "a line without a name / 名称为空")
    _check_length(purpose, roll)
    for each in entries:
        _check_entry(each, len(strata))
    there = Counter(code for each in entries for code in each.strata)
    for code, (_, seats) in enumerate(strata, 1):
        require(0 < seats <= purpose.most, "strata", f"1 to {purpose.most} seats / 名额有误")
        enough = there[code] >= max(seats, purpose.least)
        require(enough, "entries", f"too few lines, at least {purpose.least} / 名单不足")
    _check_examined(roll, there)


def _check_length(purpose: Purpose, roll: Roll) -> None:
    """Not more lines than a draw can hold, nor than a bundle can show where it shows them all."""
    count = len(roll.entries)
    require(count <= MOST_LINES, "entries", f"at most {MOST_LINES} lines / 不超过{MOST_LINES}行")
    shown = purpose.kind is Kind.AGENCY or any(each.weight > 1 for each in roll.entries)
    require(
        count <= MOST_SHOWN or not shown, "entries",
        f"at most {MOST_SHOWN} lines, public or weighted / 公开或加权的名单不超过{MOST_SHOWN}行",
    )  # fmt: skip


def _check_examined(roll: Roll, there: Mapping[int, int]) -> None:
    """Not more lots than can be kept, and none that are looked for through too long a list.

    Tickets are looked at in order through the whole list until a stratum is full: for k of its m
    lines, among n, that is k(n+1)/(m+1) on average.
    """
    lots, lines = sum(seats for _, seats in roll.strata), len(roll.entries) + 1
    require(
        lots <= MOST_LOTS, "strata", f"at most {MOST_LOTS} in all / 合计不超过{MOST_LOTS}个名额"
    )
    examined = sum(
        seats * lines // (there[code] + 1) for code, (_, seats) in enumerate(roll.strata, 1)
    )
    require(
        examined <= MOST_EXAMINED, "strata",
        f"some {examined} lines to examine, at most {MOST_EXAMINED}: draw a small stratum by itself"
        f" / 约需查验{examined}行，上限{MOST_EXAMINED}：人数少的层次请单独抽取",
    )  # fmt: skip


def _check_entry(each: Entry, strata: int) -> None:
    inside = bool(each.strata) and all(1 <= code <= strata for code in each.strata)
    once = tuple(sorted(set(each.strata))) == each.strata
    require(inside and once, "entries", "of no stratum / 层次有误")
    require(1 <= each.weight <= MAX_WEIGHT, "entries", f"weight 1 to {MAX_WEIGHT} / 权重有误")
    short = max(len(each.name), len(each.unit)) <= LONGEST
    require(short, "entries", f"at most {LONGEST} characters / 不超过{LONGEST}字")
