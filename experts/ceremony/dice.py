"""The dice of a draw: 24 digits, typed by two roles, neither of whom sees the other's (four eyes).

The first to type leaves a hash of what was typed, too wide to guess (79.7 bits); only when the
second typed the same are digits and signatures published.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from experts.ceremony.header import (
    ROLES,
    Draw,
    Kind,
    checked,
    found_draw,
    needed,
    put,
    require_after,
    signing,
    steps,
)
from experts.draw import seed
from experts.draw.encoding import VERSION, unhex
from experts.draw.header import BOTH, DICE, DRAND, INSPECTOR, TENDEREE
from experts.draw.verification import check_source
from monitor.record.act import Act
from monitor.record.action import action
from monitor.refusal import Conflict, WrongStage
from monitor.role import Role


@action("draw.throw_dice", by=(Role.DEPARTMENT, Role.TENDEREE))
def throw_dice(act: Act, *, draw: UUID, ceremony: Mapping[str, Any], signature: str) -> bool:
    """Type the witnessed dice with the own signature; True once both roles typed the same.

    ceremony: {at, digits, draws, kind, session, witness}. Until both agree, each may type again.
    Raises Invalid, WrongStage, TooEarly, Conflict when the two differ.
    """
    found = found_draw(act, draw)
    header, role = signing(act.session, found), ROLES[act.actor.role]
    require_after(act, header, "t_beacon")
    act.require(
        DICE in header.sources,
        WrongStage("本次抽取用公共随机源 / this draw is by public randomness", rule=VERSION),
    )
    closed = needed(act.session, found, Kind.CLOSED)["closed"]
    bare = {name: value for name, value in ceremony.items() if name != "signatures"}
    with checked():
        statement = seed.dice_statement(bare)
        header.check(role, statement, signature, f"beacon.signatures.{role}")
    other = _other(act, found, role)
    if other is None:
        _type(act, found, role, {"signature": signature, "statement": statement.hex()})
        return False
    act.require(
        other["statement"] == statement.hex(),
        Conflict("两人录入不一致 / the two typed different dice", field="digits"),
    )
    both = {role: signature, _partner(role): other["signature"]}
    with checked():
        document = {**bare, "signatures": both}
        check_source(header, DICE, document, unhex(closed, 32, "closed"))
    _settle(act, found, DICE, document)
    act.note(beacon=document)
    return True


@action("draw.bring_beacon", by=(Role.CENTRE, Role.DEPARTMENT, Role.TENDEREE))
def bring_beacon(act: Act, *, draw: UUID, signature: str) -> str:
    """Bring the public round that the header names, by whatever way it came; return its randomness.

    signature: hex, checked offline against the pinned key: whoever brings it has no choice. Raises
    Invalid for any other, WrongStage for a draw by dice, TooEarly.
    """
    found = found_draw(act, draw)
    header = found.read()
    act.require(
        DRAND in header.sources,
        WrongStage("本次抽取用骰子 / this draw is by dice", field="signature", rule=VERSION),
    )
    require_after(act, header, "t_beacon")
    closed = needed(act.session, found, Kind.CLOSED)["closed"]
    document = {**header.beacon, "kind": DRAND, "signature": signature}
    with checked():
        drawn = check_source(header, DRAND, document, unhex(closed, 32, "closed"))
    _settle(act, found, DRAND, document)
    act.note(beacon=document, randomness=drawn.hex())
    return drawn.hex()


def _settle(act: Act, draw: Draw, source: str, document: Mapping[str, Any]) -> None:
    """Keep the beacon; where the header wants two sources, the one that comes last completes it."""
    sources = draw.read().sources
    if sources == (source,):
        put(act, draw, Kind.DICE, document)
        return
    there = {row.role: row.document for row in steps(act.session, draw, Kind.SOURCE)}
    put(act, draw, Kind.SOURCE, document, role=source)
    told = {**there, source: dict(document)}
    if set(told) == set(sources):
        put(act, draw, Kind.DICE, {**told, "kind": BOTH})


def _type(act: Act, draw: Draw, role: str, typed: Mapping[str, Any]) -> None:
    """Keep, or replace while nobody agreed, the hash of what this role typed."""
    mine = [row for row in steps(act.session, draw, Kind.TYPED) if row.role == role]
    if mine:
        mine[0].document = dict(typed)
        act.note(subject=str(draw.id))
    else:
        put(act, draw, Kind.TYPED, typed, role=role)
    act.note(role=role, statement=typed["statement"])


def _other(act: Act, draw: Draw, role: str) -> Mapping[str, Any] | None:
    typed = {row.role: row.document for row in steps(act.session, draw, Kind.TYPED)}
    return typed.get(_partner(role))


def _partner(role: str) -> str:
    return TENDEREE if role == INSPECTOR else INSPECTOR
