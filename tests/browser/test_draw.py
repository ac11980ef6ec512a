"""Three implementations of a draw that share no code, on random draws and on random lies.

Python (ours, and the single file), PostgreSQL and the page's JavaScript in a real browser.
"""

import hashlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page

import experts
import webui.page
from experts import draw_verify
from experts.dossier import Span
from experts.draw import selection, verification
from experts.draw.bundle import verify_bundle
from experts.draw.header import Kind
from experts.draw.transcript import Contact, Progress
from monitor.log.canonical import canonical
from monitor.runtime.database import Addresses, libpq
from tests.experts.draw.test_drand import a_draw_by_both, drawn_by_both
from tests.experts.draw_world import OLD, World, an_expert
from tests.experts.escrow.held import a_recovered_draw, a_succeeded_draw, the_devices
from trading.archive.canonical_zip import canonical_zip, read_canonical

SCRIPT = Path(webui.page.__path__[0]) / "static/script/draw.js"
FUNCTIONS = Path(experts.__path__[0]) / "draw_verify.sql"
FIXED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """A bare page: the verifier needs nothing of a platform."""
    opened = browser.new_page()
    opened.evaluate(SCRIPT.read_text("utf-8"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def auditor(database: Addresses) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    with psycopg.connect(libpq(database.owner_url)) as connection:
        connection.execute(FUNCTIONS.read_bytes())
        yield connection


def in_browser(page: Page, data: bytes) -> tuple[str, str]:
    """Return the last step that the page's verifier came to, and the item at fault."""
    told = page.evaluate("b => Batong.draw.verify(Uint8Array.from(b))", list(data))
    return told[-1]["name"], told[-1]["item"]


def everywhere(page: Page, data: bytes) -> tuple[str, bool]:
    """Return the last step and whether it fails; all three verifiers must agree on both."""
    ours, theirs = verify_bundle(data), draw_verify.verify(data)[-1]
    name, item = in_browser(page, data)
    told = {(ours.steps[-1].name, ours.ok), (theirs[0], not theirs[1]), (name, not item)}
    assert len(told) == 1, (ours.item, theirs, name, item)
    return told.pop()


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, Any]:
    """A pool of people who share employers, hold one or two specialties and one to three tickets."""
    people = []
    for number in range(draw(st.integers(3, 9))):
        codes = draw(st.sampled_from([("A01",), ("B02",), ("A01", "B02")]))
        people.append(
            an_expert(
                number,
                specialties=tuple(Span(code, OLD, OLD) for code in codes),
                employers=(Span(f"org{draw(st.integers(0, 4))}", OLD, OLD),),
                weight=draw(st.sampled_from([1, 1, 3])),
            )
        )
    if not {"A01", "B02"} <= {s.value for e in people for s in e.specialties}:
        people = [*people, an_expert(90), an_expert(91)]
    return {
        "experts": tuple(people),
        "strata": draw(st.sampled_from([((1, 1), (2, 1)), ((2, 2), (1, 1))])),
        "caps": draw(st.sampled_from([{}, {"o": 1}, {"o": 2}, {"r": 9}])),
        "kind": draw(st.sampled_from([Kind.EXPERT, Kind.INSPECTION, Kind.AGENCY])),
        "max_rounds": draw(st.integers(1, 3)),
    }


def drawn(folder: Path, facts: dict[str, Any], outcomes: list[Contact]) -> World:
    name = hashlib.sha256(repr((sorted(facts.items(), key=str), outcomes)).encode()).hexdigest()
    # Of its own: two examples may come to the same facts, and one is played again to be made small.
    here = Path(tempfile.mkdtemp(dir=folder))
    world = World(here, draw=f"D-{name[:16]}", **facts).start()
    for outcome in outcomes:
        if world.draw_round()["outcome"] == "INFEASIBLE":
            world.call()
            break
        world.call(outcome)
        if world.centre.open_seats(world.draw) == 0 or outcome is outcomes[-1]:
            break
    return world


def sql_agrees(world: World, auditor: psycopg.Connection[tuple[Any, ...]]) -> None:
    """Select each round again in PostgreSQL, from the seed and from who may be drawn."""
    papers = world.centre.custody.papers(world.draw)
    trial, done = papers.trial()
    progress = Progress(trial.header)
    for one in done:
        pi = one.value["pi"]
        seed_k = verification.check_seed(trial, one.k, pi)
        need = progress.need(trial.groups())
        everyone = trial.candidates()
        people = [
            {
                "leaf": c.leaf.hex(), "s": sorted(c.strata), "g": c.group.hex(), "w": c.weight,
                "taken": c.leaf in need.taken, "barred": need.barred.get(c.leaf),
            }
            for c in everyone
        ]  # fmt: skip
        rows = auditor.execute(
            "select * from pg_temp.draw_round(%s, %s, %s, %s, %s)",
            (
                seed_k,
                json.dumps([list(pair) for pair in need.seats]),
                json.dumps(list(need.cap)) if need.cap else None,
                json.dumps(people),
                json.dumps({group.hex(): n for group, n in need.seated.items()}),
            ),
        ).fetchall()
        told = [(look.stratum, look.leaf.hex(), look.verdict) for look in one.looks]
        assert rows == told
        progress = progress.after(one)


def test_python_postgresql_and_the_browser_select_and_verify_alike(
    page: Page,
    auditor: psycopg.Connection[tuple[Any, ...]],
    tmp_path_factory: pytest.TempPathFactory,
    campaign: bool,
) -> None:
    folder = tmp_path_factory.mktemp("three")

    @settings(
        max_examples=150 if campaign else 4, deadline=None, suppress_health_check=FIXED,
        database=None, derandomize=not campaign,
    )  # fmt: skip
    @given(facts=worlds(), declined=st.lists(st.booleans(), min_size=1, max_size=2))
    def agree(facts: dict[str, Any], declined: list[bool]) -> None:
        outcomes = [Contact.DECLINED if no else Contact.CONFIRMED for no in declined]
        facts["max_rounds"] = min(facts["max_rounds"], len(outcomes))
        if facts["caps"] == {"r": 9}:
            facts["caps"] = {"r": 3}
        world = drawn(folder, facts, outcomes)
        sql_agrees(world, auditor)
        open_ = world.centre.open_seats(world.draw)
        data = world.finish("" if not open_ else hashlib.sha256(b"order").hexdigest())
        assert everywhere(page, data) == ("final", True)

    agree()


@pytest.fixture(scope="module")
def whole() -> bytes:
    stored = Path(__file__).parents[1] / "experts/draw/vectors/batong-draw-1.zip"
    return stored.read_bytes()


def leaves_of(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Return the place of each plain value in a paper."""
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, part in pairs:
            yield from leaves_of(part, (*path, key))
    else:
        yield path


def bent(paper: Any, path: tuple[Any, ...]) -> None:
    """Change one plain value for another of its kind."""
    at = paper
    for key in path[:-1]:
        at = at[key]
    told = at[path[-1]]
    if isinstance(told, bool):
        at[path[-1]] = not told
    elif isinstance(told, int):
        at[path[-1]] = told + 1
    else:
        at[path[-1]] = told[:-1] + ("0" if told[-1:] != "0" else "1")


@settings(max_examples=4, deadline=None, suppress_health_check=FIXED, derandomize=True)
@given(data=st.data())
def test_all_refuse_a_changed_value_at_the_same_step(
    page: Page, whole: bytes, data: st.DataObject
) -> None:
    members = read_canonical(whole)
    papers = [n for n in sorted(members) if n.endswith(".json") and n != "history.json"]
    name = data.draw(st.sampled_from(papers))
    paper = json.loads(members[name])
    bent(paper, data.draw(st.sampled_from(list(leaves_of(paper)))))
    assert not everywhere(page, canonical_zip({**members, name: canonical(paper)}))[1]


def test_a_recovery_copy_of_half_a_byte_is_refused_by_all(page: Page, whole: bytes) -> None:
    members = read_canonical(whole)
    paper = json.loads(members["commits.json"])
    paper["commits"][1]["escrow"] = "0"
    bundle = canonical_zip({**members, "commits.json": canonical(paper)})
    assert everywhere(page, bundle) == ("commits", False)


def test_dice_and_public_randomness_together_are_checked_by_all(page: Page, tmp_path: Path) -> None:
    bundle = drawn_by_both(a_draw_by_both(tmp_path / "w"))
    assert everywhere(page, bundle) == ("final", True)
    members = read_canonical(bundle)
    for path in (("kind",), ("dice", "digits"), ("drand", "round")):
        paper = json.loads(members["beacon.json"])
        bent(paper, path)
        bad = canonical_zip({**members, "beacon.json": canonical(paper)})
        assert everywhere(page, bad) == ("beacon", False), path


def test_a_recovered_share_verifies_in_the_browser_and_bent_at_the_same_step(
    page: Page, tmp_path: Path
) -> None:
    bundle = a_recovered_draw(World(tmp_path / "w"), the_devices(tmp_path), (1, 3))
    assert everywhere(page, bundle) == ("final", True)
    members = read_canonical(bundle)
    for path in ((0, "pieces", 0, "piece"), (0, "pieces", 1, "at"), (0, "pieces", 1, "x")):
        paper = json.loads(members["recovery.json"])
        bent(paper, path)
        bad = canonical_zip({**members, "recovery.json": canonical(paper)})
        assert everywhere(page, bad) == ("reveals", False), path
    alone = {name: data for name, data in members.items() if name != "recovery.json"}
    assert everywhere(page, canonical_zip(alone)) == ("reveals", False)


def test_a_lost_agents_draw_verifies_in_the_browser_and_bent_at_the_same_step(
    page: Page, tmp_path: Path
) -> None:
    bundle = a_succeeded_draw(World(tmp_path / "w"), the_devices(tmp_path), bytes([9]) * 32)
    assert everywhere(page, bundle) == ("final", True)
    members = read_canonical(bundle)
    for path in (("sign",), ("given", 0, "at"), ("given", 1, "x"), ("given", 0, "sig")):
        paper = json.loads(members["succession.json"])
        bent(paper, path)
        bad = canonical_zip({**members, "succession.json": canonical(paper)})
        assert everywhere(page, bad) == ("commits", False), path
    alone = {name: data for name, data in members.items() if name != "succession.json"}
    assert everywhere(page, canonical_zip(alone)) == ("reveals", False)


def test_the_stored_vector_verifies_in_the_browser_and_any_flipped_byte_does_not(
    page: Page, whole: bytes
) -> None:
    assert everywhere(page, whole) == ("final", True)
    for at in range(7, len(whole), len(whole) // 2):
        flipped = whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
        assert everywhere(page, flipped) == ("container", False)


def test_the_browsers_hashes_are_the_standards(page: Page) -> None:
    for size in (0, 1, 55, 56, 63, 64, 111, 112, 119, 120, 128, 300):
        data = bytes(n % 251 for n in range(size))
        for name in ("sha256", "sha512"):
            told = page.evaluate(
                f"b => Batong.draw.hex(Batong.draw.{name}(Uint8Array.from(b)))", list(data)
            )
            assert told == hashlib.new(name, data).hexdigest()


def test_postgresqls_tickets_are_ours(auditor: psycopg.Connection[tuple[Any, ...]]) -> None:
    seed_k, leaf = bytes(range(32)), bytes(range(32, 64))
    for stratum, weight in ((1, 1), (2**32 - 1, 16), (0, 3)):
        row = auditor.execute(
            "select pg_temp.draw_ticket(%s, %s, %s, %s)", (seed_k, stratum, leaf, weight)
        ).fetchone()
        assert row is not None
        assert row[0] == selection.ticket(seed_k, stratum, leaf, weight)
