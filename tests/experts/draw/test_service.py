"""A draw from filing to bundle, and each party trying to cheat on the way."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from experts import draw_verify
from experts.avoidance import DAY, RuleSet
from experts.custody import Custody
from experts.dossier import Span
from experts.draw import seed, selection, transcript, verification
from experts.draw.bundle import verify_bundle
from experts.draw.curve import vrf
from experts.draw.encoding import DrawError, sign
from experts.draw.header import Kind, read_header
from experts.draw.pool import Entry, field_hashes, leaf_of, read_opening, root
from experts.draw.seed import How
from experts.draw.transcript import Contact, Left
from monitor.log.canonical import JSON
from tests.experts.draw_world import (
    EVIDENCE,
    NOW,
    OLD,
    T_KEY,
    T_SHARE,
    TIMES,
    World,
    a_case,
    a_whole_draw,
    an_expert,
    at,
    told,
)
from trading.archive.canonical_zip import read_canonical

VECTORS = Path(__file__).parent / "vectors"


def member(bundle: bytes, name: str) -> dict[str, object]:
    value = told(read_canonical(bundle)[name])
    assert isinstance(value, dict)
    return dict(value)


def good(bundle: bytes) -> bool:
    return verify_bundle(bundle).ok and draw_verify.verify(bundle)[-1][1] == ""


def test_a_draw_with_a_decline_a_replacement_and_a_linked_round_is_the_stored_vector(
    tmp_path: Path,
) -> None:
    bundle = a_whole_draw(tmp_path / "w").finish()
    assert bundle == (VECTORS / "batong-draw-1.zip").read_bytes()


def test_nobody_barred_by_the_recheck_keeps_or_gets_a_seat(tmp_path: Path) -> None:
    world = a_whole_draw(tmp_path / "w")
    seated = world.seated()
    assert len(seated) == 5
    barred = world.centre.custody.papers("D-1").trial()[0].progress.barred
    people = world.centre.custody.papers("D-1").pool().entries
    assert set(barred.values()) == {"employer_now"}
    assert not {people[leaf].u for leaf in barred} & set(seated)


def test_nobody_accepted_once_returns_and_declining_seats_no_chosen_successor(
    tmp_path: Path,
) -> None:
    world = World(tmp_path / "w", strata=((1, 1),), max_rounds=9).start()
    met: list[str] = []
    for _ in range(6):
        world.draw_round()
        met += [uid for _, _, uid in world.centre.panel("D-1")]
        world.call(Contact.DECLINED)
    assert len(set(met)) == 6


def test_what_is_published_of_a_secret_round_names_no_leaf(tmp_path: Path) -> None:
    world = World(tmp_path / "w").start()
    published = world.draw_round()
    assert set(published) == {"counts", "k", "log", "outcome", "seedc"}
    leaves = world.centre.custody.papers("D-1").pool().leaves
    assert not [leaf for leaf in leaves if leaf.hex() in str(published)]
    assert set(world.call()) == {"closing", "contacts"}


def test_the_centre_cannot_draw_without_the_inspectors_proof(tmp_path: Path) -> None:
    world = World(tmp_path / "w").start()
    request = world.centre.request("D-1")
    answer = world.agent.answer("D-1", request)
    assert isinstance(answer, dict)
    forged = world.centre.custody.prove(b"anything").hex()
    for bent in ({**answer, "pi": forged}, {**answer, "pi": "00" * 80}):
        with pytest.raises(DrawError, match=r"round 0 pi\.I"):
            world.centre.draw("D-1", bent)
    with pytest.raises(DrawError, match="round 0 ask"):
        world.centre.draw("D-1", {**answer, "ask": "00" * 64})


def test_database_and_the_centres_keys_together_do_not_give_the_tickets(tmp_path: Path) -> None:
    world = World(tmp_path / "w").start()
    trial, _ = world.centre.custody.papers("D-1").trial()
    alpha = seed.alpha(trial.beta, 0)
    mine = vrf.proof_to_hash(world.centre.custody.prove(alpha))
    guess = seed.seed(trial.beta, 0, mine, mine)
    world.draw_round()
    real = verification.check_seed(
        trial, 0, {"C": world.centre.custody.prove(alpha).hex(), "I": proof_of(world)}
    )
    leaf = trial.leaves[0]
    assert selection.ticket(guess, 1, leaf) != selection.ticket(real, 1, leaf)
    assert vrf.proof_to_hash(bytes.fromhex(proof_of(world))) != mine


def proof_of(world: World) -> str:
    round_body = world.centre.custody.papers("D-1").get("round.json")
    assert isinstance(round_body, dict)
    return str(round_body["pi"]["I"])


def test_the_agent_answers_the_next_round_only_and_only_after_closing_the_last(
    tmp_path: Path,
) -> None:
    world = World(tmp_path / "w").start()
    request = world.centre.request("D-1")
    with pytest.raises(DrawError, match="only round 0"):
        world.agent.answer("D-1", {**request, "k": 1})
    world.draw_round()
    with pytest.raises(DrawError, match="only round 0"):
        world.agent.answer("D-1", {**request, "k": 1})
    world.call(Contact.DECLINED)
    with pytest.raises(DrawError, match="only round 1"):
        world.agent.answer("D-1", request)


def test_the_agent_does_not_sign_two_different_requests_for_one_round(tmp_path: Path) -> None:
    world = World(tmp_path / "w").start()
    world.draw_round()
    world.call()
    leaf = next(iter(world.centre.custody.papers("D-1").trial()[0].progress.seated))
    world.centre.leave("D-1", leaf.hex(), Left.NO_SHOW, EVIDENCE)
    request = world.centre.request("D-1")
    world.agent.answer("D-1", request)
    other = {
        **request,
        "change": {"rechecks": [], "vacated": [[leaf.hex(), "WITHDRAWN", EVIDENCE]]},
    }
    with pytest.raises(DrawError, match="already fixed"):
        world.agent.answer("D-1", other)


def test_a_no_show_is_replaced_by_the_same_rule(tmp_path: Path) -> None:
    world = World(tmp_path / "w").start()
    world.draw_round()
    world.call()
    assert world.centre.open_seats("D-1") == 0
    leaf = next(iter(world.centre.custody.papers("D-1").trial()[0].progress.seated))
    world.centre.leave("D-1", leaf.hex(), Left.NO_SHOW, EVIDENCE)
    assert world.centre.open_seats("D-1") == 1
    with pytest.raises(DrawError, match="left twice"):
        world.centre.leave("D-1", leaf.hex(), Left.NO_SHOW, EVIDENCE)
    world.draw_round()
    world.call()
    assert good(world.finish())


def test_a_recheck_that_spares_a_friend_is_not_signed_by_the_agent(tmp_path: Path) -> None:
    world = World(tmp_path / "w").start()
    world.draw_round()
    world.call()
    found, seen = world.recheck(world.employer_of(world.seated()[0]))
    request = world.centre.request("D-1")
    rows = found["barred"]
    assert isinstance(rows, list)
    bent = {"rechecks": [{**found, "barred": rows[1:]}], "vacated": []}
    with pytest.raises(DrawError, match="not what I find"):
        world.agent.answer("D-1", {**request, "change": bent}, seen)
    with pytest.raises(DrawError, match="no facts"):
        world.agent.answer("D-1", request)


def test_a_commitment_under_another_role_or_too_late_is_refused(tmp_path: Path) -> None:
    world = World(tmp_path / "w")
    world.file()
    hh = world.centre.custody.papers("D-1").header().hh
    mine = seed.commit_value(hh, "T", T_SHARE, b"", T_KEY)
    with pytest.raises(DrawError, match="commits I"):
        world.centre.commit("D-1", {**mine, "role": "I"}, at(NOW))
    with pytest.raises(DrawError, match="no part"):
        world.centre.commit("D-1", {**mine, "role": "C"}, at(NOW))
    with pytest.raises(DrawError, match="t_commit"):
        world.centre.commit("D-1", mine, at(TIMES[0] + 1))
    world.centre.commit("D-1", mine, at(NOW))
    again = seed.commit_value(hh, "T", bytes(32), b"", T_KEY)
    with pytest.raises(DrawError, match="already fixed"):
        world.centre.commit("D-1", again, at(NOW))


def committed(folder: Path) -> World:
    world = World(folder)
    world.file()
    opened = world.commit()
    world.centre.reveal("D-1", "I", world.agent.reveal("D-1", opened), at(NOW + 90))
    return world


def test_a_late_reveal_is_refused_and_its_default_taken_blind(tmp_path: Path) -> None:
    world = committed(tmp_path / "w")
    with pytest.raises(DrawError, match="t_reveal"):
        world.centre.reveal("D-1", "T", T_SHARE.hex(), at(TIMES[1] + 1))
    with pytest.raises(DrawError, match="missing before t_reveal"):
        world.centre.close_reveals("D-1", at(TIMES[1]))
    with pytest.raises(DrawError, match="dice may have fallen"):
        world.centre.close_reveals("D-1", at(TIMES[2]))
    world.close_reveals()
    world.roll()
    world.draw_round()
    world.call()
    bundle = world.finish()
    assert good(bundle)
    rows = member(bundle, "reveals.json")["reveals"]
    assert isinstance(rows, list)
    hh = world.centre.custody.papers("D-1").header().hh
    default = seed.default_share(seed.commit(hh, "T", T_SHARE)).hex()
    assert rows[1] == {"how": "default", "r": default, "role": "T"}


def test_a_recovered_share_is_the_committed_one_or_none(tmp_path: Path) -> None:
    world = committed(tmp_path / "w")
    with pytest.raises(DrawError, match="does not fit"):
        world.centre.recover("D-1", "T", bytes(32).hex())
    world.centre.recover("D-1", "T", T_SHARE.hex())
    told_now = world.centre.close_reveals("D-1", at(NOW + 130))
    assert told_now["reveals"][1] == {  # type: ignore[index]
        "how": str(How.RECOVERED),
        "r": T_SHARE.hex(),
        "role": "T",
    }


def test_the_reveals_once_signed_cannot_be_exchanged_after_the_dice(tmp_path: Path) -> None:
    world = World(tmp_path / "w").start()
    papers = world.centre.custody.papers("D-1")
    with pytest.raises(DrawError, match="already fixed"):
        papers.put("reveals.json", {"closed": "", "reveals": [], "signatures": {}})
    other = world.ceremony("9" * 24)
    with pytest.raises(DrawError, match="already fixed"):
        world.agent.type_dice(["D-1"], other)


def test_digits_typed_differently_by_the_two_have_no_two_signatures(tmp_path: Path) -> None:
    world = World(tmp_path / "w")
    world.file()
    world.commit()
    world.reveal()
    typed, other = world.ceremony(), world.ceremony("9" * 24)
    mine = world.agent.type_dice(["D-1"], typed)
    both = {"I": mine, "T": sign(T_KEY, seed.dice_statement(other))}
    with pytest.raises(DrawError, match=r"beacon\.signatures\.T"):
        world.centre.beacon("D-1", {**typed, "signatures": both})


def test_the_agent_refuses_a_pool_it_cannot_recompute(tmp_path: Path) -> None:
    world = World(tmp_path / "w")
    filed = world.centre.file(world.plan(), world.experts, world.case, world.rules)
    stranger = (*world.experts[1:], an_expert(0, suspensions=(Span("x", OLD, OLD),)))
    with pytest.raises(DrawError, match=r"header\.registry"):
        world.agent.countersign(filed, stranger, world.case, world.rules)
    stricter = replace(world.case, agents=frozenset({"org1"}))
    with pytest.raises(DrawError, match=r"header\.excluded"):
        world.agent.countersign(filed, world.experts, stricter, world.rules)
    with pytest.raises(DrawError, match=r"header\.rules"):
        world.agent.countersign(filed, world.experts, world.case, RuleSet(cooling=DAY))


Bent = Callable[[list[Entry]], list[Entry]]
SUSPENDED = replace(an_expert(40), suspensions=(Span("x", OLD, OLD),))
"""Whom a rule excludes from the pool of a_rogue_centre."""


def files(world: World, bent: Bent, **stated: JSON) -> Mapping[str, JSON]:
    """What a rogue centre files: another pool, under a header that fits it and is well signed."""
    filed = world.centre.file(world.plan(), world.experts, world.case, world.rules)
    key, honest = bytes.fromhex(str(filed["key"])), world.centre.custody.papers("D-1").pool()
    entries = bent(sorted(honest.entries.values(), key=lambda one: one.u))
    leaves = sorted(leaf_of(field_hashes(key, entry)) for entry in entries)
    value = dict(filed["header"])  # type: ignore[arg-type]
    value |= {
        "elig_root": root(leaves).hex(),
        "max_weight": max(entry.w for entry in entries),
        "members": [[code, sum(code in e.s for e in entries)] for code in (1, 2)],
        "n": len(leaves),
        **stated,
    }
    signature = world.centre.custody.sign(read_header(value).hh)
    return {**filed, "header": value, "signature": signature}


def a_friend(entries: list[Entry], **facts: Any) -> Entry:
    """The second entry's record, altered."""
    return replace(entries[1], **facts)


@pytest.mark.parametrize(
    ("bent", "stated", "field"),
    [
        (lambda e: [*e[:3], *e[4:], a_friend(e, o="x")], {}, "elig_root"),
        (lambda e: [*e, a_friend(e, o="x")], {"excluded": []}, "excluded"),
        (lambda e: [*e[:1], a_friend(e, o="a firm"), *e[2:]], {}, "elig_root"),
        (lambda e: [*e[:1], a_friend(e, r="3302"), *e[2:]], {}, "elig_root"),
        (lambda e: [*e[:1], a_friend(e, s=(1, 2)), *e[2:]], {}, "members"),
        (lambda e: [*e[:1], a_friend(e, w=2), *e[2:]], {}, "max_weight"),
        (lambda e: [*e, a_friend(e, u="E0040", s=(2,))], {"excluded": []}, "excluded"),
        (lambda e: [*e[1:], a_friend(e, u="E0040", s=(2,))], {}, "elig_root"),
        (lambda e: e[1:], {"excluded": [["suspension", 2]]}, "excluded"),
        (lambda e: e[1:], {"excluded": [["status", 1], ["suspension", 1]]}, "excluded"),
    ],
    ids=[
        "two tickets for one, another left out", "two tickets, one more counted",
        "another employer", "another region", "a second stratum", "a second ticket by weight",
        "an excluded one counted in", "an excluded one for another", "one left out by no rule",
        "one left out by a rule that is untrue",
    ],
)  # fmt: skip
def test_the_agent_names_the_field_in_which_a_rogue_pool_differs(
    tmp_path: Path, bent: Bent, stated: dict[str, JSON], field: str
) -> None:
    world = World(tmp_path / "w", experts=(*World.experts, SUSPENDED))
    filed = files(world, bent, **stated)
    with pytest.raises(DrawError, match=rf"header\.{field}:"):
        world.agent.countersign(filed, world.experts, world.case, world.rules)
    honest = files(world, list)
    assert world.agent.countersign(honest, world.experts, world.case, world.rules)


def test_the_agent_takes_no_key_but_that_of_the_leaves(tmp_path: Path) -> None:
    world = World(tmp_path / "w")
    filed = world.centre.file(world.plan(), world.experts, world.case, world.rules)
    for key, item in {"00" * 32: r"header\.elig_root", "": "K_draw", "00": "K_draw"}.items():
        with pytest.raises(DrawError, match=item):
            world.agent.countersign({**filed, "key": key}, world.experts, world.case, world.rules)


def test_a_register_that_holds_a_person_twice_is_no_register(tmp_path: Path) -> None:
    world = World(tmp_path / "w", experts=(*World.experts, replace(an_expert(1), weight=2)))
    with pytest.raises(DrawError, match="two leaves"):
        world.file()


def test_the_agent_closes_no_round_whose_log_it_does_not_draw_itself(tmp_path: Path) -> None:
    """A rogue centre seats a friend: it passes over the first ticket, and signs that."""
    world = World(tmp_path / "w", strata=((1, 1),), contact=(0, 0), kind=Kind.INSPECTION).start()
    world.draw_round()
    papers = world.centre.custody.papers("D-1")
    body, honest = dict(told_of(papers.get("round.json"))), world.centre.close_round("D-1")
    log = [*body["log"], [1, papers.pool().leaves[0].hex(), "ACCEPT"]][1:]  # type: ignore[misc]
    bent: dict[str, JSON] = {**body, "log": log}
    signature = world.centre.custody.sign(transcript.closing(papers.header().hh, bent))
    filed: dict[str, JSON] = {"signature": signature}
    filed["round"] = {**body, "log": transcript.log_hash(log)}
    with pytest.raises(DrawError, match="round 0 log"):
        world.agent.confirm_round("D-1", filed)
    with pytest.raises(DrawError, match=r"round signatures\.C"):
        world.agent.confirm_round("D-1", {**honest, "signature": signature})
    assert world.agent.confirm_round("D-1", honest)


def test_the_agent_signs_no_end_in_which_another_sits(tmp_path: Path) -> None:
    world = World(tmp_path / "w", strata=((1, 1),), contact=(0, 0), kind=Kind.INSPECTION).start()
    world.draw_round()
    world.call()
    told_now, papers = world.centre.finish("D-1"), world.centre.custody.papers("D-1")
    friend: JSON = [[1, papers.pool().leaves[0].hex()]]
    final: dict[str, JSON] = {**told_of(told_now["final"]), "seated": friend}
    signature = world.centre.custody.sign(transcript.transcript_root(papers.header().hh, final))
    with pytest.raises(DrawError, match=r"final signatures\.C"):
        world.agent.confirm_finish("D-1", {**told_now, "signature": signature})
    assert world.agent.confirm_finish("D-1", told_now)


def told_of(value: JSON) -> Mapping[str, JSON]:
    assert isinstance(value, dict)
    return value


def test_a_second_draw_is_a_numbered_attempt_and_waits_for_the_first(tmp_path: Path) -> None:
    world = World(tmp_path / "w").start()
    world.draw = "D-2"
    with pytest.raises(DrawError, match="a later attempt needs one"):
        world.file()
    with pytest.raises(DrawError, match="still open"):
        world.file(reason="friend not drawn")
    world.draw = "D-1"
    world.draw_round()
    world.call()
    thrown = world.finish(order=EVIDENCE)
    assert good(thrown)
    assert "CANCELLED" in verify_bundle(thrown).steps[-1].detail
    world.draw = "D-2"
    world.file(reason="order 7")
    world.commit()
    world.reveal()
    world.roll()
    world.draw_round()
    world.call()
    bundle = world.finish()
    assert good(bundle)
    assert "attempt 2" in verify_bundle(bundle).steps[2].detail


def test_an_attempt_superseded_before_it_opened_can_never_open(tmp_path: Path) -> None:
    world = World(tmp_path / "w")
    world.file()
    hh = world.centre.custody.papers("D-1").header().hh
    world.centre.commit("D-1", world.agent.commit("D-1"), at(NOW))
    world.centre.commit("D-1", seed.commit_value(hh, "T", T_SHARE, b"", T_KEY), at(NOW))
    world.draw = "D-2"
    world.file(reason="typing error")
    with pytest.raises(DrawError, match="superseded"):
        world.agent.reveal("D-1", world.centre.open("D-1"))


def test_no_answer_counts_only_after_the_attempts_of_the_header(tmp_path: Path) -> None:
    world = World(tmp_path / "w", strata=((1, 1),)).start()
    world.draw_round()
    leaf = world.centre.panel("D-1")[0][1]
    world.centre.contact(
        "D-1", leaf, Contact.NO_ANSWER, EVIDENCE, [TIMES[2], TIMES[2] + 299, TIMES[2] + 700]
    )
    with pytest.raises(DrawError, match="attempts and gaps"):
        world.centre.close_round("D-1")


def test_rounds_run_out_and_the_bundle_says_so(tmp_path: Path) -> None:
    world = World(tmp_path / "w", strata=((1, 1),), max_rounds=1).start()
    world.draw_round()
    world.call(Contact.DECLINED)
    bundle = world.finish()
    assert good(bundle)
    assert "EXHAUSTED" in verify_bundle(bundle).steps[-1].detail


def test_a_draw_that_no_panel_can_fill_proves_it(tmp_path: Path) -> None:
    people = tuple(an_expert(n, employers=(Span("one", OLD, OLD),)) for n in range(4))
    world = World(tmp_path / "w", strata=((1, 1), (2, 1)), experts=people).start()
    assert world.draw_round()["outcome"] == "INFEASIBLE"
    world.call()
    bundle = world.finish()
    assert good(bundle)
    assert "INFEASIBLE" in verify_bundle(bundle).steps[-1].detail


def test_open_seats_cannot_be_left_without_a_reason(tmp_path: Path) -> None:
    world = World(tmp_path / "w").start()
    world.draw_round()
    with pytest.raises(DrawError, match="still open"):
        world.centre.finish("D-1")
    world.call(Contact.DECLINED)
    with pytest.raises(DrawError, match="rounds are left"):
        world.centre.finish("D-1")


def test_agencies_are_public_at_once_and_weighted_tickets_are_recomputed(tmp_path: Path) -> None:
    agencies = tuple(an_expert(n, weight=1 + n % 3) for n in range(12))
    world = World(tmp_path / "w", kind=Kind.AGENCY, strata=((1, 1),), caps={}, experts=agencies)
    world.start()
    published = world.draw_round()
    assert {"pi", "seed"} < set(published)
    world.call()
    bundle = world.finish()
    assert good(bundle)
    assert b"E0001" in bundle
    hidden = World(tmp_path / "h", strata=((1, 2),), caps={}, experts=agencies).start()
    hidden.draw_round()
    hidden.call()
    assert good(hidden.finish())


def test_the_draw_key_is_gone_after_the_draw_and_the_archive_has_it_before(tmp_path: Path) -> None:
    world = World(tmp_path / "w").start()
    world.draw_round()
    world.call()
    archived = world.centre.archive("D-1")
    assert isinstance(archived, dict)
    key = str(archived["key"])
    own = world.centre.custody.papers("D-1").pool().own("E0003")
    assert read_opening(own["opening"], "own").values["u"] == "E0003"
    world.finish()
    kept = b"".join(f.read_bytes() for f in (tmp_path / "w").rglob("*") if f.is_file())
    assert key.encode() not in kept
    with pytest.raises(DrawError, match="not there"):
        world.centre.archive("D-1")


def test_keys_are_readable_by_their_owner_alone_and_never_replaced(tmp_path: Path) -> None:
    custody = Custody.create(tmp_path / "c")
    modes = {f.stat().st_mode & 0o777 for f in (tmp_path / "c").iterdir()}
    assert modes == {0o600}
    with pytest.raises(FileExistsError):
        Custody.create(tmp_path / "c")
    with pytest.raises(DrawError, match="id"):
        custody.papers("../x")


def test_a_case_can_be_told_by_its_hash_alone() -> None:
    assert a_case().value() != a_case(bidders=frozenset({"org1"})).value()
