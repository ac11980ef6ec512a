"""Who attacks a draw, what each tries, and what stops it (one test for each row of the threats).

Rows that need the platform are in tests/experts/test_thief.py, or beside what they attack.
"""

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pytest

from experts import draw_verify
from experts.dossier import Span
from experts.draw import seed, transcript
from experts.draw.bundle import verify_bundle
from experts.draw.curve import vrf
from experts.draw.encoding import DrawError, sign
from experts.draw.seed import How
from experts.draw.transcript import Contact
from experts.recheck import Seen
from monitor.log.canonical import canonical
from tests.experts.draw import thief
from tests.experts.draw_world import (
    EVIDENCE,
    NOW,
    T_KEY,
    T_SHARE,
    TIMES,
    World,
    a_whole_draw,
    at,
    told,
)
from trading.archive.canonical_zip import canonical_zip, read_canonical


def a_thief_computes(world: World, k: int, folder: Path, published: bytes) -> bool:
    """Whether one side's whole folder and all that is public give the seed of round k."""
    trial = world.centre.custody.papers(world.draw).trial()[0]
    keys = [f.read_bytes() for f in folder.glob("vrf.key")]
    found = thief.everything_in(folder) + published
    wanted = seed.seed_commitment(the_seed(world, seed.alpha(trial.beta, k), k))
    return thief.computes(trial.beta, k, found, keys, wanted)


def the_seed(world: World, alpha: bytes, k: int) -> bytes:
    """What centre and inspector find together."""
    both = (world.centre.custody, world.agent.custody)
    c, i = (vrf.proof_to_hash(one.prove(alpha)) for one in both)
    return seed.seed(world.centre.custody.papers(world.draw).trial()[0].beta, k, c, i)


@pytest.mark.parametrize("side", ["centre", "agent"])
def test_neither_keyholder_alone_computes_the_panel_nor_the_next_name(
    tmp_path: Path, side: str
) -> None:
    """Rogue administrator and rogue inspector: the predictability drill, before either round."""
    world = World(tmp_path / "w", strata=((1, 1),), experts=World.experts[:6]).start()
    folder = tmp_path / "w" / side
    assert not a_thief_computes(world, 0, folder, b"")
    published = canonical(world.draw_round())
    closed = canonical(world.call(Contact.DECLINED))
    assert not a_thief_computes(world, 1, folder, published + closed)
    beta = world.centre.custody.papers("D-1").trial()[0].beta
    keys = [f.read_bytes() for f in (tmp_path / "w").rglob("vrf.key")]
    wanted = seed.seed_commitment(the_seed(world, seed.alpha(beta, 1), 1))
    both = thief.computes(beta, 1, b"", keys, wanted)
    assert both, "the same drill with both keys must succeed, or it proves nothing"


def test_a_share_held_back_and_recovered_leads_to_the_very_same_panel(tmp_path: Path) -> None:
    """Whoever stalls wins nothing: withholding is blind and changes nothing."""
    panels = []
    for how in How.REVEALED, How.RECOVERED:
        world = World(tmp_path / str(how))
        world.file()
        opened = world.commit()
        world.centre.reveal("D-1", "I", world.agent.reveal("D-1", opened), at(NOW + 90))
        if how is How.REVEALED:
            world.centre.reveal("D-1", "T", T_SHARE.hex(), at(NOW + 90))
        else:
            world.centre.recover("D-1", "T", T_SHARE.hex())
        world.close_reveals()
        world.roll()
        world.draw_round()
        panels.append(world.centre.panel("D-1"))
    assert panels[0] == panels[1]


def test_times_of_the_header_hold_to_the_second(tmp_path: Path) -> None:
    world = World(tmp_path / "w")
    world.file()
    hh = world.centre.custody.papers("D-1").header().hh
    mine = seed.commit_value(hh, "T", T_SHARE, b"", T_KEY)
    world.centre.commit("D-1", mine, at(TIMES[0]))
    with pytest.raises(DrawError, match="t_commit"):
        world.centre.commit("D-1", world.agent.commit("D-1"), at(TIMES[0] + 1))
    world.centre.commit("D-1", world.agent.commit("D-1"), at(TIMES[0]))
    share = world.agent.reveal("D-1", world.centre.open("D-1"))
    with pytest.raises(DrawError, match="t_reveal"):
        world.centre.reveal("D-1", "I", share, at(TIMES[1] + 1))
    world.centre.reveal("D-1", "I", share, at(TIMES[1]))


def test_a_pool_edited_after_the_header_is_another_pool(tmp_path: Path) -> None:
    """Rogue database administrator: one leaf exchanged, added or taken out of the bundle."""
    bundle = a_whole_draw(tmp_path / "w").finish()
    members = read_canonical(bundle)
    leaves = members["leaves.bin"]
    friend = hashlib.sha256(b"a friend").digest()
    for bent in (leaves[32:], leaves + friend, friend + leaves[32:]):
        data = canonical_zip({**members, "leaves.bin": bent})
        assert verify_bundle(data).steps[-1].name == "pool"
        assert draw_verify.verify(data)[-1][0] == "pool"


def test_all_three_together_choose_shares_after_the_dice_and_miss_what_stood_before(
    tmp_path: Path,
) -> None:
    """Centre, inspector and tenderee can make another draw, but not the one whose hash is out."""
    world = World(tmp_path / "one").start()
    published = told(canonical(world.centre.custody.papers("D-1").get("commits.json")))
    world.draw_round()
    other = World(tmp_path / "two")
    other.file()
    hh = other.centre.custody.papers("D-1").header().hh
    other.centre.commit("D-1", other.agent.commit("D-1"), at(NOW))
    chosen = os.urandom(32)
    other.centre.commit("D-1", seed.commit_value(hh, "T", chosen, b"", T_KEY), at(NOW))
    remade = other.centre.open("D-1")
    assert isinstance(published, dict)
    assert isinstance(remade, dict)
    assert hh == world.centre.custody.papers("D-1").header().hh
    assert remade["open"] != published["open"]


def test_replies_of_another_draw_open_nothing_here(tmp_path: Path) -> None:
    """Replay: a share's commitment, a reveal, a request and a header of yesterday's draw."""
    first = World(tmp_path / "w").start()
    first.draw_round()
    first.call()
    old = first.centre.custody.papers("D-1")
    old_ask = told(old.data("rounds/00.json"))
    first.finish()
    first.draw = "D-2"
    first.file(reason="supplement")
    hh = first.centre.custody.papers("D-2").header().hh
    stale = seed.commit_value(old.header().hh, "T", T_SHARE, b"", T_KEY)
    with pytest.raises(DrawError, match="commits T"):
        first.centre.commit("D-2", stale, at(NOW))
    assert hh != old.header().hh
    first.commit()
    with pytest.raises(DrawError, match=r"reveals|not"):
        first.centre.beacon("D-2", told(old.data("beacon.json")))  # type: ignore[arg-type]
    first.reveal()
    with pytest.raises(DrawError, match="beacon"):
        first.centre.beacon("D-2", told(old.data("beacon.json")))  # type: ignore[arg-type]
    first.roll()
    assert isinstance(old_ask, dict)
    body = old_ask["round"]
    assert isinstance(body, dict)
    with pytest.raises(DrawError, match=r"round 0 pi\.I"):
        first.centre.draw("D-2", {"ask": body["ask"], "pi": body["pi"]["I"]})


def test_a_job_taken_with_a_bidder_after_the_draw_bars_at_close(tmp_path: Path) -> None:
    """Facts change between draw and CLOSE: what restricts acts at once, and on record."""
    world = World(tmp_path / "w", caps={}).start()
    world.draw_round()
    world.call()
    sitting = world.seated()[0]
    later = NOW + 3 * 86_400
    changed = tuple(
        replace(e, employers=(*e.employers, Span("bidder", later, later)))
        if e.uid == sitting
        else e
        for e in world.experts
    )
    case = replace(world.case, at=NOW + 5 * 86_400, bidders=frozenset({"bidder"}))
    found = world.centre.recheck("D-1", changed, case, world.rules, at(NOW + 5 * 86_400))
    assert isinstance(found["barred"], list)
    assert [rule for _, rule in found["barred"]] == ["employer_now"]
    world.draw_round(Seen({e.uid: e for e in changed}, case, world.rules))
    world.call()
    assert sitting not in world.seated()
    assert len(world.seated()) == 5


def test_draw_shopping_leaves_every_thrown_away_panel_open_for_ever(tmp_path: Path) -> None:
    """Cancel and repeat until pleased: three attempts, each completed, each named by the next."""
    world = World(tmp_path / "w")
    bundles = []
    for number in range(3):
        world.draw = f"D-{number}"
        world.file(reason=f"order {number}" if number else "")
        world.commit()
        world.reveal()
        world.roll()
        world.draw_round()
        world.call()
        bundles.append(world.finish(order=EVIDENCE if number < 2 else ""))
    for number, bundle in enumerate(bundles):
        report = verify_bundle(bundle)
        assert report.ok
        assert f"attempt {number + 1} of this" in report.steps[2].detail
        assert ("CANCELLED" in report.steps[-1].detail) == (number < 2)
        opened = told(read_canonical(bundle)["rounds/00.json"])
        assert isinstance(opened, dict)
        assert opened["round"]["log"], "who was thrown away stands in the bundle"
    history = told(read_canonical(bundles[2])["history.json"])
    assert isinstance(history, list)
    assert len(history) == 2
    hidden = canonical_zip({**read_canonical(bundles[2]), "history.json": b"[]"})
    assert verify_bundle(hidden).item.startswith("attempt 0")
    assert draw_verify.verify(hidden)[-1][0] == "history"


def test_a_successor_never_stands_on_a_list_that_a_caller_could_read(tmp_path: Path) -> None:
    """Colluding expert and caller: of those passed over in round 0, the next is not the first."""
    followed = 0
    for number in range(3):
        world = World(tmp_path / str(number), strata=((1, 1),), caps={}, draw=f"D-{number}").start()
        world.draw_round()
        trial, _ = world.centre.custody.papers(world.draw).trial()
        line = [leaf for leaf in trial.leaves if leaf.hex() != world.centre.panel(world.draw)[0][1]]
        world.call(Contact.DECLINED)
        world.draw_round()
        second = bytes.fromhex(world.centre.panel(world.draw)[0][1])
        followed += line.index(second) == 0
    assert followed < 3


def test_a_signature_in_the_place_of_a_proof_is_none(tmp_path: Path) -> None:
    """Signers could grind nonces; the format takes a proof of 80 bytes and nothing else."""
    world = World(tmp_path / "w").start()
    trial = world.centre.custody.papers("D-1").trial()[0]
    signature = sign(b"\1" * 32, seed.alpha(trial.beta, 0))
    answer = world.agent.answer("D-1", world.centre.request("D-1"))
    assert isinstance(answer, dict)
    for bent in (signature, signature + "00" * 16):
        with pytest.raises(DrawError, match=r"pi\.I"):
            world.centre.draw("D-1", {**answer, "pi": bent})
    assert transcript.NO_CHANGE == {"rechecks": [], "vacated": []}
