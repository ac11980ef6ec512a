"""A trustee's own check: every way in which somebody would have it give its share too soon."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bidding.envelope.capsule import Kind
from bidding.envelope.roster import Authority, Roster, Seat
from bidding.envelope.trustee.batch import Request
from bidding.envelope.trustee.close import Accepted, Close
from bidding.envelope.trustee.holder import Trustee
from bidding.envelope.trustee.request import write_request
from monitor.clock import time_text
from monitor.log.canonical import canonical
from monitor.log.checkpoint import Checkpoint, Policy, cosign, sign_checkpoint
from monitor.log.commitment import commit
from monitor.log.note import Kind as KeyKind
from monitor.log.note import SigningKey, add_signatures
from monitor.log.proof import LogProof
from monitor.log.tree import inclusion_proof, leaf_hash, root
from webui.artefact.keys import KeysError, write_keys
from webui.program.trustee.bundle import Bundle, Early, Unproven, Unwitnessed, read_bundle
from webui.program.trustee.memory import Memory

PROJECT, SECTION = "019e2926-a8e0-7020-b91e-7783cad8d698", "019e2926-a8e0-7024-8ef8-2d3385767bb5"
DEADLINE = datetime(2026, 6, 9, 1, 12, tzinfo=UTC)
MOVED = DEADLINE + timedelta(days=15)
CLOSED = MOVED + timedelta(seconds=1)
LOG = SigningKey("centre.example/log/2026", KeyKind.ED25519, b"l" * 32)
WITNESS = SigningKey("w1.example", KeyKind.COSIGNATURE, b"w" * 32)
STRANGER = SigningKey("w1.example", KeyKind.COSIGNATURE, b"s" * 32)
POLICY = Policy(LOG.verifier, (WITNESS.verifier,), 1)


def a_roster(folder: Path) -> Roster:
    device = Trustee.create(folder).device
    return Roster(1, (Seat(1, Authority.NOTARY, "91110000000000000X", "公证处", (device,)),))


@dataclass
class Story:
    """A public chain as the platform tells it; every field may be bent before it is told."""

    roster: Roster
    closed: datetime = CLOSED
    told: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    witness: SigningKey | None = WITNESS
    log: SigningKey = LOG
    section: str = SECTION
    outcome: dict[str, Any] = field(default_factory=lambda: {"done": True})

    def __post_init__(self) -> None:
        self.told = [
            ("notice.publish", {}),
            ("document.issue", {"deadline": time_text(DEADLINE), "trustees": self.roster.digest}),
            ("clarification.issue", {"deadline_after": time_text(MOVED)}),
        ]

    @property
    def close(self) -> Close:
        return Close(PROJECT, SECTION, self.closed, Accepted(0, "00" * 32), Accepted(0, "00" * 32))

    def chain(self) -> list[tuple[bytes, bytes]]:
        """The records, each naming the one before."""
        facts = {"section": self.section, "close": self.close.digest}
        rows, before = [], ""
        for number, (action, said) in enumerate([*self.told, ("opening.close", facts)], 1):
            body = {
                "v": 1, "action": action, "project": PROJECT, "facts": said, "seq": number,
                "prev": before, "outcome": self.outcome, "time": time_text(self.closed),
            }  # fmt: skip
            salt, data = bytes([number]) * 32, canonical(body)
            rows.append((salt, data))
            before = commit(salt, data).hex()
        return rows

    def proof(self, chain: list[tuple[bytes, bytes]]) -> str:
        hashes = [leaf_hash(commit(*each)) for each in chain]
        head = Checkpoint(self.log.name, len(hashes), root(hashes))
        note = sign_checkpoint(head, self.log)
        if self.witness:
            note = add_signatures(note, [cosign(head, self.witness, CLOSED)])
        path = inclusion_proof(hashes, len(hashes) - 1, len(hashes))
        return LogProof(len(hashes) - 1, tuple(path), note).encode()

    def bundle(self) -> Bundle:
        chain = self.chain()
        request = Request(self.close, self.roster, Kind.NOTE, ())
        return Bundle(request, tuple(chain), self.proof(chain))

    def json(self) -> dict[str, Any]:
        """As it travels."""
        found = self.bundle()
        return {
            "request": write_request(found.request).decode(),
            "chain": [
                {"salt": salt.hex(), "body": base64.b64encode(body).decode()}
                for salt, body in found.chain
            ],
            "proof": found.proof,
        }


@pytest.fixture
def story(tmp_path: Path) -> Story:
    return Story(a_roster(tmp_path / "trustee"))


def test_what_the_witness_saw_is_taken_also_after_its_journey(story: Story) -> None:
    story.bundle().check(POLICY)
    travelled = read_bundle(json.loads(json.dumps(story.json())))
    assert travelled == story.bundle()
    travelled.witnessed(story.close, POLICY)


def test_a_close_that_nobody_cosigned_is_waited_for(story: Story) -> None:
    story.witness = None
    with pytest.raises(Unwitnessed):
        story.bundle().check(POLICY)
    with pytest.raises(Unwitnessed):
        read_bundle(story.json() | {"proof": None})


def test_keys_that_ask_for_no_witness_are_no_keys(story: Story) -> None:
    with pytest.raises(Unproven, match="witness"):
        story.bundle().check(Policy(LOG.verifier))


def test_a_close_before_the_deadline_is_refused_whoever_cosigned_it(story: Story) -> None:
    """The platform writes CLOSE down too early, and has it witnessed: a witness knows no law."""
    story.closed = DEADLINE + timedelta(seconds=1)
    with pytest.raises(Early):
        story.bundle().check(POLICY)
    story.closed = MOVED
    with pytest.raises(Early):
        story.bundle().check(POLICY)


def test_an_addendum_left_out_breaks_the_chain(story: Story) -> None:
    """So that the earlier deadline would seem to stand."""
    story.closed = DEADLINE + timedelta(seconds=1)
    whole = story.bundle()
    for kept in ((0, 1, 3), (1, 2, 3), (0, 1, 2), (1, 0, 2, 3), (0, 1, 1, 3)):
        short = replace(whole, chain=tuple(whole.chain[place] for place in kept))
        with pytest.raises(Unproven) as caught:
            short.check(POLICY)
        assert not isinstance(caught.value, Early), kept


def test_a_chain_made_anew_without_the_addendum_is_not_under_the_checkpoint(story: Story) -> None:
    honest = story.bundle()
    story.told = story.told[:2]
    story.closed = DEADLINE + timedelta(seconds=1)
    forged = story.bundle()
    with pytest.raises(Unproven, match="close"):
        replace(forged, proof=honest.proof).check(POLICY)


BENT: dict[str, Callable[[Story], object]] = {
    "another section": lambda story: setattr(story, "section", PROJECT),
    "a refused close": lambda story: setattr(story, "outcome", {"refused": "too_early"}),
    "a stranger's witness": lambda story: setattr(story, "witness", STRANGER),
    "another log's key": lambda story: setattr(
        story, "log", SigningKey(LOG.name, KeyKind.ED25519, b"x" * 32)
    ),
    "no documents": lambda story: story.told.pop(1),
    "another roster": lambda story: story.told[1][1].update(trustees="00" * 32),
    "no deadline": lambda story: story.told[1][1].pop("deadline"),
    "a deadline of words": lambda story: story.told[2][1].update(deadline_after="later"),
}


@pytest.mark.parametrize("bend", BENT.values(), ids=BENT)
def test_whatever_else_does_not_hold_is_refused(story: Story, bend: Callable[..., Any]) -> None:
    bend(story)
    with pytest.raises(Unproven):
        story.bundle().check(POLICY)


def test_one_proven_close_vouches_for_no_other(story: Story) -> None:
    other = replace(story.close, bids=Accepted(1, "11" * 32))
    with pytest.raises(Unproven):
        story.bundle().witnessed(other, POLICY)
    swapped = replace(story.bundle(), request=Request(other, story.roster, Kind.NOTE, ()))
    with pytest.raises(Unproven):
        swapped.check(POLICY)


@pytest.mark.parametrize("hole", ["request", "chain", "proof"])
@pytest.mark.parametrize("filling", [None, 7, "x", [], [{}], [{"salt": "zz", "body": "!"}]])
def test_a_bundle_with_a_hole_is_no_bundle(story: Story, hole: str, filling: Any) -> None:
    told = story.json()
    with pytest.raises(Unproven):
        read_bundle(told | {hole: filling}).check(POLICY)
    del told[hole]
    with pytest.raises(Unproven):
        read_bundle(told)


def test_one_close_of_a_section_is_ever_answered_and_the_answer_stays_the_same(
    tmp_path: Path,
) -> None:
    memory = Memory(tmp_path)
    assert memory.answered(SECTION, "note", "aa") is None
    memory.keep(SECTION, "note", "aa", b'{"a":1}')
    assert Memory(tmp_path).answered(SECTION, "note", "aa") == b'{"a":1}'
    assert memory.answered(SECTION, "bid", "aa") is None
    for kind in ("note", "bid"):
        with pytest.raises(Unproven, match="another CLOSE"):
            memory.answered(SECTION, kind, "bb")
    assert memory.answered(PROJECT, "note", "bb") is None
    with pytest.raises(Unproven):
        memory.keep("../../elsewhere", "note", "aa", b"")


def test_without_pinned_keys_nothing_is_believed(tmp_path: Path) -> None:
    with pytest.raises(KeysError, match=r"keys\.txt"):
        Memory(tmp_path).policy()
    (tmp_path / "keys.txt").write_text(write_keys(POLICY, "00" * 32), "utf-8")
    assert Memory(tmp_path).policy() == POLICY
