"""A trustee's machine before a platform that would have its key, or its piece of another's."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bidding.envelope.document import digest
from bidding.envelope.roster import Authority
from bidding.envelope.trustee.holder import readiness_challenge
from bidding.envelope.trustee.keydeal import (
    deal_key,
    open_handed,
    read_deal,
    read_handed,
)
from bidding.envelope.trustee.successor import read_acceptance
from tests.webui.program.case import NUMBER, Case, a_case
from tests.webui.program.chain import POLICY, PROJECT, STRANGER
from tests.webui.program.test_seat import a_seat, running
from webui.program.trustee.bundle import Unproven, Unwitnessed
from webui.program.trustee.command import trustee
from webui.program.trustee.memory import Memory

OTHER = "019e2926-a8e0-7024-8ef8-2d3385767bc8"


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return a_case(tmp_path)


def bent(case: Case, place: int, **facts: Any) -> None:
    action, told, who = case.acts[place]
    case.acts[place] = (action, {**told, **facts}, who)


def by_one_body(case: Case) -> None:
    case.acts[3] = (*case.acts[3][:2], 2)


def by_insiders(case: Case) -> None:
    case.acts[3] = (*case.acts[3][:2], 0)


def by_an_insiders_trustee(case: Case) -> None:
    """A trustee by appointment, of the tenderee's own body."""
    case.acts[3] = (*case.acts[3][:2], 6)


def too_soon(case: Case) -> None:
    case.pace = timedelta(minutes=9)


def as_if_handed_over(case: Case) -> None:
    """The agency asks, as if the trustee itself did, and no call is waited for."""
    too_soon(case)
    bent(case, 2, cause="withdraws")


def unconfirmed(case: Case) -> None:
    case.acts.pop()


def ended(case: Case) -> None:
    case.acts.append(("succession.answer", {"succession": NUMBER}, 1))


def of_another_word(case: Case) -> None:
    bent(case, 3, acceptance="00" * 32)


def of_another_seat(case: Case) -> None:
    bent(case, 2, seat=3)


def of_the_centre(case: Case) -> None:
    """With the centre and the agency it would be three of the coalition's."""
    case.roster = replace(
        case.roster,
        seats=(*case.roster.seats[:3], replace(case.roster.seats[3], kind=Authority.AGENCY),
               case.roster.seats[4]),
    )  # fmt: skip
    case.deal = deal_key(case.machines[1], case.roster, PROJECT)
    case.__post_init__()
    bent(case, 2, kind="centre")


def confirmed_for_another_seat(case: Case) -> None:
    """The same body, in seat 5 too: it took neither yet, and its pieces are on the way."""
    facts = case.acts[2][1] | {
        "succession": OTHER, "seat": 5, "lost": case.machines[4].device.recipient,
        "acceptance": "11" * 32,
    }  # fmt: skip
    case.acts[2:2] = [("succession.ask", facts, 2), ("succession.confirm", facts, 3)]


def confirmed_and_answered(case: Case) -> None:
    confirmed_for_another_seat(case)
    case.acts.append(("succession.answer", {"succession": OTHER}, 5))


def asked_twice_by_one_word(case: Case) -> None:
    case.acts.insert(2, ("succession.ask", case.acts[2][1] | {"succession": OTHER}, 3))


def confirmed_of_none(case: Case) -> None:
    case.acts.insert(2, ("succession.confirm", {"succession": OTHER}, 3))


def undealt(case: Case) -> None:
    bent(case, 1, digest="00" * 32)


def another_roster(case: Case) -> None:
    bent(case, 0, trustees="00" * 32)


@pytest.mark.parametrize(
    "lie",
    [by_one_body, by_insiders, by_an_insiders_trustee, too_soon, as_if_handed_over, unconfirmed, ended, of_another_word, of_another_seat, of_the_centre, undealt,
     another_roster, confirmed_for_another_seat, confirmed_and_answered, confirmed_of_none,
     asked_twice_by_one_word],
)  # fmt: skip
def test_nothing_is_handed_on_the_platforms_word(case: Case, lie: Callable[[Case], None]) -> None:
    case.following().check(POLICY)
    lie(case)
    with pytest.raises(Unproven):
        case.following().check(POLICY)
    Memory(case.folder).agree(digest(case.word))
    with running(case) as url:  # type: ignore[arg-type]
        a_seat(url, case.folder).look()
    assert "succession.hand" not in [name for name, _ in case.came]


def test_a_trustee_that_hands_over_by_itself_is_not_waited_for(case: Case) -> None:
    too_soon(case)
    bent(case, 2, cause="withdraws")
    case.acts[2] = (*case.acts[2][:2], 1)
    case.following().check(POLICY)


def test_a_standby_machine_answers_the_last_call(case: Case) -> None:
    """The key that is said to be lost is another's: this one opens what is sealed to the seat."""
    mine, other = (base64.b64encode(readiness_challenge(seat)[0]).decode()
                   for seat in case.roster.seats[:2])  # fmt: skip
    call = {"id": NUMBER, "project": PROJECT, "step": "call", "lost": "age1another",
            "challenge": mine}  # fmt: skip
    case.asks = {"keys": [], "successions": [call]}
    with running(case) as url:  # type: ignore[arg-type]
        a_seat(url, case.folder).look()
        assert [name for name, _ in case.came] == ["succession.answer"]
        call["challenge"] = other
        case.came.clear()
        a_seat(url, case.folder).look()
    assert case.came == [], "a call to another seat is not answered"


def test_a_chain_that_no_pinned_witness_saw_is_none(case: Case) -> None:
    for witness in (None, STRANGER):
        case.witness = witness
        with pytest.raises(Unwitnessed):
            case.following().check(POLICY)
    case.witness, case.tells = POLICY, {"proof": None}
    with pytest.raises(Unwitnessed):
        case.following()
    case.tells = {"chain": case.json()["chain"][1:]}
    with pytest.raises(Unproven):
        case.following().check(POLICY)
    for name, value in (("deal", ""), ("acceptance", "e30="), ("trustees", "{}"), ("pieces", 7)):
        case.tells = {name: value}
        with pytest.raises(Unproven):
            case.following()


def test_without_its_own_persons_word_the_machine_gives_neither_key_nor_piece(case: Case) -> None:
    """Else whoever runs the platform names trustees and successors of its own making."""
    memory = Memory(case.folder)
    with running(case) as url:  # type: ignore[arg-type]
        seat = a_seat(url, case.folder)
        seat.look()
        assert (case.came, seat.doing) == ([], "agree")
        memory.agree(case.roster.digest)
        a_seat(url, case.folder).look()
        assert [name for name, _ in case.came] == ["key.deal"]
        memory.agree(digest(case.word))
        a_seat(url, case.folder).look()
    told = dict(case.came)
    own = read_deal(base64.b64decode(told["key.deal"]["document"]), case.roster, PROJECT)
    assert own.seat.index == 1
    deal, word = read_deal(case.deal, case.roster, PROJECT), read_acceptance(case.word)
    document = base64.b64decode(told["succession.hand"]["document"])
    piece = read_handed(document, case.roster, (), deal, word)
    assert open_handed(piece, deal, case.successor.identity)


def test_a_key_is_dealt_once_and_among_one_set(case: Case) -> None:
    memory = Memory(case.folder)
    memory.agree(case.roster.digest)
    with running(case) as url:  # type: ignore[arg-type]
        for _ in range(2):
            a_seat(url, case.folder).look()
        sent = [told["document"] for name, told in case.came if name == "key.deal"]
        assert len(sent) == 2
        assert sent[0] == sent[1], "what was dealt is sent again, never dealt anew"
        case.came.clear()
        case.roster = replace(case.roster, threshold=4)
        memory.agree(case.roster.digest)
        seat = a_seat(url, case.folder)
        seat.look()
    assert "key.deal" not in [name for name, _ in case.came]


def test_a_person_agrees_to_what_the_machine_shows(case: Case, tmp_path: Path) -> None:
    run = CliRunner()
    for name, data in (("set", case.roster.to_bytes()), ("word", case.word)):
        path = tmp_path / f"{name}.json"
        path.write_bytes(data)
        words = ["agree", str(path), "--keys", str(case.folder)]
        said = run.invoke(trustee, words, input="n\n")
        assert digest(data) in said.output
        assert not Memory(case.folder).agrees(digest(data))
        run.invoke(trustee, words, input="y\n")
        assert Memory(case.folder).agrees(digest(data))
    assert case.successor.device.recipient in said.output
    path.write_text(json.dumps({"v": 1}))
    said = run.invoke(trustee, ["agree", str(path), "--keys", str(case.folder), "--yes"])
    assert said.exit_code
    assert not Memory(case.folder).agrees(digest(path.read_bytes()))


def test_a_rebuilt_key_is_kept_beside_ones_own(case: Case) -> None:
    memory = Memory(case.folder.parent / "successor")
    for _ in range(2):
        memory.keep_identity(case.machines[1].identity)
    own, held = memory.machines()
    assert own.device == case.successor.device
    assert held.device.recipient == case.machines[1].device.recipient
    assert held.device.signer == own.device.signer
    [path] = (memory.folder / "held").iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    shutil.rmtree(memory.folder / "held")
    assert len(memory.machines()) == 1
