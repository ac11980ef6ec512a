"""A whole draw by three machines over HTTP: seen through, cut off anywhere, forged, looked into."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner

import experts.custody
import experts.draw_verify
from experts.ceremony.mail.paper import Step
from experts.custody import Papers
from experts.draw.encoding import DrawError
from experts.panel.committee import Member, disclose
from experts.panel.proof import check_own, own_proof
from monitor.refusal import Invalid
from tests.stories.draw.world import (
    DICE,
    NAMES,
    World,
    done_acts,
    nobody,
    settle,
    wants,
)
from webui.program.client import Client
from webui.program.draw.command import names
from webui.program.draw.loop import Loop

PATIENCE = 60.0


def checked_alone(bundle: bytes, folder: Path) -> subprocess.CompletedProcess[str]:
    """The verifier by itself, on a bare interpreter."""
    path = folder / "bundle.zip"
    path.write_bytes(bundle)
    command = [sys.executable, "-I", "-S", experts.draw_verify.__file__, str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@dataclass
class Programs:
    """The three machines as programs of their own, each started again when it was killed."""

    world: World
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    killed: list[tuple[str, str]] = field(default_factory=list)

    def start(self, role: str) -> None:
        self.running[role] = self.world.program(role)

    def kill(self, role: str, what: str) -> None:
        """kill -9, at the moment at which this was to be done."""
        child = self.running[role]
        child.kill()
        child.wait(PATIENCE)
        self.killed.append((role, what))
        self.start(role)

    def until(self, wanted: set[tuple[str, str]], steps: frozenset[str] = frozenset()) -> None:
        """Wait until that is waited for; kill whoever was about to do one of these steps."""
        before, deadline = None, 0.0
        while (now := wants(self.world)) != wanted:
            if now != before:  # each thing to do may take so long
                before, deadline = now, time.monotonic() + PATIENCE
            for role, what in now:
                if role in self.running and what in steps and (role, what) not in self.killed:
                    self.kill(role, what)
            assert time.monotonic() < deadline, f"{now}, not {wanted}: {self._last_words()}"
            if any(role == "E" for role, _ in now):
                self.world.answer()
                self.world.check_in()
            time.sleep(0.05)

    def stop(self) -> None:
        for child in self.running.values():
            child.terminate()
            child.wait(PATIENCE)

    def _last_words(self) -> str:
        logs = (self.world.machines.folder / f"{name}.log" for name in NAMES.values())
        return "\n".join(log.read_text()[-300:] for log in logs if log.exists())


@pytest.fixture
def programs(world: World) -> Iterator[Programs]:
    started = Programs(world)
    for role in "CIT":
        started.start(role)
    yield started
    started.stop()


EVERY_STEP = frozenset(
    {
        "hello", "filing", "countersign", "open_header", "commit", "open", "reveal", "reveals",
        "close_reveals", "dice", "type", "request", "ask", "answer", "round", "invite", "contact",
        "closing", "close_round", "recheck", "seat", "final", "finish", "bundle",
    }
)  # fmt: skip
SOME_STEPS = frozenset({"countersign", "round", "close_round", "finish"})


def test_programs_draw_from_a_request_in_numbers_to_a_bundle_that_checks(
    world: World, programs: Programs, tmp_path: Path, campaign: bool
) -> None:
    steps = EVERY_STEP if campaign else SOME_STEPS
    world.begin()
    programs.until({("time", "wait_dice")}, steps)
    world.wait(DICE)
    programs.until({("time", "wait_close")}, steps)
    barred = world.seated()[0]
    world.bid_by_the_employer_of(barred)
    world.close()
    programs.until({("trustees", "wait_bidders")}, steps)
    world.identify()
    programs.until({("time", "wait_result")}, steps)
    assert [one["document"]["outcome"] for one in world.view().steps("round")] == ["FILLED"] * 2
    assert {seat["state"] for seat in world.view().seated} == {"checked_in"}
    assert told_of(world, barred) is None, "nobody is told before the result"
    world.act("award.issue")
    programs.until(set(), steps)
    everybody_learns_why(world, barred)
    the_panel_is_named(world, tmp_path)
    run = checked_alone(world.bundle(), tmp_path)
    assert run.returncode == 0, run.stdout + run.stderr
    assert not world.view().parcels(Step.TROUBLE)
    assert len(programs.killed) >= (20 if campaign else 3), programs.killed
    assert world.opened_elsewhere() == {name: set() for name in NAMES.values()}


def the_panel_is_named(world: World, folder: Path) -> None:
    """The service has the openings, the keepers the names: together they say who sat."""
    roll = folder / "roll.csv"
    people = world.pool.people
    roll.write_text("\n".join(["uid,name", *(f"{uid},{people[uid].name}" for uid in people)]))
    command = ["--keys", str(world.machines.keys("C")), "--draw", world.view().name]
    told = CliRunner().invoke(names, [*command, "--roll", str(roll)])
    assert told.exit_code == 0, told.output
    sitting = {seat["mask"] for seat in world.view().seated}
    rows = [Member(**row) for row in json.loads(told.output) if row["mask"] in sitting]
    strangers = [Member(row.mask, row.name, rows[0].opening) for row in rows]
    for members in (rows[1:], strangers):
        with pytest.raises(Invalid):
            name_all(world, members)
    name_all(world, rows)


def name_all(world: World, members: list[Member]) -> None:
    centre = world.machines.centre
    world.platform.perform(disclose, centre, world.project, section=world.section, members=members)


def told_of(world: World, uid: str) -> dict[str, Any] | None:
    with world.platform.read() as session:
        return own_proof(session, UUID(world.view().draw), uid)


def everybody_learns_why(world: World, barred: str) -> None:
    """Each of the pool gets a proof that holds, and none that was written over."""
    header = world.view().signed_header()
    told = {uid: told_of(world, uid) for uid in world.pool.people}
    for proof in told.values():
        assert proof is not None
        check_own(proof, header)
    mine = told[barred]
    assert mine is not None
    assert (mine["rule"], mine["barred"]) == ("", "employer_now")
    facts = mine["facts"]
    lies = (
        {"rule": "suspension"},
        {"facts": facts | {"employers": []}},
        {"index": int(mine["index"]) ^ 1},
        {"hh": "00" * 32},
        {"rules": mine["rules"] | {"cooling": 0}},
    )
    for lie in lies:
        with pytest.raises(DrawError):
            check_own(mine | lie, header)


OWNERS_TRACES = {
    "keeps share.json",
    "tells draw.commit",
    "tells draw.post dice0",
    "tells draw.reveal",
    "tells draw.throw_dice",
}
"""All that the tenderee's machine ever leaves, whichever draw it is of."""


def kind(trace: str) -> str:
    """A trace without whose it is and of which draw."""
    did, what = trace.split(maxsplit=2)[1:]
    return f"{did} {what.rpartition('/')[2]}".rstrip()


class Killed(BaseException):
    """The machine's process ended here, as by kill -9."""


@dataclass
class Cutter:
    """Ends a machine once after each thing that it ever does: a paper kept, gone, or told."""

    done: set[str] = field(default_factory=set)
    who: str = ""

    def after(self, effect: str) -> None:
        name = f"{self.who} {effect}"
        if name not in self.done:
            self.done.add(name)
            raise Killed(name)


@pytest.fixture
def cutter(monkeypatch: pytest.MonkeyPatch) -> Cutter:
    """Every way in which a machine leaves a trace, cut off right behind the trace."""
    cut = Cutter()
    write, drop, act = experts.custody._write, Papers.drop, Client.act

    def written(path: Path, data: bytes) -> None:
        write(path, data)
        cut.after(f"keeps {path.parent.name}/{path.name}")

    def dropped(papers: Papers, name: str) -> None:
        drop(papers, name)
        cut.after(f"destroys {name}")

    def acted(client: Client, action: str, inputs: Mapping[str, Any], *rest: Any) -> Any:
        told = act(client, action, inputs, *rest)
        if client.account in NAMES.values():
            cut.after(f"tells {action} {inputs.get('step', '')}{inputs.get('k', '')}")
        return told

    monkeypatch.setattr(experts.custody, "_write", written)
    monkeypatch.setattr(Papers, "drop", dropped)
    monkeypatch.setattr(Client, "act", acted)
    return cut


@dataclass
class Mortal:
    """A machine that is started anew whenever it was killed, with nothing but its folder."""

    world: World
    role: str
    cutter: Cutter
    loop: Loop | None = None
    deaths: int = 0

    def once(self) -> bool:
        self.loop = self.loop or Loop(self.world.side(self.role))
        self.cutter.who = self.role
        try:
            return self.loop.once()
        except Killed:
            self.loop, self.deaths = None, self.deaths + 1
            return True


def test_a_machine_killed_after_any_trace_it_leaves_comes_to_the_same_end(
    world: World, cutter: Cutter, tmp_path: Path
) -> None:
    world.begin()
    machines = {role: Mortal(world, role, cutter) for role in "CIT"}
    settle(world, machines, nobody)
    world.wait(DICE)
    settle(world, machines, nobody)
    world.declining = {world.invited()[0]}
    settle(world, machines, world.answer)
    drawn = world.view().seats()
    world.bid_by_the_employer_of(world.seated()[0])
    world.close()
    world.identify()
    settle(world, machines, lambda: world.answer() + world.check_in())
    world.act("award.issue")
    settle(world, machines, nobody)
    assert wants(world) == set()
    assert [each["mask"] for each in world.view().seats()[: len(drawn)]] == [
        each["mask"] for each in drawn
    ]
    assert checked_alone(world.bundle(), tmp_path).returncode == 0
    assert not world.view().parcels(Step.TROUBLE)
    assert {body["outcome"].get("done") for body in done_acts(world)} == {True}
    deaths = {role: one.deaths for role, one in machines.items()}
    assert deaths["C"] >= 50, deaths
    assert deaths["I"] >= 25, deaths
    assert {kind(name) for name in cutter.done if name.startswith("T ")} == OWNERS_TRACES
    assert deaths["T"] == 5, sorted(name for name in cutter.done if name.startswith("T "))
    for folder in (world.machines.keys("C"), world.machines.keys("I")):
        kept = folder / "draws" / world.view().name
        assert not (kept / "private.json").exists()
        assert not (kept / "post.key").exists()
