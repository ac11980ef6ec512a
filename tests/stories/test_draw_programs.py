"""A whole draw by three machines over HTTP: seen through, cut off anywhere, forged, looked into."""

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

import experts.custody
import experts.draw_verify
from experts.ceremony.closing import cancel
from experts.ceremony.mail.agenda import Todo, agenda
from experts.ceremony.mail.paper import Step
from experts.ceremony.mail.view import View
from experts.custody import Papers
from experts.draw.transcript import Contact
from monitor.record.disclosure import Audience, Viewer, timeline
from monitor.refusal import Invalid
from monitor.runtime.database import Addresses
from monitor.runtime.valkey import EmbeddedValkey
from tests.stories.draw_world import NAMES, World, a_world, an_account, settle
from webui.program.centre import filing, panel
from webui.program.centre.desk import Centre
from webui.program.client import Client, Refused
from webui.program.loop import Loop

DICE = 1000  # seconds until the dice may be thrown, and some
PATIENCE = 60.0


@pytest.fixture(scope="module")
def world(
    database: Addresses, valkey: EmbeddedValkey, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    with a_world(database, valkey.url, tmp_path_factory.mktemp("draw")) as made:
        yield made


def nobody() -> int:
    return 0


def the_loops(world: World) -> dict[str, Loop]:
    return {role: Loop(world.side(role)) for role in "CIT"}


def wants(world: World) -> set[tuple[str, str]]:
    return {(todo.who, todo.what) for todo in agenda(world.view())}


def checked_alone(bundle: bytes, folder: Path) -> subprocess.CompletedProcess[str]:
    """The verifier by itself, on a bare interpreter."""
    path = folder / "bundle.zip"
    path.write_bytes(bundle)
    command = [sys.executable, "-I", "-S", experts.draw_verify.__file__, str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def done_acts(world: World) -> list[dict[str, Any]]:
    """What the department may see of the draw, refused attempts included."""
    viewer = Viewer(Audience.INSPECTOR, world.machines.inspector.org)
    with world.platform.read() as session:
        rows = timeline(session, world.project, viewer)
    return [row.facts for row in rows if row.facts["action"].startswith("draw.")]


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
        deadline = time.monotonic() + PATIENCE
        while (now := wants(self.world)) != wanted:
            for role, what in now:
                if role in self.running and what in steps and (role, what) not in self.killed:
                    self.kill(role, what)
            assert time.monotonic() < deadline, f"{now}, not {wanted}: {self._last_words()}"
            self.world.answer()
            self.world.check_in()
            time.sleep(0.02)

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
    world.bid_by_the_employer_of(world.seated()[0])
    world.close()
    programs.until({("trustees", "wait_bidders")}, steps)
    world.identify()
    programs.until({("time", "wait_result")}, steps)
    assert [one["document"]["outcome"] for one in world.view().steps("round")] == ["FILLED"] * 2
    assert {seat["state"] for seat in world.view().seated} == {"checked_in"}
    world.act("award.issue")
    programs.until(set(), steps)
    run = checked_alone(world.bundle(), tmp_path)
    assert run.returncode == 0, run.stdout + run.stderr
    assert not world.view().parcels(Step.TROUBLE)
    assert len(programs.killed) >= (20 if campaign else 3), programs.killed


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
        cut.after(f"keeps {path.name}")

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
    assert deaths["T"] == 5, deaths
    for folder in (world.machines.keys("C"), world.machines.keys("I")):
        kept = folder / "draws" / world.view().name
        assert not (kept / "private.json").exists()
        assert not (kept / "post.key").exists()


def refused(world: World, client: Client, action: str, inputs: Mapping[str, Any]) -> Refused:
    """The platform's no, which is on record."""
    before = len(done_acts(world))
    with pytest.raises(Refused) as told:
        client.act(action, inputs, str(world.project))
    after = done_acts(world)
    assert len(after) == before + 1, "the refusal is not on record"
    assert after[-1]["outcome"]["refused"] == told.value.code
    return told.value


def the_clerk(world: World) -> Client:
    folder = world.machines.folder / "clerk"
    if "clerk" not in world.clients:
        an_account(world.keeping, world.machines.centre.person, "clerk", folder)
        world.clients["clerk"] = Client(world.url, "clerk", folder)
    return world.clients["clerk"]


def a_parcel(world: World, step: str, **document: Any) -> dict[str, Any]:
    return {"request": str(world.request), "step": step, "k": 0, "document": document}


def test_a_forged_parcel_is_refused_and_on_record(world: World) -> None:
    world.begin()
    settle(world, {"I": Loop(world.side("I"))}, nobody)
    clients = {role: world.side(role).client for role in "CIT"}
    forged = {
        "a clerk, though of the centre": (the_clerk(world), a_parcel(world, "filing", sealed="")),
        "the centre as the inspector": (clients["C"], a_parcel(world, "countersign", signature="")),
        "the owner as the inspector": (clients["T"], a_parcel(world, "countersign", signature="")),
        "the inspector throws dice": (clients["I"], a_parcel(world, "dice", digits="1" * 24)),
    }
    for who, (client, parcel) in forged.items():
        assert refused(world, client, "draw.post", parcel).code == "not_allowed", who
    twice = refused(world, clients["I"], "draw.post", a_parcel(world, "hello", recipient="age1x"))
    assert twice.code == "conflict"
    hello = world.view().parcel(Step.HELLO, "I")
    assert hello is not None
    assert hello["recipient"] != "age1x"


def test_nobody_reads_what_is_a_machines_alone(world: World) -> None:
    world.begin()
    settle(world, the_loops(world), nobody)
    clerk, owner = the_clerk(world), world.side("T").client
    expert = world.expert("E000001")
    for client in (clerk, expert):
        for path in ("/api/v1/draws", "/api/v1/draws/registry", f"/api/v1/draws/{world.request}"):
            with pytest.raises(Refused) as told:
                client.read(path)
            assert told.value.status == 403
    with pytest.raises(Refused):
        owner.read("/api/v1/draws/registry")
    with pytest.raises(Refused):
        clerk.read("/api/v1/letters")
    seen = owner.read(f"/api/v1/draws/{world.request}")
    assert {one["role"] for one in seen["parcels"]} <= {"T"}
    assert seen["seats"] == seen["answers"] == []
    assert "purchaser" not in seen


def test_a_caller_who_writes_down_no_answer_where_there_was_one_gets_no_signature(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.begin()
    loops = the_loops(world)
    settle(world, loops, nobody)
    world.wait(DICE)
    settle(world, loops, nobody)

    def lied(desk: Centre, view: View, todo: Todo) -> None:
        tries = [view.now, view.now + 300, view.now + 600]
        panel._end(desk, view, todo, Contact.NO_ANSWER, "00" * 32, tries)

    monkeypatch.setitem(panel.STEPS, "contact", lied)
    settle(world, loops, world.answer)
    assert wants(world) == {("I", "closing")}
    [trouble] = world.view().parcels(Step.TROUBLE)
    assert (trouble["role"], trouble["document"]["item"]) == ("I", "contacts")


def test_who_never_answers_is_called_three_times_and_another_is_drawn(world: World) -> None:
    world.begin()
    loops = the_loops(world)
    settle(world, loops, nobody)
    world.wait(DICE)
    settle(world, loops, nobody)
    world.silent = {world.invited()[0]}
    for _ in range(3):
        settle(world, loops, world.answer)
        assert ("E", "answer") in wants(world)
        world.wait(300)
    settle(world, loops, world.answer)
    states = [seat["state"] for seat in world.view().seats()]
    assert states.count("no_answer") == 1
    assert wants(world) == {("time", "wait_close")}


def test_the_agent_signs_no_header_that_was_not_asked_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.begin()
    plan = filing._plan
    monkeypatch.setattr(
        filing, "_plan", lambda *told: replace(plan(*told), strata=((1, 2), (2, 3)))
    )
    settle(world, the_loops(world), nobody)
    assert wants(world) == {("I", "countersign")}
    [trouble] = world.view().parcels(Step.TROUBLE)
    assert (trouble["role"], trouble["document"]["item"]) == ("I", "header.strata")


def test_a_draw_whose_times_passed_unused_is_cancelled_and_asked_for_again(
    world: World, tmp_path: Path
) -> None:
    world.begin()
    loops = the_loops(world)
    del loops["T"]
    settle(world, loops, nobody)
    world.wait(DICE)
    settle(world, loops, nobody)
    assert wants(world) == {("staff", "too_late")}
    draw = UUID(world.view().draw)
    world.platform.perform(
        cancel, world.machines.inspector, world.project, draw=draw, order="00" * 32, reason="逾期"
    )
    assert wants(world) == set()
    with pytest.raises(Invalid):
        world.ask()
    world.ask("业主端离线，逾期 / the owner was away")
    loops = the_loops(world)
    settle(world, loops, nobody)
    world.wait(DICE)
    settle(world, loops, world.answer)
    header = world.view().header
    assert header is not None
    assert header.number("seq") == 1
    assert wants(world) == {("time", "wait_close")}
