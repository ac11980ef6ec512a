"""Draws of real size through the mailbox: what its parcels, readings and limits have to carry."""

import json
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from experts import draw_verify
from experts.ceremony.mail import list as roll
from experts.ceremony.mail.paper import Step
from experts.ceremony.mail.parcel import parcels_of
from experts.ceremony.mail.purpose import PURPOSES, Entry
from experts.ceremony.mail.reading import reading
from experts.ceremony.mail.request import found_request
from experts.draw.bundle import verify_bundle
from experts.draw.encoding import DrawError
from monitor.runtime.database import Addresses
from monitor.runtime.valkey import EmbeddedValkey
from tests.stories.draw.world import (
    DICE,
    World,
    a_world,
    an_account,
    nobody,
    settle,
    the_loops,
    wants,
)
from webui.deed.book import deeds
from webui.program.client import Client, Refused
from webui.program.draw.loop import Loop

SECTION = 256 * 1024
"""Bytes that a parcel could have once, when the pool itself was sent: some 850 people's."""
READING = 16 * 1024
"""Bytes of what a machine is told of a draw at each look, however long its list is."""
CITY = {"事项": (487, 15), "企业": (270_000, 8_100), "人员": (1_197, 36)}
"""Lines and lots of a double-random inspection in a city: three in a hundred of each."""
PEOPLE = 5_000
PART = {"事项": (20, 1), "企业": (2_000, 60), "人员": (40, 2)}


@dataclass
class Laps:
    """Seconds of the clock and of this process by part, platform and machines together."""

    seconds: dict[str, tuple[float, float]] = field(default_factory=dict)

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        begun = time.monotonic(), time.process_time()
        yield
        now = time.monotonic(), time.process_time()
        self.seconds[name] = (round(now[0] - begun[0], 1), round(now[1] - begun[1], 1))


def a_sheet(city: Mapping[str, tuple[int, int]]) -> bytes:
    rows = ["name,of,unit,weight"]
    for of, (lines, _) in city.items():
        unit = "执法一队" if of == "人员" else ""
        rows += [f"某市某某{of}有限责任公司{n:06d},{of},{unit}," for n in range(lines)]
    return "\n".join(rows).encode()


def the_inspector(world: World) -> Client:
    if "inspector" not in world.clients:
        folder = world.machines.folder / "inspector"
        an_account(world.keeping, world.machines.inspector.person, "inspector", folder)
        world.clients["inspector"] = Client(world.url, "inspector", folder)
    return world.clients["inspector"]


def ask(world: World, city: Mapping[str, tuple[int, int]]) -> None:
    inputs = {
        "section": str(world.section), "purpose": "inspection",
        "strata": [{"stratum": of, "seats": seats} for of, (_, seats) in city.items()],
        "file": b64encode(a_sheet(city)).decode(),
    }  # fmt: skip
    told = the_inspector(world).act("draw.request_list", inputs, str(world.project))
    world.request = UUID(told)


def sizes(world: World) -> dict[str, int]:
    """Bytes of the largest parcel, and of what each machine is told at a look."""
    with world.platform.read() as session:
        asked = found_request(session, world.request)
        now = world.house.clock.now()
        told = {role: len(json.dumps(reading(session, asked, role, now))) for role in "CIT"}
        parcels = [len(json.dumps(one.document)) for one in parcels_of(session, asked.id)]
    return {"parcel": max(parcels), "reading": max(told.values())}


def at_the_dice(world: World, laps: Laps) -> dict[str, Loop]:
    """Bring the machines to where nothing but time is missing, and let it pass."""
    loops = the_loops(world)
    with laps.part("until the dice"):
        settle(world, loops, nobody)
    assert wants(world) == {("time", "wait_dice")}, troubles(world)
    world.wait(DICE)
    return loops


def drawn(world: World, laps: Laps) -> dict[str, Loop]:
    """Draw to the end with the programs' own classes over HTTP, each step timed by whose it is."""
    loops = at_the_dice(world, laps)
    with laps.part("from the dice to the bundle"):
        settle(world, loops, nobody)
    assert wants(world) == set(), troubles(world)
    return loops


def troubles(world: World) -> list[Any]:
    return [one["document"] for one in world.view().parcels(Step.TROUBLE)]


def checked_alone(bundle: bytes, folder: Path) -> str:
    path = folder / "bundle.zip"
    path.write_bytes(bundle)
    command = [sys.executable, "-I", "-S", draw_verify.__file__, str(path)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def an_inspection(
    world: World, city: Mapping[str, tuple[int, int]], folder: Path
) -> dict[str, Any]:
    laps = Laps()
    world.trade()
    with laps.part("the request"):
        ask(world, city)
    drawn(world, laps)
    found: dict[str, Any] = sizes(world)
    with laps.part("the page"):
        page = the_inspector(world).text(f"/draw/{world.request}")
    bundle = world.bundle()
    with laps.part("verify, platform"):
        assert verify_bundle(bundle).ok
    with laps.part("verify, draw_verify.py"):
        said = checked_alone(bundle, folder)
    lots = sum(seats for _, seats in city.values())
    assert f"COMPLETE: {lots} seated" in said
    assert world.view().sitting == lots
    return found | {"page": len(page), "bundle": len(bundle), "lots": lots, "seconds": laps.seconds}


def test_a_list_of_thousands_is_drawn_in_small_parcels_and_readings(
    world: World, tmp_path: Path
) -> None:
    found = an_inspection(world, PART, tmp_path)
    assert found["parcel"] < READING
    assert found["reading"] < READING


def lines(of: int, count: int, weight: int = 1) -> list[Entry]:
    return [Entry(f"{of}-{n}", (of,), weight=weight) for n in range(count)]


@pytest.mark.parametrize(
    ("purpose", "seats", "entries", "item"),
    [
        ("inspection", (1,), lines(1, 41), "entries"),
        ("inspection", (1,), lines(1, 30, weight=2), "entries"),
        ("agency", (1,), lines(1, 30), "entries"),
        ("inspection", (13,), lines(1, 40), "strata"),
        ("inspection", (1, 4), [*lines(1, 35), *lines(2, 4)], "strata"),
    ],
    ids=["lines", "lines with weights", "public lines", "lots", "a small stratum in a long list"],
)
def test_a_list_that_is_too_long_is_refused_by_its_field_in_both_languages(
    monkeypatch: pytest.MonkeyPatch,
    purpose: str, seats: tuple[int, ...], entries: list[Entry], item: str,
) -> None:  # fmt: skip
    most = {"MOST_LINES": 40, "MOST_SHOWN": 20, "MOST_LOTS": 12, "MOST_EXAMINED": 30}
    for name, number in most.items():
        monkeypatch.setattr(roll, name, number)
    strata = [(f"层{code}", number) for code, number in enumerate(seats, 1)]
    with pytest.raises(DrawError, match=r" / .*[一-龥]") as fault:
        roll._check_list(PURPOSES[purpose], roll.Roll(strata, entries))
    assert fault.value.item == item
    roll._check_list(PURPOSES["inspection"], roll.Roll([("层1", 12)], lines(1, 40)))


def test_the_longest_list_and_its_bundle_have_room_on_their_way() -> None:
    """Each field of the way holds what the limits before it let through."""
    fields = {
        (deed, field.name): getattr(field, "most", 0)
        for deed in ("draw.open_header", "draw.round", "draw.finish", "draw.publish_bundle")
        for field in deeds()[deed].fields
    }
    opening, look, seat, place = 660, 90, 75, 600
    assert fields["draw.open_header", "leaves"] >= 32 * roll.MOST_LINES
    assert fields["draw.round", "places"] >= place * roll.MOST_LOTS
    assert fields["draw.finish", "final"] >= seat * roll.MOST_LOTS
    shown = roll.MOST_SHOWN * (32 + opening) + roll.MOST_EXAMINED * look
    examined = 32 * roll.MOST_LINES + roll.MOST_EXAMINED * (opening + look)
    seated = seat * roll.MOST_LOTS
    assert fields["draw.publish_bundle", "bundle"] >= max(shown, examined) + seated


def test_nobody_but_whose_deed_it_is_sends_megabytes_to_be_refused(world: World) -> None:
    world.trade()
    inputs = {"draw": str(world.project), "root": "", "bundle": "A" * 400_000}
    told = {}
    for role in "CT":
        with pytest.raises(Refused) as fault:
            world.side(role).client.act("draw.publish_bundle", inputs, str(world.project))
        told[role] = fault.value.status
    assert told == {"C": 422, "T": 413}


@pytest.mark.campaign
def test_a_pool_of_5000_experts_is_drawn_from_through_the_mailbox(
    database: Addresses, valkey: EmbeddedValkey, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """A panel of five, one decline, a bidder whose people stand aside, all the way to the bundle."""
    laps = Laps()
    with ExitStack() as stack:
        with laps.part("the pool"):
            world = stack.enter_context(a_world(database, valkey.url, tmp_path / "w", PEOPLE))
        world.begin()
        loops = at_the_dice(world, laps)
        with laps.part("the panel"):
            settle(world, loops, nobody)
            world.declining = {world.invited()[0]}
            settle(world, loops, world.answer)
        world.bid_by_the_employer_of(world.seated()[0])
        world.close()
        world.identify()
        with laps.part("the re-check and the linked round"):
            settle(world, loops, world.answer)
            settle(world, loops, world.check_in)
        world.act("award.issue")
        settle(world, loops, nobody)
        assert wants(world) == set(), troubles(world)
        found, header = sizes(world), world.view().header
        assert header is not None
        told = {"people": PEOPLE, "eligible": header.number("n"), **found}
        assert "COMPLETE: 5 seated" in checked_alone(world.bundle(), tmp_path)
    with capsys.disabled():
        sys.stdout.write(json.dumps(told | {"seconds": laps.seconds}) + "\n")
    assert told["eligible"] > 2_000, "more than once filled a parcel"
    assert found["parcel"] < SECTION


@pytest.mark.campaign
def test_a_city_of_270_000_enterprises_is_inspected_through_the_mailbox(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = an_inspection(world, CITY, tmp_path)
    with capsys.disabled():
        sys.stdout.write(json.dumps({"lines": sum(n for n, _ in CITY.values()), **found}) + "\n")
    assert found["parcel"] < READING
    assert found["reading"] < READING
    assert found["page"] < SECTION
