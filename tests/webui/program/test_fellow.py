"""A trustee's machine before a platform that would have its key, or its piece of another's."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bidding.envelope.document import digest
from bidding.envelope.roster import Authority, Roster, Seat
from bidding.envelope.trustee.holder import Trustee
from bidding.envelope.trustee.keydeal import deal_key, open_handed, read_deal, read_handed
from bidding.envelope.trustee.successor import accept, read_acceptance
from monitor.log.canonical import canonical
from monitor.log.commitment import commit
from tests.webui.program.chain import POLICY, PROJECT, STRANGER, Story
from tests.webui.program.test_seat import a_seat, running
from webui.artefact.keys import write_keys
from webui.program.trustee.bundle import Unproven, Unwitnessed
from webui.program.trustee.command import trustee
from webui.program.trustee.memory import Memory
from webui.program.trustee.succession import Following, read_following

NUMBER = "019e2926-a8e0-7024-8ef8-2d3385767bc7"
OTHER = "019e2926-a8e0-7024-8ef8-2d3385767bc8"
KINDS = (Authority.CENTRE, Authority.TENDEREE, Authority.NOTARY, Authority.ASSOCIATION,
         Authority.OTHER_CENTRE)  # fmt: skip
ORGS = [f"019e2926-a8e0-7024-8ef8-2d338576700{n}" for n in range(9)]


@dataclass
class Case:
    """Seat 2 is lost; the platform tells of its succession, and every word may be bent."""

    folder: Path
    machines: list[Trustee]
    roster: Roster
    successor: Trustee
    deal: bytes
    word: bytes
    acts: list[tuple[str, dict[str, Any], int]] = field(default_factory=list)
    witness: Any = POLICY
    came: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    tells: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        facts = {
            "succession": NUMBER, "seat": 2, "lost": self.machines[1].device.recipient,
            "recipient": self.successor.device.recipient, "kind": "supervisor",
            "signer": self.successor.device.signer, "authority": "91110000000000009X",
            "name": "监督", "acceptance": digest(self.word),
        }  # fmt: skip
        self.acts = [
            ("document.issue", {"trustees": self.roster.digest}, 0),
            ("key.deal", {"digest": digest(self.deal)}, 1),
            ("succession.ask", facts, 2),
            ("succession.confirm", {k: facts[k] for k in ("succession", "acceptance")}, 3),
        ]

    def chain(self) -> list[tuple[bytes, bytes]]:
        rows, before = [], ""
        for number, (action, facts, who) in enumerate(self.acts, 1):
            body: dict[str, Any] = {
                "v": 1, "action": action, "project": PROJECT, "facts": facts, "seq": number,
                "prev": before, "outcome": {"done": True}, "time": "2026-06-01T00:00:00.000000Z",
                "actor": {"id": ORGS[who], "org": ORGS[who], "role": "trustee"},
            }  # fmt: skip
            salt, data = bytes([number]) * 32, canonical(body)
            rows.append((salt, data))
            before = commit(salt, data).hex()
        return rows

    def json(self) -> dict[str, Any]:
        story, chain = Story(self.roster), self.chain()
        if self.witness is not POLICY:
            story.witness = self.witness
        return {
            "id": NUMBER, "project": PROJECT, "trustees": self.roster.to_bytes().decode(),
            "deal": base64.b64encode(self.deal).decode(), "challenge": "",
            "acceptance": base64.b64encode(self.word).decode(), "pieces": [],
            "chain": [{"salt": salt.hex(), "body": base64.b64encode(body).decode()}
                      for salt, body in chain],
            "proof": story.proof(chain),
        } | self.tells  # fmt: skip

    def following(self) -> Following:
        return read_following(self.json())

    def answer(self, path: str, told: Any, _: str) -> tuple[int, Any]:
        """As the platform over HTTP; it asks seat 1 to deal its key and to hand its piece on."""
        if path == "/api/v1/session":
            return 200, {"token": "t"}
        if path == "/api/v1/trustee":
            asked = {
                "now": "2026-06-02T00:00:00+00:00", "asks": [],
                "keys": [{"project": PROJECT, "recipient": self.machines[0].device.recipient,
                          "trustees": self.roster.to_bytes().decode()}],
                "successions": [{"id": NUMBER, "project": PROJECT, "step": "hand",
                                 "lost": "", "challenge": ""}],
            }  # fmt: skip
            return 200, asked
        if path.startswith("/api/v1/trustee/"):
            return 200, self.json()
        self.came.append((path.rpartition("/")[2], told["inputs"]))
        return 200, {"result": None}


@pytest.fixture
def case(tmp_path: Path) -> Case:
    machines = [Trustee.create(tmp_path / f"trustee-{n}") for n in range(1, 6)]
    seats = tuple(
        Seat(n, kind, f"9111000000000000{n}X", f"受托人{n}", (machine.device,))
        for n, (kind, machine) in enumerate(zip(KINDS, machines, strict=True), 1)
    )
    roster = Roster(3, seats)
    successor = Trustee.create(tmp_path / "successor")
    folder = tmp_path / "trustee-1"
    (folder / "keys.txt").write_text(write_keys(POLICY, "00" * 32), "utf-8")
    (folder / "password").write_text("secret")
    lost = machines[1]
    return Case(
        folder, machines, roster, successor, deal_key(lost, roster, PROJECT),
        accept(successor, PROJECT, 2, lost.device.recipient),
    )  # fmt: skip


def bent(case: Case, place: int, **facts: Any) -> None:
    action, told, who = case.acts[place]
    case.acts[place] = (action, {**told, **facts}, who)


def by_one_body(case: Case) -> None:
    case.acts[3] = (*case.acts[3][:2], 2)


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
    }  # fmt: skip
    case.acts[2:2] = [("succession.ask", facts, 2), ("succession.confirm", facts, 3)]


def confirmed_and_answered(case: Case) -> None:
    confirmed_for_another_seat(case)
    case.acts.append(("succession.answer", {"succession": OTHER}, 5))


def confirmed_of_none(case: Case) -> None:
    case.acts.insert(2, ("succession.confirm", {"succession": OTHER}, 3))


def undealt(case: Case) -> None:
    bent(case, 1, digest="00" * 32)


def another_roster(case: Case) -> None:
    bent(case, 0, trustees="00" * 32)


@pytest.mark.parametrize(
    "lie",
    [by_one_body, unconfirmed, ended, of_another_word, of_another_seat, of_the_centre, undealt,
     another_roster, confirmed_for_another_seat, confirmed_and_answered, confirmed_of_none],
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
