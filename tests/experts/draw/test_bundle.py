"""The bundle: whoever bends it, with or without the keys, is named by two independent verifiers."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from experts import draw_verify
from experts.dossier import Span
from experts.draw import seed, transcript
from experts.draw.bundle import verify_bundle
from experts.draw.encoding import H, sign
from experts.draw.header import countersigned, read_header
from experts.draw.pool import Pool
from monitor.log.canonical import canonical
from tests.experts.draw_world import (
    EVIDENCE,
    NOW,
    OLD,
    T_KEY,
    TIMES,
    World,
    a_whole_draw,
    an_expert,
    told,
)
from trading.archive.canonical_zip import canonical_zip, read_canonical

Papers = dict[str, Any]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    made = a_whole_draw(tmp_path_factory.mktemp("draw") / "w")
    made.hidden = made.centre.custody.papers(made.draw).pool()
    made.finish()
    return made


@pytest.fixture(scope="module")
def bundle(world: World) -> bytes:
    return world.centre.bundle(world.draw)


def both_refuse(data: bytes) -> tuple[str, str]:
    """Return the failing step and item; the two verifiers must agree on the step."""
    ours, theirs = verify_bundle(data), draw_verify.verify(data)
    assert not ours.ok, "our verifier believes it"
    assert theirs[-1][1], "the single file believes it"
    assert ours.steps[-1].name == theirs[-1][0]
    return ours.steps[-1].name, ours.item


def papers_of(data: bytes) -> Papers:
    return {
        name: told(body) if name.endswith(".json") else body
        for name, body in read_canonical(data).items()
    }


def zipped(papers: Papers) -> bytes:
    return canonical_zip(
        {n: v if isinstance(v, bytes) else canonical(v) for n, v in papers.items()}
    )


def resigned(world: World, papers: Papers) -> bytes:
    """What centre and inspector could make together: every hash and signature fits again."""
    c, i = world.centre.custody, world.agent.custody
    header = papers["header.json"]
    hh = H("header", canonical(header["header"]))
    first = c.sign(hh)
    header["signatures"] = {"C": first, "I": i.sign(countersigned(hh, first))}
    before = papers["reveals.json"]["closed"]
    for name in sorted(n for n in papers if n.startswith("rounds/")):
        body = papers[name]["round"]
        body["prev"] = before
        body["ask"] = i.sign(transcript.ask_statement(hh, body["k"], before, body["change"]))
        closed = transcript.closing(hh, body)
        papers[name]["signatures"] = {"C": c.sign(closed), "I": i.sign(closed)}
        before = closed.hex()
    if world.hidden is not None:
        papers["openings.json"] = reopened(world.hidden, papers)
    final = papers["final.json"]
    final["final"]["prev"] = before
    statement = transcript.transcript_root(hh, final["final"])
    final["signatures"] = {"C": c.sign(statement), "I": i.sign(statement)}
    return zipped(papers)


def reopened(hidden: Pool, papers: Papers) -> list[Any]:
    """Open exactly what the bent rounds call for, so that the openings give nothing away."""
    header = read_header(papers["header.json"]["header"])
    names = sorted(name for name in papers if name.startswith("rounds/"))
    done = [transcript.read_round(papers[name]["round"], k) for k, name in enumerate(names)]
    shown = transcript.required(header, hidden.leaves, done)
    return [hidden.open(leaf, shown[leaf]) for leaf in sorted(shown)]


def test_a_whole_draw_is_verified_twice_and_says_that_its_keys_are_stand_ins(
    bundle: bytes, world: World, tmp_path: Path
) -> None:
    report = verify_bundle(bundle)
    assert [(step.name, step.good) for step in report.steps] == [
        (step.__name__[1:], True) for step in draw_verify.STEPS
    ]
    assert "COMPLETE: 5 seated" in report.steps[-1].detail
    assert b"stand-in keys, simulated dice" in read_canonical(bundle)["NOTE.txt"]
    assert resigned(world, papers_of(bundle)) == bundle
    (tmp_path / "draw.zip").write_bytes(bundle)
    script = Path(draw_verify.__file__)
    done = subprocess.run(
        [sys.executable, "-I", "-S", script, tmp_path / "draw.zip"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("ok ") == len(draw_verify.STEPS)


def test_the_single_file_returns_1_for_a_bent_bundle_and_2_for_bad_use(
    bundle: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bent.zip").write_bytes(bundle[:-1])
    assert draw_verify.main([str(tmp_path / "bent.zip")]) == 1
    assert "FAIL container" in capsys.readouterr().out
    assert draw_verify.main([]) == draw_verify.main([str(tmp_path / "none.zip")]) == 2


def test_no_person_stands_in_the_bundle(bundle: bytes, world: World) -> None:
    assert not [e.uid for e in world.experts if e.uid.encode() in bundle]


def test_keys_that_are_not_the_registered_ones_are_refused(bundle: bytes, world: World) -> None:
    keys = papers_of(bundle)["header.json"]["header"]["keys"]
    assert verify_bundle(bundle, keys).ok
    report = verify_bundle(bundle, {**keys, "C": world.agent.custody.public()})
    assert (report.ok, report.item) == (False, "header.keys")


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(where=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_any_flipped_bit_is_refused_and_its_item_named(
    bundle: bytes, where: float, bit: int
) -> None:
    bent = bytearray(bundle)
    bent[int(where * len(bundle))] ^= 1 << bit
    step, item = both_refuse(bytes(bent))
    assert (step, bool(item)) == ("container", True)


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_member_changed_inside_a_well_made_zip_is_refused(
    bundle: bytes, data: st.DataObject
) -> None:
    members = read_canonical(bundle)
    name = data.draw(st.sampled_from(sorted(members)))
    body = bytearray(members[name])
    where = data.draw(st.integers(0, len(body) - 1)) if body else 0
    body[where] ^= 1 << data.draw(st.integers(0, 7))
    step, item = both_refuse(canonical_zip({**members, name: bytes(body)}))
    assert (bool(step), bool(item)) == (True, True)


@pytest.mark.parametrize("spoilt", [b"", b"{", b"[]", b'{"sound":1,"signatures":[]}', b"\xff"])
def test_a_round_that_cannot_be_read_is_named_like_one_that_is_wrong(
    bundle: bytes, spoilt: bytes
) -> None:
    members = read_canonical(bundle)
    _, item = both_refuse(canonical_zip({**members, "rounds/00.json": spoilt}))
    assert item == "round 0"


def test_both_refuse_a_look_that_is_no_look_at_the_same_step(bundle: bytes) -> None:
    members = read_canonical(bundle)
    round_ = json.loads(members["rounds/00.json"])
    for at, spoilt in ((0, -1), (0, "1"), (1, "g" * 64), (1, "A" * 64), (2, 7)):
        log = [list(look) for look in round_["round"]["log"]]
        log[-1][at] = spoilt
        bent = {**round_, "round": {**round_["round"], "log": log}}
        told = both_refuse(canonical_zip({**members, "rounds/00.json": canonical(bent)}))
        assert told[0] == "openings", spoilt


@pytest.mark.parametrize("spelt", ["6573 63726f77", "657363726F77", "65736", "6573zz", 7])
def test_both_refuse_a_recovery_copy_that_is_not_in_its_one_spelling(
    bundle: bytes, spelt: object
) -> None:
    """The signature covers the bytes alone, so that each of them may be written in one way only."""
    members = read_canonical(bundle)
    told = json.loads(members["commits.json"])
    told["commits"][0]["escrow"] = spelt
    assert both_refuse(canonical_zip({**members, "commits.json": canonical(told)}))[0] == "commits"


def test_a_member_left_out_or_added_is_refused(bundle: bytes) -> None:
    members = read_canonical(bundle)
    for name in members:
        both_refuse(canonical_zip({n: b for n, b in members.items() if n != name}))
    assert both_refuse(canonical_zip({**members, "extra.txt": b""})) == ("container", "extra.txt")


def test_a_bundle_with_a_byte_before_or_after_it_is_refused(bundle: bytes) -> None:
    for bent in (b"\0" + bundle, bundle + b"\0", b""):
        assert both_refuse(bent)[0] == "container"


def skip_the_winner(papers: Papers) -> None:
    log = papers["rounds/00.json"]["round"]["log"]
    at = next(n for n, look in enumerate(log) if look[2] == "ACCEPT")
    log[at][2] = "SKIP_CAP:o"


def take_one_who_is_capped(papers: Papers) -> None:
    body = papers["rounds/00.json"]["round"]
    at = next(n for n, look in enumerate(body["log"]) if look[2] == "SKIP_CAP:o")
    body["log"][at][2] = "ACCEPT"
    last = max(n for n, look in enumerate(body["log"]) if look[2] == "ACCEPT")
    gone = body["log"][last][1]
    body["log"] = list(body["log"][:last])
    contact = next(one for one in body["contacts"] if one[0] == gone)
    contact[0] = body["log"][at][1]


def swap_two_lines_alike(papers: Papers) -> None:
    log = papers["rounds/00.json"]["round"]["log"]
    alike = (n for n in range(len(log)) if log[n][2] == log[n + 1][2] == "SKIP_CAP:o")
    at = next(alike)
    log[at], log[at + 1] = log[at + 1], log[at]


def drop_a_line(papers: Papers) -> None:
    del papers["rounds/00.json"]["round"]["log"][0]


def claim_infeasible(papers: Papers) -> None:
    papers["rounds/01.json"]["round"]["log"][0][2] = "SKIP_INFEASIBLE"


def bar_afterwards(papers: Papers) -> None:
    body = papers["rounds/02.json"]["round"]
    winner = next(leaf for _, leaf, verdict in body["log"] if verdict == "ACCEPT")
    body["change"]["rechecks"][0]["barred"].append([winner, "kinship"])


def confirm_the_decliner(papers: Papers) -> None:
    papers["rounds/00.json"]["round"]["contacts"][0][1] = "CONFIRMED"


def call_too_seldom(papers: Papers) -> None:
    contact = papers["rounds/00.json"]["round"]["contacts"][0]
    contact[1:] = ["NO_ANSWER", EVIDENCE, [TIMES[2], TIMES[2] + 300]]


def tried(*times: object) -> Callable[[Papers], None]:
    """The calls to one who confirmed were made at these times."""

    def lie(papers: Papers) -> None:
        papers["rounds/01.json"]["round"]["contacts"][0][3] = list(times)

    return lie


def rechecked(key: str, value: object) -> Callable[[Papers], None]:
    def lie(papers: Papers) -> None:
        papers["rounds/02.json"]["round"]["change"]["rechecks"][0][key] = value

    return lie


def name_no_rule(papers: Papers) -> None:
    papers["rounds/02.json"]["round"]["change"]["rechecks"][0]["barred"][0][1] = " "


def name_a_number_for_a_rule(papers: Papers) -> None:
    papers["rounds/02.json"]["round"]["change"]["rechecks"][0]["barred"][0][1] = 7


def seat_a_friend(papers: Papers) -> None:
    final = papers["final.json"]["final"]
    taken = {leaf for _, leaf in final["seated"]}
    leaves = papers["leaves.bin"]
    friend = next(
        leaves[n : n + 32].hex()
        for n in range(0, len(leaves), 32)
        if leaves[n : n + 32].hex() not in taken
    )
    final["seated"][0][1] = friend


def use_another_proof(papers: Papers) -> None:
    papers["rounds/00.json"]["round"]["pi"] = papers["rounds/01.json"]["round"]["pi"]


def open_more(papers: Papers) -> None:
    papers["rounds/00.json"]["round"]["log"].append(papers["rounds/00.json"]["round"]["log"][-1])


LIES: list[tuple[Callable[[Papers], None], str, str]] = [
    (skip_the_winner, "rounds", "round 0 log line 1"),
    (take_one_who_is_capped, "rounds", "round 0 log line 7"),
    (swap_two_lines_alike, "rounds", "round 0 log line 7"),
    (drop_a_line, "rounds", "round 0 log line 0"),
    (claim_infeasible, "rounds", "round 1 log line 0"),
    (bar_afterwards, "rounds", "round 2 log"),
    (confirm_the_decliner, "rounds", "round 1"),
    (call_too_seldom, "rounds", "round 0 contacts"),
    (seat_a_friend, "final", "final seated"),
    (use_another_proof, "rounds", "round 0 pi.C"),
    (open_more, "rounds", "round 0 log line"),
    (tried(), "rounds", "round 1 contacts"),
    (tried(TIMES[2] - 1), "rounds", "round 1 contacts"),
    (tried(TIMES[2] + 9, TIMES[2]), "rounds", "round 1 contacts"),
    (tried("1700000180"), "rounds", "round 1 contacts"),
    (tried(True), "rounds", "round 1 contacts"),
    (rechecked("at", -1), "rounds", "round 2"),
    (rechecked("at", "now"), "rounds", "round 2"),
    (name_no_rule, "rounds", "round 2"),
    (name_a_number_for_a_rule, "rounds", "round 2"),
]


@pytest.mark.parametrize(("lie", "step", "item"), LIES)
def test_a_lie_that_centre_and_inspector_sign_together_is_still_found(
    world: World, bundle: bytes, lie: Callable[[Papers], None], step: str, item: str
) -> None:
    papers = papers_of(bundle)
    lie(papers)
    bent = resigned(world, papers)
    failed, named = both_refuse(bent)
    assert failed == step
    assert named.startswith(item)
    assert draw_verify.verify(bent)[-1][1].startswith(item)


HEADERS: list[tuple[str, object]] = [
    ("more", 1), ("contact", {"attempts": 0, "gap": 300}), ("contact", {"attempts": 0, "gap": 0}),
    ("contact", {"attempts": 3, "gap": -1}),
    ("contact", {"attempts": 3}), ("max_rounds", 101), ("max_rounds", 0), ("max_weight", 2**50),
    ("max_weight", 0), ("stand_in", 1), ("draw", 7), ("strata", [[1, 101], [2, 2]]), ("strata", [[1, 101]]), ("strata", []),
    ("strata", [[1, 1], [1, 1]]), ("caps", {"o": 0}), ("seq", -1), ("seq", True),
    ("rules", "ab"), ("members", [[1, 10**6], [2, 10**6]]), ("supersedes", {}),
    ("registry", {"n": 40}), ("t_commit", "0"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "value"), HEADERS)
def test_a_header_of_another_form_is_refused_before_its_signatures(
    bundle: bytes, key: str, value: object
) -> None:
    papers = papers_of(bundle)
    papers["header.json"]["header"][key] = value
    step, item = both_refuse(zipped(papers))
    told = draw_verify.verify(zipped(papers))[-1]
    assert step == "header"
    assert "signatures" not in item + told[1]


def test_excluded_people_who_are_left_out_of_the_count_are_missed(
    world: World, bundle: bytes
) -> None:
    papers = papers_of(bundle)
    papers["header.json"]["header"]["registry"]["n"] += 1
    first = world.centre.custody.sign(H("header", canonical(papers["header.json"]["header"])))
    papers["header.json"]["signatures"]["C"] = first
    assert both_refuse(zipped(papers))[0] == "header"


def rerolled(world: World, papers: Papers, **changes: object) -> bytes:
    """What inspector and tenderee could sign together about the dice."""
    beacon = {**papers["beacon.json"], **changes}
    statement = seed.dice_statement(beacon)
    beacon["signatures"] = {"I": world.agent.custody.sign(statement), "T": sign(T_KEY, statement)}
    return resigned(world, {**papers, "beacon.json": beacon})


@pytest.mark.parametrize(
    ("changes", "step", "item"),
    [
        ({"digits": "0" * 24}, "rounds", "round 0 pi.C"),
        ({"digits": "0" * 23}, "beacon", "beacon.digits"),
        ({"at": NOW}, "beacon", "beacon.at"),
        ({"draws": []}, "beacon", "beacon.draws"),
        ({"kind": "lottery"}, "beacon", "beacon."),
    ],
)
def test_other_dice_or_dice_at_another_time_are_refused(
    world: World, bundle: bytes, changes: dict[str, object], step: str, item: str
) -> None:
    bent = rerolled(world, papers_of(bundle), **changes)
    failed, named = both_refuse(bent)
    assert (failed, named.startswith(item)) == (step, True)
    assert draw_verify.verify(bent)[-1][1].startswith(item)
    assert rerolled(world, papers_of(bundle)) == bundle


def test_a_skip_for_a_fuller_panel_opens_what_proves_it(tmp_path: Path) -> None:
    both = (Span("A01", OLD, OLD), Span("B02", OLD, OLD))
    people = (an_expert(0, specialties=both), an_expert(1), an_expert(3), an_expert(5))
    for number in range(20):
        made = World(tmp_path / str(number), strata=((1, 2), (2, 1)), experts=people)
        made.draw = f"D-{number}"
        made.start()
        counts = made.draw_round()["counts"]
        if isinstance(counts, dict) and "SKIP_INFEASIBLE" in counts:
            break
    else:
        pytest.fail("no draw met the only person of stratum 2 in stratum 1")
    made.call()
    data = made.finish()
    assert (verify_bundle(data).ok, draw_verify.verify(data)[-1][1]) == (True, "")
    papers = papers_of(data)
    log = papers["rounds/00.json"]["round"]["log"]
    at = next(n for n, look in enumerate(log) if look[2] == "SKIP_INFEASIBLE")
    log[at][2] = "SKIP_TAKEN"
    both_refuse(resigned(made, papers))
