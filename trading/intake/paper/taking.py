"""A paper dropped by staff: read, confirmed by a person field by field, put aside.

Reading proposes and changes nothing else; what is registered or announced is another act's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.identity import new_id
from monitor.refusal import Invalid, WrongStage
from trading.intake.paper.price import PriceTable, checked
from trading.intake.paper.taken import (
    PRICES,
    STAFF,
    TakenPaper,
    changed,
    open_paper,
    own_paper,
    proposed,
)
from trading.intake.paper.value import NAMES, check, told

COMPARE = "paper.compare"


@dataclass(frozen=True, slots=True)
class Taken:
    """A file as it was read: its SHA-256, bytes, pages, and what it proposes (see shown.py).

    `trouble` names why it was not read, `words` says so to a person (中文 / English).
    """

    digest: bytes
    size: int
    pages: int = 0
    title: str = ""
    proposed: Mapping[str, Any] = field(default_factory=dict)
    trouble: str = ""
    words: str = ""


@action("paper.read", by=STAFF, visibility=Visibility.SECRET, standing=False)
def read(act: Act, *, taken: Taken) -> dict[str, Any]:
    """Put on record that a file was read, and keep what it proposes; return that, with an id.

    Raises Invalid for a file that was not read: which one, and why, stands in the record.
    """
    act.attempt(
        sha256=taken.digest.hex(), size=taken.size, pages=taken.pages, finding=taken.trouble
    )
    act.require(not taken.trouble, Invalid("file", taken.words, rule=f"pdf.{taken.trouble}"))
    paper = TakenPaper(
        id=new_id(act.now), org=act.actor.org, digest=taken.digest, size=taken.size,
        pages=taken.pages, title=taken.title, proposed=dict(taken.proposed), read_at=act.now,
    )  # fmt: skip
    act.session.add(paper)
    act.note(subject=str(paper.id))
    return {"paper": str(paper.id), "title": taken.title, **taken.proposed}


@action("paper.confirm", by=STAFF, visibility=Visibility.SECRET, standing=False)
def confirm(
    act: Act,
    *,
    paper: UUID,
    values: Mapping[str, Any],
    compared: tuple[str, ...],
    prices: PriceTable | None = None,
) -> UUID:
    """Write down what a person confirms of a paper, and what they changed; return its id.

    Raises NotFound for another's paper, WrongStage for one put aside, Invalid for a value that
    cannot be or was not compared.
    """
    row = open_paper(act.session, paper, act.actor)
    check(values)
    kept: dict[str, Any] = {name: told(value) for name, value in values.items() if told(value)}
    if prices is not None and prices.rows:
        kept[PRICES] = checked(prices).told
    for name in kept:
        message = "请与原件对照后勾选 / compare it with the paper, then tick"
        act.require(name in compared, Invalid(name, message, rule=COMPARE))
    row.confirmed, row.confirmed_at = kept, act.now
    was_read = [name for name in NAMES if proposed(row, name)]
    act.note(
        subject=str(row.id),
        sha256=row.digest.hex(),
        confirmed=sorted(kept),
        changed=sorted(changed(row)),
        left_out=sorted({*was_read, *([PRICES] if row.read_table else [])} - set(kept)),
    )
    return row.id


@action("paper.put_aside", by=STAFF, visibility=Visibility.SECRET, standing=False)
def put_aside(act: Act, *, paper: UUID) -> UUID:
    """Put a paper aside: nothing is begun with it until somebody takes it up; return its id.

    Raises NotFound for another's paper, WrongStage for one that is aside already.
    """
    row = open_paper(act.session, paper, act.actor)
    row.aside_at = act.now
    act.note(subject=str(row.id), sha256=row.digest.hex())
    return row.id


@action("paper.take_up", by=STAFF, visibility=Visibility.SECRET, standing=False)
def take_up(act: Act, *, paper: UUID) -> UUID:
    """Take up again what was put aside; return its id. Raises NotFound, WrongStage."""
    row = own_paper(act.session, paper, act.actor)
    message = "该文件没有搁置 / the paper is not put aside"
    act.require(row.aside_at is not None, WrongStage(message, field="paper"))
    row.aside_at = None
    act.note(subject=str(row.id), sha256=row.digest.hex())
    return row.id
