"""What a deputy says of a piece that does not serve: proven false, or only said not to open.

Either sets the piece aside, so that another holder's is waited for. The key has one value: whatever
a deputy says here, it chooses nothing by it.
"""

from __future__ import annotations

from uuid import UUID

from experts.ceremony.header import Draw, Kind, checked, found_draw, put, steps
from experts.draw.encoding import unhex
from experts.escrow.key import PIECE_BYTES, Handed, check_handed
from experts.escrow.loss import asked_deal, deputy_of, request_of
from monitor.record.act import Act
from monitor.record.action import action
from monitor.refusal import Invalid, WrongStage
from monitor.role import Role

_RULE = "batong-draw/1 §2.2"


@action("draw.prove_false_piece", by=(Role.DEPARTMENT,))
def prove_false_piece(act: Act, *, draw: UUID, x: int, piece: str, signature: str) -> None:
    """Put on record, for anybody to check, that holder x signed a piece which does not fit.

    piece, signature: hex, as the holder sealed them. Raises NotAllowed for whoever is not the
    deputy, WrongStage where x handed nothing on, Invalid for a piece that fits, or that x did not
    sign for this draw and deal, Conflict for one set aside before.
    """
    act.attempt(subject=str(draw), x=x)
    found = _handed_on(act, draw, x)
    row, deal = asked_deal(act.session, found)
    with checked():
        told = Handed(x, unhex(piece, PIECE_BYTES, "piece"), signature)
        check_handed(found.hh, deal, told)
    act.require(
        not deal.fits(x, told.piece),
        Invalid("piece", "该分片与密钥相符 / this piece fits", rule=_RULE),
    )
    proof = {"piece": piece, "sig": signature}
    put(act, found, Kind.FALSE_PIECE, {"proven": True, **proof}, k=x, role=deal.role)
    act.note(x=x, deal=str(row.id), **proof)


@action("draw.report_shut_piece", by=(Role.DEPARTMENT,))
def report_shut_piece(act: Act, *, draw: UUID, x: int) -> None:
    """Say that what holder x handed on does not open as a piece of this draw: nothing proves it.

    Raises NotAllowed for whoever is not the deputy, WrongStage where x handed nothing on, Conflict
    for a piece set aside before.
    """
    act.attempt(subject=str(draw), x=x)
    found = _handed_on(act, draw, x)
    _, deal = asked_deal(act.session, found)
    put(act, found, Kind.FALSE_PIECE, {"proven": False}, k=x, role=deal.role)
    act.note(x=x)


def _handed_on(act: Act, draw: UUID, x: int) -> Draw:
    """Return the draw in which x handed a piece on to the acting deputy."""
    found = found_draw(act, draw)
    _, agent = request_of(act, found)
    deputy_of(act, agent)
    given = {row.k for row in steps(act.session, found, Kind.KEY_PIECE)}
    act.require(x in given, WrongStage("该分片尚未交付 / not handed on", field="x", rule=_RULE))
    return found
