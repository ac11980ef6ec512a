"""What each step of a draw refuses: second headers, foreign shares, lone dice, forgotten re-checks."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from experts.ceremony.closing import cancel, finish
from experts.ceremony.dice import throw_dice
from experts.ceremony.header import Draw, open_header
from experts.ceremony.replacement import recheck, replace_members
from experts.ceremony.round import contact, draw_round
from experts.ceremony.share import close_reveals, commit, open_commits, recover, reveal
from experts.draw import seed
from experts.draw.encoding import sign
from experts.pool.expert import Expert, suspend
from experts.pool.register import snapshot
from monitor.refusal import Conflict, Invalid, NotAllowed, TooEarly, TooLate, WrongStage
from monitor.role import Actor
from monitor.runtime.database import Addresses
from tests.experts.desk import EVIDENCE, T_KEY, T_SHARE
from tests.experts.drawing import everything_at_rest, seats_in
from tests.experts.hall import Hall


def test_a_second_header_cannot_be_opened_beside_the_first(hall: Hall) -> None:
    hall.open_header()
    signed, leaves = hall.service.custody.papers(hall.name).get("header.json"), b""
    with pytest.raises((Conflict, Invalid)):
        _open(hall, signed, leaves)
    other = a_second_service(hall)
    with pytest.raises(Conflict):
        _open(hall, *other.file())


def a_second_service(hall: Hall) -> Hall:
    """A centre and an agent that forgot the first attempt: what draw shopping needs."""
    fresh = replace(hall, folder=hall.folder / "again")
    assert fresh.service is not hall.service
    return fresh


def _open(hall: Hall, signed: object, leaves: bytes) -> None:
    hall.platform.perform(
        open_header,
        hall.centre,
        hall.project,
        section=hall.section,
        signed=signed,  # type: ignore[arg-type]
        leaves=leaves,
    )


def test_a_cancelled_draw_needs_an_order_and_the_next_attempt_names_it(hall: Hall) -> None:
    hall.start().round()
    hall.call()
    with pytest.raises(NotAllowed):
        hall.platform.perform(
            cancel, hall.centre, hall.project, draw=hall.id, order=EVIDENCE, reason="x"
        )
    hall.platform.perform(
        cancel, hall.inspector, hall.project, draw=hall.id, order=EVIDENCE, reason="泄密"
    )
    assert seats_in(hall) == []
    hall.finish(order=EVIDENCE)
    with pytest.raises(Conflict, match="without a gap"):
        _open(hall, *a_second_service(hall).file())
    hall.open_header(reason="泄密")
    with hall.platform.read() as session:
        again = session.get(Draw, hall.id)
        assert again is not None
        assert (again.seq, again.header["supersedes"]["reason"]) == (1, "泄密")


@pytest.mark.parametrize("fault", ["leaf", "signature", "section", "registry"])
def test_a_header_that_does_not_hold_is_refused(hall: Hall, fault: str) -> None:
    signed, leaves = hall.file()
    if fault == "leaf":
        leaves = leaves[:-1] + bytes([leaves[-1] ^ 1])
    if fault == "signature":
        signed["signatures"]["I"] = signed["signatures"]["C"]
    if fault == "section":
        hall.section = hall.project
    if fault == "registry":
        uid = next(iter(hall.people))
        hall.platform.perform(suspend, hall.centre, None, uid=uid, until=None, ground="处罚")
        hall.wait(1)
        hall.platform.perform(snapshot, hall.centre, None)
    with pytest.raises(Invalid):
        _open(hall, signed, leaves)


def test_a_share_is_committed_by_its_own_role_in_time_and_once(hall: Hall) -> None:
    hall.open_header()
    mine, theirs = hall.commitments()
    send: dict[str, Any] = {"draw": hall.id}
    with pytest.raises(Invalid):
        hall.platform.perform(commit, hall.inspector, hall.project, **send, told=theirs)
    hall.platform.perform(commit, hall.inspector, hall.project, **send, told=mine)
    with pytest.raises(Conflict):
        hall.platform.perform(commit, hall.inspector, hall.project, **send, told=mine)
    with pytest.raises(WrongStage):
        hall.platform.perform(open_commits, hall.centre, hall.project, **send)
    hall.wait(61)
    with pytest.raises(TooLate):
        hall.platform.perform(commit, hall.tenderee, hall.project, **send, told=theirs)


def test_nobody_reveals_before_open_nor_another_share_than_committed(hall: Hall) -> None:
    hall.open_header()
    hall.commit()
    send: dict[str, Any] = {"draw": hall.id}
    with pytest.raises(WrongStage):
        hall.platform.perform(reveal, hall.tenderee, hall.project, **send, share=T_SHARE.hex())
    hall.open()
    with pytest.raises(Invalid):
        hall.platform.perform(reveal, hall.tenderee, hall.project, **send, share="00" * 32)
    hall.platform.perform(reveal, hall.tenderee, hall.project, **send, share=T_SHARE.hex())


def test_a_withheld_share_comes_from_escrow_only_after_its_time_and_unchanged(hall: Hall) -> None:
    hall.open_header()
    hall.commit()
    hall.open()
    send: dict[str, Any] = {"draw": hall.id, "role": "T"}
    with pytest.raises(TooEarly):
        hall.platform.perform(recover, hall.centre, hall.project, **send, share=T_SHARE.hex())
    hall.wait(121)
    with pytest.raises(TooLate):
        hall.platform.perform(
            reveal, hall.tenderee, hall.project, draw=hall.id, share=T_SHARE.hex()
        )
    with pytest.raises(Invalid):
        hall.platform.perform(recover, hall.centre, hall.project, **send, share="11" * 32)
    hall.platform.perform(recover, hall.centre, hall.project, **send, share=T_SHARE.hex())


def test_reveals_are_not_closed_once_the_dice_may_have_fallen(hall: Hall) -> None:
    hall.open_header()
    hall.commit()
    hall.open()
    hall.reveal()
    told = hall.service.close_reveals(hall.name, hall.platform.clock.now())
    document = hall.service.confirm_reveals(
        hall.name, told, hall.agent.confirm_reveals(hall.name, told)
    )
    assert isinstance(document, dict)
    forged = {**document, "signatures": {"C": document["signatures"]["C"]} | {"I": "00" * 64}}
    with pytest.raises(Invalid):
        hall.platform.perform(
            close_reveals, hall.centre, hall.project, draw=hall.id, document=forged
        )
    hall.wait(181)
    with pytest.raises(TooLate):
        hall.platform.perform(
            close_reveals, hall.centre, hall.project, draw=hall.id, document=document
        )


def _typed(hall: Hall, actor: Actor, digits: str) -> bool:
    told = hall.ceremony(digits)
    told["at"] = hall.service.custody.papers(hall.name).header().number("t_beacon")
    statement = seed.dice_statement(told)
    key = T_KEY if actor is hall.tenderee else _inspectors_key(hall)
    return hall.platform.perform(
        throw_dice, actor, hall.project, draw=hall.id, ceremony=told, signature=sign(key, statement)
    )


def _inspectors_key(hall: Hall) -> bytes:
    return (hall.folder / "agent" / "sign.key").read_bytes()


def test_dice_count_only_when_two_roles_typed_the_same_and_the_first_stay_unseen(
    hall: Hall, database: Addresses
) -> None:
    hall.open_header()
    hall.commit()
    hall.open()
    hall.reveal()
    hall.close_reveals()
    with pytest.raises(TooEarly):
        _typed(hall, hall.inspector, "7" * 24)
    hall.wait(181)
    assert not _typed(hall, hall.inspector, "712345678901234567890123")
    assert all("712345678901234567890123" not in t for t in everything_at_rest(database).values())
    with pytest.raises(Conflict):
        _typed(hall, hall.tenderee, "712345678901234567890124")
    assert not _typed(hall, hall.inspector, "712345678901234567890124")
    assert _typed(hall, hall.tenderee, "712345678901234567890124")


def test_one_role_cannot_sign_the_dice_for_the_other(hall: Hall) -> None:
    hall.open_header()
    hall.commit()
    hall.open()
    hall.reveal()
    hall.close_reveals()
    hall.wait(181)
    told = hall.ceremony()
    forged = sign(T_KEY, seed.dice_statement(told))
    with pytest.raises(Invalid):
        hall.platform.perform(
            throw_dice, hall.inspector, hall.project, draw=hall.id, ceremony=told, signature=forged
        )


def test_a_round_is_drawn_only_when_asked_for_and_fills_exactly_the_open_seats(hall: Hall) -> None:
    told, places = hall.start().drawn()
    send: dict[str, Any] = {"draw": hall.id, "told": told}
    for wrong in (
        places[:-1],
        [*places, places[0]],
        [replace(places[0], leaf="00" * 32), *places[1:]],
        [replace(places[0], stratum=places[-1].stratum), *places[1:]],
        [replace(places[0], sealed_identity=places[1].sealed_identity), *places[1:]],
    ):
        with pytest.raises(Invalid):
            hall.platform.perform(draw_round, hall.centre, hall.project, **send, places=wrong)
    with hall.platform.read() as session:
        copied = session.scalars(select(Expert.sealed_person).limit(1)).one()
    copies = [replace(places[0], sealed_identity=copied), *places[1:]]
    with pytest.raises(Invalid, match="sealed anew"):
        hall.platform.perform(draw_round, hall.centre, hall.project, **send, places=copies)
    hall.platform.perform(draw_round, hall.centre, hall.project, **send, places=places)
    with pytest.raises(WrongStage, match="not asked for"):
        hall.platform.perform(draw_round, hall.centre, hall.project, **send, places=places)


def test_no_answer_needs_its_attempts_and_an_outcome_is_final(hall: Hall) -> None:
    hall.start()
    mask = hall.round()[0]
    send: dict[str, Any] = {"draw": hall.id, "mask": mask, "evidence": EVIDENCE}
    now = hall.now()
    for hasty in ([now], [now, now + 10, now + 20]):
        with pytest.raises(Invalid):
            hall.platform.perform(
                contact, hall.centre, hall.project, **send, outcome="NO_ANSWER", attempts=hasty
            )
    hall.platform.perform(
        contact, hall.centre, hall.project, **send, outcome="DECLINED", attempts=[now]
    )
    with pytest.raises(Conflict):
        hall.platform.perform(
            contact, hall.centre, hall.project, **send, outcome="CONFIRMED", attempts=[now]
        )


def test_a_recheck_waits_for_close_and_cannot_be_left_out_of_the_change(hall: Hall) -> None:
    hall.start().round()
    hall.call()
    bidder = hall.employer_of(next(iter(hall.sitting().values())))
    told = {"at": hall.now(), "barred": [], "facts": "00" * 32}
    with pytest.raises(WrongStage):
        hall.platform.perform(recheck, hall.centre, hall.project, draw=hall.id, told=told)
    hall.close()
    with pytest.raises(WrongStage):
        _finish_without_recheck(hall)
    assert hall.recheck(bidder) >= 1
    with pytest.raises(Invalid, match="not those on record"):
        _replace_without_recheck(hall)


def _finish_without_recheck(hall: Hall) -> None:
    hall.platform.perform(finish, hall.centre, hall.project, draw=hall.id, final={}, signatures={})


def _replace_without_recheck(hall: Hall) -> None:
    hall.platform.perform(
        replace_members,
        hall.inspector,
        hall.project,
        draw=hall.id,
        change={"rechecks": [], "vacated": []},
        signature="00" * 64,
    )
