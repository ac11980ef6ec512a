"""Proof to one person: whether one's facts were in a draw's register, and what kept one out.

Given after the result alone: earlier it would tell which project draws (batong-draw/1 §2.4 a). The
facts are proven against the root that both sides signed in the header, the rules against the
header's hash of them; what follows from both, anybody can compute again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from experts.avoidance import RECHECKED, Case, Rule, RuleSet, excluded_by
from experts.ceremony.header import Draw, DrawStep, Kind
from experts.ceremony.mail.avoided import agents_of, purchaser_of, supervisors_of
from experts.ceremony.mail.purpose import PANEL, PURPOSES
from experts.ceremony.mail.request import requests_of
from experts.draw.encoding import DrawError, mapping, require, rows, text, unhex, whole
from experts.draw.header import Header
from experts.pool.fact import read_expert
from experts.pool.history import Held, held, leaf_of
from monitor.log import tree
from monitor.log.canonical import JSON
from trading.notice.participation import participants
from trading.registration.project import found_project

FORM = "batong-own/1"


@dataclass(frozen=True, slots=True)
class Mine:
    """One published draw as it concerns one person: in the register, and the rule that barred.

    `rule` is None for whoever was eligible, "" where what was asked for is not on record.
    """

    draw: UUID
    project: UUID
    name: str
    registered: bool
    rule: Rule | None
    barred: Rule | None
    """What the bidders' names, known after CLOSE, made true."""
    is_known: bool


def own_draws(session: Session, uid: str) -> list[Mine]:
    """Return every draw whose bundle is published, newest first, as it concerns one person."""
    published = select(DrawStep.draw).where(DrawStep.kind == Kind.BUNDLE.value)
    drawn = session.scalars(
        select(Draw).where(Draw.id.in_(published), Draw.purpose.in_(PANEL)).order_by(Draw.id.desc())
    )
    return [_mine(session, each, uid) for each in drawn]


def running_draws(session: Session) -> int:
    """Return how many draws are not published yet: of these nobody is told anything."""
    published = select(DrawStep.draw).where(DrawStep.kind == Kind.BUNDLE.value)
    query = select(func.count(Draw.id)).where(Draw.purpose.in_(PANEL))
    return session.scalar(query.where(Draw.id.not_in(published))) or 0


def own_proof(session: Session, draw: UUID, uid: str) -> dict[str, JSON] | None:
    """Return the proof for one person; None before the bundle, and where it holds nobody."""
    found = session.get(Draw, draw)
    if found is None or not _is_published(session, found):
        return None
    kept, case = _held(session, found, uid), _case(session, found)
    if kept is None or case is None:
        return None
    told: dict[str, JSON] = {
        "v": FORM,
        "draw": found.header["draw"],
        "hh": found.hh.hex(),
        "facts": kept.facts,
        "index": kept.index,
        "path": [step.hex() for step in kept.path],
        "case": case.value(),
        "rules": RuleSet().value(),
        "bidders": _bidders(session, found),
    }
    first, later = judged(kept, case, told["bidders"])  # type: ignore[arg-type]
    return {**told, "rule": str(first or ""), "barred": str(later or "")}


def check_own(value: object, header: Header) -> str:
    """Check a proof against the signed header; return its rule. Raises DrawError."""
    keys = "barred bidders case draw facts hh index path rule rules v"
    told = mapping(value, keys, "proof")
    require(told["v"] == FORM, "proof.v", f"must be {FORM}")
    require(told["hh"] == header.hh.hex(), "proof.hh", "is of another header / 不是此抬头")
    registry = mapping(header.value["registry"], "n root snapshot", "header.registry")
    hashed = tree.leaf_hash(leaf_of(told["facts"]))  # type: ignore[arg-type]
    path = [unhex(step, 32, "proof.path") for step in rows(told["path"], "proof.path")]
    index, size = whole(told["index"], "proof.index"), whole(registry["n"], "registry.n")
    try:
        tree.verify_inclusion(hashed, index, size, path, unhex(registry["root"], 32, "registry"))
    except (tree.BadTree, tree.BadProof) as fault:
        raise DrawError("proof.path", "is not in the register / 不在登记的专家库中") from fault
    require(told["rules"] == RuleSet().value(), "proof.rules", "are other rules / 规则不符")
    require(
        header.digest("rules") == RuleSet().digest, "header.rules", "are other rules / 规则不符"
    )
    case, expert = _read_case(told["case"]), read_expert(told["facts"])
    rule = str(excluded_by(expert, case, RuleSet()) or "")
    require(rule == told["rule"], "proof.rule", "does not follow / 结论不符")
    return rule


def judged(kept: Held, case: Case, bidders: list[str]) -> tuple[Rule | None, Rule | None]:
    """Return the rule that kept one out of the pool, and the one that bidders' names made true."""
    expert, rules = read_expert(kept.facts), RuleSet()
    first = excluded_by(expert, case, rules)
    narrow = replace(rules, order=tuple(rule for rule in rules.order if rule in RECHECKED))
    later = excluded_by(expert, replace(case, bidders=frozenset(bidders)), narrow)
    return first, None if first else later


def _mine(session: Session, draw: Draw, uid: str) -> Mine:
    kept, case = _held(session, draw, uid), _case(session, draw)
    first = later = None
    if kept and case:
        first, later = judged(kept, case, _bidders(session, draw))
    name = found_project(session, draw.project).name
    return Mine(draw.id, draw.project, name, kept is not None, first, later, case is not None)


def _held(session: Session, draw: Draw, uid: str) -> Held | None:
    try:
        snapshot = UUID(str(draw.header["registry"]["snapshot"]))
    except ValueError:
        return None
    return held(session, snapshot, uid)


def _is_published(session: Session, draw: Draw) -> bool:
    query = select(DrawStep.id).where(DrawStep.draw == draw.id, DrawStep.kind == Kind.BUNDLE.value)
    return session.scalar(query) is not None


def _case(session: Session, draw: Draw) -> Case | None:
    """Return whom the draw avoided and when, as it was asked for; None for one made without."""
    asked = next(
        (each for each in requests_of(session, draw.project) if each.name == draw.header["draw"]),
        None,
    )
    if asked is None:
        return None
    return Case(
        at=draw.read().number("t_commit") - PURPOSES[asked.purpose].times[0],
        start=int(asked.starts.timestamp()),
        end=int(asked.ends.timestamp()),
        purchaser=purchaser_of(session, asked),
        agents=frozenset(agents_of(session, asked)),
        strata={str(name): int(code) for name, code in asked.specialties.items()},
        supervisors=frozenset(supervisors_of(session, asked)),
    )


def _bidders(session: Session, draw: Draw) -> list[str]:
    return sorted({one.uscc for one in participants(session, draw.project)})


def _read_case(value: object) -> Case:
    keys = "agents at bidders end purchaser regions start strata supervisors took_part"
    told: Mapping[str, Any] = mapping(value, keys, "proof.case")

    def names(key: str) -> frozenset[str]:
        return frozenset(text(one, "proof.case") for one in rows(told[key], "proof.case"))

    pairs = [rows(row, "proof.case.strata") for row in rows(told["strata"], "proof.case.strata")]
    require(all(len(pair) == 2 for pair in pairs), "proof.case.strata", "must be pairs")
    return Case(
        at=whole(told["at"], "proof.case.at"),
        start=whole(told["start"], "proof.case.start"),
        end=whole(told["end"], "proof.case.end"),
        purchaser=text(told["purchaser"], "proof.case.purchaser"),
        agents=names("agents"),
        strata={text(pair[0], "proof.case"): whole(pair[1], "proof.case") for pair in pairs},
        regions=names("regions"),
        bidders=names("bidders"),
        supervisors=names("supervisors"),
        took_part=names("took_part"),
    )
