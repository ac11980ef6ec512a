"""Rounds of a draw: asked for by the inspector, drawn, contacted, closed, as often as needed.

The seed, the proofs and the verdict log stay with the draw service until the bundle: the public
sees a hash of each, and how many were passed over by which rule.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from experts.ceremony.header import (
    Draw,
    Kind,
    checked,
    found_draw,
    needed,
    put,
    signing,
    steps,
)
from experts.ceremony.seat import Seat, State, found_seat, progress_of, seats_of
from experts.draw import transcript
from experts.draw.encoding import mapping, require, unhex, whole
from experts.draw.header import INSPECTOR, Header
from experts.draw.pool import mask_of
from experts.draw.transcript import NO_CHANGE, Outcome
from experts.draw.verification import check_both
from experts.pool.expert import Expert
from monitor.log import tree
from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.identity import secret_id
from monitor.refusal import Conflict, Invalid, WrongStage
from monitor.role import Role


@dataclass(frozen=True, slots=True)
class Place:
    """A seat as drawn: stratum, leaf (hex) and the person, an age file to the key holders.

    name: of a lot that is public at once, else None.
    """

    stratum: int
    leaf: str
    sealed_identity: bytes
    name: str | None = None


@action("draw.ask", by=(Role.DEPARTMENT,))
def ask(act: Act, *, draw: UUID, signature: str) -> None:
    """Ask for round 0 with the inspector's signature, once the dice have fallen; raises Invalid."""
    found = found_draw(act, draw)
    needed(act.session, found, Kind.DICE)
    keep_ask(act, found, 0, NO_CHANGE, signature)


@action("draw.round", by=(Role.CENTRE,))
def draw_round(
    act: Act, *, draw: UUID, told: Mapping[str, Any], places: Sequence[Place]
) -> list[str]:
    """Publish the hash of a round's seed and its counts, and fill seats; return their masks.

    told: {k, outcome, counts, log, seedc} as the draw service publishes it. Raises Invalid,
    WrongStage for a round that was not asked for, Conflict for one drawn already.
    """
    found = found_draw(act, draw)
    header = found.read()
    k = len(steps(act.session, found, Kind.ROUND))
    asked = steps(act.session, found, Kind.ASK)
    act.require(len(asked) > k, WrongStage("本轮尚未请求 / this round was not asked for"))
    with checked():
        _check_told(header, told, k)
        seats = progress_of(act.session, found, header).seats
        _check_places(found, told, places, dict(seats))
        named = header.hidden or all(place.name for place in places)
        require(named and not (header.hidden and any(p.name for p in places)), "places", "names")
    _require_sealed_anew(act, places)
    put(act, found, Kind.ROUND, told, k=k)
    act.on_conflict(
        "seat_section_mask_key", lambda _: Conflict("该席位已抽取 / this leaf was drawn before")
    )
    before = len(seats_of(act.session, found))
    rows = [_seat(found, place, k, before + n) for n, place in enumerate(places)]
    for row in rows if not header.calls else ():
        row.state = State.CONFIRMED.value
    act.session.add_all(rows)
    act.note(round=dict(told), seats=len(rows))
    if not header.hidden:
        act.note(drawn=[[one.stratum, str(one.name)] for one in places])
    return [row.mask for row in rows]


@action("draw.contact", by=(Role.CENTRE,), visibility=Visibility.SECRET)
def contact(
    act: Act, *, draw: UUID, mask: str, outcome: str, evidence: str, attempts: Sequence[int]
) -> None:
    """Write down how the contact with a pseudonym ended; evidence: hash in hex, attempts: seconds.

    NO_ANSWER needs the attempts and gaps that the header names. Final: raises Conflict the
    second time, Invalid.
    """
    found = found_draw(act, draw)
    seat = found_seat(act, found.section, mask)
    act.require(
        seat.draw == found.id and seat.state == State.DRAWN.value,
        Conflict("该席位联络已有结果 / this contact has ended", field="mask"),
    )
    row = [seat.proof.hex(), outcome, evidence, list(attempts)]
    with checked():
        ended = transcript.read_contact(row, seat.proof, found.read(), "contact")
    seat.state = State(ended.value.lower()).value
    seat.contact = {"outcome": outcome, "evidence": evidence, "attempts": list(attempts)}
    act.note(subject=str(found.id), mask=mask, outcome=outcome, evidence=evidence)


@action("draw.close_round", by=(Role.CENTRE,))
def close_round(
    act: Act, *, draw: UUID, closing: str, signatures: Mapping[str, str]
) -> dict[str, int]:
    """Close the open round when every contact has ended; return the public counts by outcome.

    closing: hash of the round's whole value, signed by both. Raises WrongStage, Invalid.
    """
    found = found_draw(act, draw)
    k = len(steps(act.session, found, Kind.CLOSING))
    rounds = steps(act.session, found, Kind.ROUND)
    act.require(len(rounds) > k, WrongStage("没有未关闭的轮次 / no round is open"))
    seats = [seat for seat in seats_of(act.session, found) if seat.round == k]
    calls = found.read().calls
    open_ones = [seat for seat in seats if seat.contact is None and calls]
    act.require(not open_ones, WrongStage("尚有联络未完成 / a contact has not ended"))
    with checked():
        check_both(
            signing(act.session, found), unhex(closing, 32, "closing"), signatures, f"round {k}"
        )
    counts = Counter(seat.contact["outcome"] for seat in seats if seat.contact)
    put(act, found, Kind.CLOSING, {"closing": closing, "signatures": dict(signatures)}, k=k)
    told = dict(sorted(counts.items()))
    act.note(k=k, closing=closing, contacts=told)
    return told


def keep_ask(act: Act, draw: Draw, k: int, change: Mapping[str, Any], signature: str) -> None:
    """Keep the inspector's signed request for round k; raises Invalid, Conflict."""
    header = signing(act.session, draw)
    with checked():
        require(k < header.number("max_rounds"), f"round {k}", "more than the header allows")
        statement = transcript.ask_statement(header.hh, k, last_closing(act, draw), dict(change))
        header.check(INSPECTOR, statement, signature, f"round {k} ask")
    put(act, draw, Kind.ASK, {"change": dict(change), "signature": signature}, k=k)
    act.note(k=k, signature=signature)


def last_closing(act: Act, draw: Draw) -> str:
    """Return what the next round follows: the last closing, or the closed reveals (hex)."""
    done = steps(act.session, draw, Kind.CLOSING)
    rounds = steps(act.session, draw, Kind.ROUND)
    act.require(
        len(done) == len(rounds), WrongStage("本轮尚未关闭 / a round is still open", field="round")
    )
    if done:
        return str(done[-1].document["closing"])
    return str(needed(act.session, draw, Kind.CLOSED)["closed"])


def _check_told(header: Header, told: Mapping[str, Any], k: int) -> None:
    item = f"round {k}"
    public = "" if header.hidden else " pi seed"
    parts = mapping(told, "counts k log outcome seedc" + public, item)
    require(whole(parts["k"], item) == k, item, "is not numbered in order")
    require(parts["outcome"] in (Outcome.FILLED, Outcome.INFEASIBLE), item, "unknown outcome")
    for name in ("log", "seedc"):
        unhex(parts[name], 32, f"{item} {name}")
    counts = parts["counts"]
    require(isinstance(counts, Mapping), f"{item} counts", "must be an object")
    for number in counts.values() if isinstance(counts, Mapping) else ():
        whole(number, f"{item} counts")


def _check_places(
    draw: Draw, told: Mapping[str, Any], places: Sequence[Place], seats: Mapping[int, int]
) -> None:
    """As many places as seats are open, each a leaf of the published pool."""
    filled = told["outcome"] == Outcome.FILLED
    wanted = {code: number for code, number in seats.items() if number and filled}
    require(Counter(p.stratum for p in places) == wanted, "places", "are not the open seats")
    require(told["counts"].get("ACCEPT", 0) == len(places), "places", "are not as many as counted")
    drawn = {unhex(place.leaf, 32, "places") for place in places}
    inside = drawn <= frozenset(tree.split_hashes(draw.leaves))
    require(inside, "places", "a leaf outside the pool / 不在候选名单中")


def _require_sealed_anew(act: Act, places: Sequence[Place]) -> None:
    """A copy of the pool's own sealed person would tell by its bytes who sits."""
    sealed = [place.sealed_identity for place in places]
    copied = act.session.scalar(
        select(func.count()).select_from(Expert).where(Expert.sealed_person.in_(sealed))
    )
    act.require(
        copied == 0 and len(set(sealed)) == len(sealed),
        Invalid("places", "身份须重新加密 / each person must be sealed anew", rule="招标投标法 37"),
    )


def _seat(draw: Draw, place: Place, k: int, at: int) -> Seat:
    leaf = bytes.fromhex(place.leaf)
    return Seat(
        id=secret_id(), project=draw.project, section=draw.section, draw=draw.id,
        mask=mask_of(leaf), round=k, place=at, stratum=place.stratum, state=State.DRAWN.value,
        proof=leaf, sealed_identity=place.sealed_identity, contact=None, binding=None,
        name=place.name,
    )  # fmt: skip
