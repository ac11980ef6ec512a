"""Roles × acts × states: one whole trade is played, and each of its acts is asked for again.

At the end of every stage a copy of the database is kept. Afterwards each act of the trade, with the
very inputs with which it was done, is asked for by a person of every role in every copy, and undone
again. The table says where it may be done; everywhere else, and by everybody else, it is refused.

Where the code says otherwise than the table, the test leaves the table as it would have to be.
"""

from __future__ import annotations

import json
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID

from monitor.clock import MovableClock
from monitor.record.action import Action
from monitor.record.platform import Platform, _Performance
from monitor.refusal import Refusal
from monitor.role import SYSTEM, Actor, Role
from monitor.runtime.database import Addresses, create_database, libpq
from monitor.runtime.program import postgres_folder
from monitor.runtime.settings import load
from monitor.runtime.valkey import EmbeddedValkey
from tests.conftest import Server
from tests.stories.memory import backed_up
from trading.notice.progress import stage_of
from trading.registration.stage import AFTER, ORDER, Stage
from trading.supervision.standstill.suspension import suspend
from trading.supervision.standstill.termination import terminate
from webui.demo.narrator import Narrator
from webui.demo.real import plan_from_files
from webui.demo.stage import set_stage
from webui.demo.story import play

TABLE = Path(__file__).with_name("state_matrix.toml")
STAGES = frozenset(
    {
        Stage.FILED, Stage.RETURNED, Stage.ACCEPTED, Stage.ANNOUNCED, Stage.BIDDING, Stage.CLOSED,
        Stage.OPENED, Stage.EVALUATED, Stage.CANDIDATES, Stage.AWARDED, Stage.CONTRACTED,
        Stage.ARCHIVED,
    }
)  # fmt: skip
"""The stages that a trade goes through which comes to its end."""
MADE: dict[Stage, tuple[Action[..., Any], Role]] = {
    Stage.SUSPENDED: (suspend, Role.DEPARTMENT), Stage.TERMINATED: (terminate, Role.TENDEREE)
}  # fmt: skip
"""Stages outside of that order, and how a trade that takes bids comes to them."""
Matrix = dict[str, dict[str, list[str]]]


@dataclass(frozen=True, slots=True)
class Asked:
    """An act of the trade as it was asked for, and how it ended."""

    performance: _Performance
    args: tuple[Any, ...]
    inputs: dict[str, Any]
    stage: Stage
    done: bool


@dataclass(frozen=True, slots=True)
class Copy:
    """The database as it stood when a stage ended."""

    stage: Stage
    moment: datetime
    dump: Path


@dataclass
class Watch:
    """Looks over the platform's shoulder while the trade is played."""

    folder: Path
    superuser_url: str
    project: UUID | None = None
    asked: list[Asked] = field(default_factory=list)
    copies: dict[Stage, Copy] = field(default_factory=dict)
    stage: Stage = Stage.UNKNOWN
    moment: datetime | None = None

    def before(self, platform: Platform, performance: _Performance) -> None:
        """Keep a copy where time has ended a stage, and where this act is about to."""
        if performance.action.name == "project.register":
            self.project = performance.project
        self._arrive(platform)
        if performance.project == self.project and performance.action.name in AFTER:
            self._keep()

    def after(self, platform: Platform, performance: _Performance) -> None:
        """Note which stage an act has led to; what time leads to is seen before the next one."""
        if performance.project == self.project and performance.action.name in AFTER:
            self.stage = self._stage(platform)

    def end(self, platform: Platform) -> None:
        """Keep a copy of what the whole trade leaves behind."""
        self._arrive(platform)
        self._keep()

    def _arrive(self, platform: Platform) -> None:
        if self.project is None:
            return
        found = self._stage(platform)
        if found is not self.stage:
            self._keep()
        self.stage, self.moment = found, platform.clock.now()

    def _stage(self, platform: Platform) -> Stage:
        assert self.project
        with platform.read() as session:
            return stage_of(session, self.project, platform.clock.now())

    def _keep(self) -> None:
        if self.stage is not Stage.UNKNOWN and self.moment is not None:
            dump = backed_up(self.superuser_url, self.folder / f"{self.stage}.sql")
            self.copies[self.stage] = Copy(self.stage, self.moment, dump)


@contextmanager
def watching(watch: Watch) -> Iterator[None]:
    """Call the watch before each act that is performed, and note how it ended."""
    commit = Platform._commit

    def seen(platform: Platform, performance: Any, args: Any, inputs: Any) -> object:
        watch.before(platform, performance)
        at, done = watch.stage, False
        try:
            result = commit(platform, performance, args, inputs)
            done = True
            return result
        finally:
            watch.after(platform, performance)
            if performance.project is not None and performance.project == watch.project:
                watch.asked.append(Asked(performance, args, inputs, at, done))

    Platform._commit = seen  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        Platform._commit = commit  # type: ignore[method-assign]


def played(watch: Watch, database: Addresses, valkey_url: str, folder: Path) -> None:
    """Play the demo's trade on the test's own servers, the watch beside it."""
    environ = {
        "BATONG_DATABASE_URL": database.app_url,
        "BATONG_DATABASE_OWNER_URL": database.owner_url,
        "BATONG_DATABASE_SEQUENCER_URL": database.sequencer_url,
        "BATONG_REDIS_URL": valkey_url,
    }
    settings = load(environ, data=folder / "data", demo=True)
    plan = plan_from_files(None, None, None, None)
    told = Narrator(StringIO(), 63)
    with (
        watching(watch),
        set_stage(settings, folder / "stand-ins", plan.at(0, "08:00"), told) as stage,
    ):
        play(stage, plan)
        watch.end(stage.platform)
    told.close()


@contextmanager
def restored(server: Server, copy: Copy) -> Iterator[Platform]:
    """The platform as it stood when a stage ended, its clock standing still."""
    name = f"state_{copy.stage}"
    create_database(server.superuser_url, name)
    found = server.addresses(name)
    command = (postgres_folder() / "psql", "-qv", "ON_ERROR_STOP=1", "-f", copy.dump)
    address = libpq(found.superuser_url)
    subprocess.run([*map(str, command), address], check=True, capture_output=True)
    platform = Platform(found.app_url, MovableClock(copy.moment), alarm=lambda _: None)
    try:
        yield platform
    finally:
        platform.close()
        server.drop(name)


def outcome(platform: Platform, asked: Asked, actor: Actor) -> Refusal | None:
    """Ask for the act and undo it; its refusal, None where it was done. Raises its fault."""
    told = asked.performance
    again = _Performance(platform.clock, told.action, actor, told.project)
    with platform.engine.connect() as connection:
        transaction = connection.begin()
        try:
            result = again.run(connection, asked.args, asked.inputs)
        finally:
            transaction.rollback()
    return result if isinstance(result, Refusal) else None


def cast(asked: list[Asked]) -> dict[Role, Actor]:
    """One person of each role that did something in the trade."""
    found = {each.performance.actor.role: each.performance.actor for each in asked if each.done}
    return found | {Role.SYSTEM: SYSTEM}


def tried(server: Server, watch: Watch) -> Iterator[tuple[str, Role, Stage]]:
    """Yield what was done: in the play itself, and asked for again at the end of each stage."""
    acts: dict[str, list[Asked]] = {}
    for each in watch.asked:
        if each.done:
            acts.setdefault(each.performance.action.name, []).append(each)
            yield each.performance.action.name, each.performance.actor.role, each.stage
    people = cast(watch.asked)
    for copy in watch.copies.values():
        with restored(server, copy) as platform:
            yield from ((*each, copy.stage) for each in allowed(platform, acts, people))
    for stage, (verb, role) in MADE.items():
        with restored(server, watch.copies[Stage.BIDDING]) as platform:
            platform.perform(verb, people[role], watch.project, article="依据", reason="核查")
            yield from ((*each, stage) for each in allowed(platform, acts, people))


def allowed(
    platform: Platform, acts: Mapping[str, list[Asked]], people: Mapping[Role, Actor]
) -> Iterator[tuple[str, Role]]:
    """Yield which act whom would be let do: the first and the last one of each name are asked."""
    for name, every in acts.items():
        for role, person in people.items():
            for asked in {id(one): one for one in (every[0], every[-1])}.values():
                own = asked.performance.actor
                actor = own if own.role is role else person
                if outcome(platform, asked, actor) is None:
                    yield name, role


def matrix(server: Server, database: Addresses, valkey_url: str, folder: Path) -> Matrix:
    """Play the trade and ask for all of it again; return act -> role -> stages, in order."""
    watch, found = Watch(folder, database.superuser_url), set[tuple[str, Role, Stage]]()
    played(watch, database, valkey_url, folder)
    assert {*watch.copies} >= STAGES
    found.update(tried(server, watch))
    table: Matrix = {}
    for name, role, stage in sorted(found, key=lambda one: (one[0], one[1], ORDER.index(one[2]))):
        table.setdefault(name, {}).setdefault(role.value, []).append(stage.value)
    return table


def as_toml(table: Matrix) -> str:
    """Write the table as the file has it."""
    lines = ["# act → role → the stages of the trade at which it may do what it did in the demo."]
    for name, roles in table.items():
        told = ", ".join(f"{role} = {json.dumps(stages)}" for role, stages in roles.items())
        lines.append(f'"{name}" = {{ {told} }}')
    return "\n".join(lines) + "\n"


def test_each_act_is_refused_to_everybody_at_every_stage_but_where_the_table_has_it(
    migrated: Server, database: Addresses, valkey: EmbeddedValkey, tmp_path: Path
) -> None:
    found = matrix(migrated, database, valkey.url, tmp_path)
    written = tomllib.loads(TABLE.read_text("utf-8"))
    if found != written:
        (tmp_path / TABLE.name).write_text(as_toml(found), "utf-8")
    assert found == written, f"as it is now: {tmp_path / TABLE.name}"
