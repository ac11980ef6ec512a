"""A trustee's own check: every way in which somebody would have it give its share too soon."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bidding.envelope.bid.object import CAPSULE
from bidding.envelope.capsule import Kind
from bidding.envelope.trustee.batch import Request
from bidding.envelope.trustee.close import Accepted, Locked
from monitor.log.checkpoint import Policy
from monitor.log.note import Kind as KeyKind
from monitor.log.note import SigningKey
from tests.webui.program.chain import (
    DEADLINE,
    LOG,
    MOVED,
    POLICY,
    PROJECT,
    SECTION,
    STRANGER,
    Story,
    a_roster,
)
from webui.artefact.keys import KeysError, write_keys
from webui.program.trustee.bundle import LOSE, Early, Unproven, Unwitnessed, read_bundle
from webui.program.trustee.memory import Memory


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


LOSSES: dict[str, tuple[dict[str, str], bool]] = {
    "said of this very capsule": ({}, True),
    "said of another bid": ({"bid": "another"}, False),
    "said of another object": ({"object": "letter.age"}, False),
    "said of another section": ({"section": PROJECT}, False),
}


@pytest.mark.parametrize(("bent", "holds"), LOSSES.values(), ids=LOSSES)
def test_a_capsule_is_left_out_only_where_the_public_chain_calls_it_lost(
    story: Story, bent: dict[str, str], holds: bool
) -> None:
    """Else whoever sends the request would choose which bids are opened."""
    item = Locked("bid", b"x" * 32, b"")
    short = Request(story.close, story.roster, Kind.BID, (item,))
    loss = {"section": SECTION, "bid": "bid", "object": CAPSULE, "fault": "platform"} | bent
    with pytest.raises(Unproven, match="left out"):
        replace(story.bundle(), request=short).check(POLICY)
    story.since.append((LOSE, loss))
    bundle = replace(story.bundle(), request=short)
    if holds:
        bundle.check(POLICY)
        return
    with pytest.raises(Unproven, match="left out"):
        bundle.check(POLICY)


def test_a_loss_that_is_said_before_close_lets_nothing_be_left_out(story: Story) -> None:
    story.told.append((LOSE, {"section": SECTION, "bid": "bid", "object": CAPSULE}))
    short = Request(story.close, story.roster, Kind.BID, (Locked("bid", b"x" * 32, b""),))
    with pytest.raises(Unproven, match="left out"):
        replace(story.bundle(), request=short).check(POLICY)
