"""Two key holders are destroyed after bids are in; programs alone put a successor in one's place."""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bidding.envelope.capsule import Kind
from bidding.envelope.trustee.holder import Trustee
from bidding.hall.asked import State, asked_in
from bidding.hall.reveal import opening_record_of
from bidding.hall.stage import step
from bidding.hall.succession.place import State as Following
from bidding.hall.succession.place import dealt_keys, successions
from bidding.hall.unlock import batches
from bidding.submission import standing_bids
from bidding.terms import roster_of
from monitor.role import SYSTEM, Actor, Role
from monitor.runtime.settings import Settings
from tests.builders import an_actor
from tests.served import standing
from tests.trial import CEILING, Trial, a_copy, a_trial
from trading.account.credential import Chosen
from trading.account.proof.password import Hasher
from trading.account.stand_in import stand_in
from webui.artefact.keys import FILE
from webui.demo.account import PASSWORD
from webui.demo.second import OFFERS, RIVALS
from webui.house import stand_in_folder
from webui.program.client import Client, Refused
from webui.program.trustee.command import trustee

PATIENCE, SEAT = 150.0, 2
ROOT = Path(__file__).parents[2]


@dataclass
class Stage:
    """A served copy of the demo folder, and whoever acts in it over HTTP."""

    url: str
    settings: Settings
    trial: Trial
    folder: Path

    @property
    def keys(self) -> Path:
        return stand_in_folder(self.settings)

    @property
    def project(self) -> str:
        return str(self.trial.project)

    def wait_for(self, what: str, found: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + PATIENCE
        while not (value := found()):
            assert time.monotonic() < deadline, f"{what}: {self.logs()}"
            time.sleep(0.3)
        return value

    def logs(self) -> str:
        logs = [*self.keys.glob("trustees.log"), self.folder / "successor.log"]
        return "\n".join(f"{p.name}: {p.read_text()[-2500:]}" for p in logs if p.exists())

    def client(self, account: str) -> Client:
        folder = self.folder / f"person-{account}"
        folder.mkdir(exist_ok=True)
        (folder / "password").write_text(PASSWORD)
        return Client(self.url, account, folder)

    def act(self, account: str, action: str, **inputs: Any) -> Any:
        return self.client(account).act(action, inputs, self.project)

    def tried(self, account: str, action: str, **inputs: Any) -> Any:
        """Act once the step before is witnessed."""

        def act() -> Any:
            try:
                return self.act(account, action, **inputs) or True
            except Refused as refused:
                if refused.code == "wrong_stage":
                    return None
                raise

        return self.wait_for(action, act)

    def ask(self, query: Any, *args: Any) -> Any:
        return self.trial.ask(query, self.trial.project, self.trial.section, *args)

    def following(self) -> Following | None:
        rows = self.trial.ask(successions, self.trial.project)
        return rows[-1].state if rows else None

    def bids_state(self) -> State:
        found = self.trial.ask(asked_in, self.trial.project, self.trial.now)
        state: State = next(ask.state for ask in found if ask.kind is Kind.BID)
        return state


@pytest.fixture
def stage(shared: Path, tmp_path: Path) -> Iterator[Stage]:
    settings = a_copy(shared, tmp_path)
    with standing(settings.data) as url, a_trial(settings) as trial:
        yield Stage(url, settings, trial, tmp_path)


def run(*words: str) -> None:
    """A trustee's own command, which must not fail."""
    done = CliRunner().invoke(trustee, list(words))
    assert done.exit_code == 0, done.output + str(done.exception)


def a_successor(stage: Stage) -> tuple[Actor, Path]:
    """A person of another body, appointed, with an account and a folder of keys of its own."""
    house = stage.trial.house
    actor = an_actor(house.platform, Role.TRUSTEE)
    people, chosen = {actor.person: "successor"}, Chosen(Hasher().made(PASSWORD))
    house.platform.perform(stand_in, SYSTEM, None, people=people, chosen=chosen)
    folder = stage.folder / "successor"
    Trustee.create(folder)
    shutil.copy(stage.keys / "trustee-1" / FILE, folder / FILE)
    (folder / "password").write_text(PASSWORD)
    return actor, folder


@contextmanager
def program(stage: Stage, folder: Path) -> Iterator[None]:
    """The successor's own program, elsewhere, over HTTP alone."""
    words = [
        sys.executable, "-P", "-m", "webui.cli", "trustee", "run", "--stand-in",
        "--url", stage.url, "--keys", str(folder),
    ]  # fmt: skip
    log = stage.folder / "successor.log"
    with log.open("wb") as said:
        child = subprocess.Popen(
            words, cwd=stage.folder, env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=said, stderr=said,
        )  # fmt: skip
        try:
            yield
        finally:
            child.send_signal(signal.SIGINT)
            child.wait(30)


def test_a_destroyed_trustee_is_followed_by_programs_alone(stage: Stage) -> None:
    trial = stage.trial
    trial.open_bidding()
    stage.wait_for("keys dealt", lambda: len(trial.ask(dealt_keys, [trial.project])) == 5)
    stage.wait_for("three bids", lambda: len(stage.ask(standing_bids)) == len(RIVALS))
    before = trial.ask(roster_of, trial.project)
    lost = before.seats[SEAT - 1].devices[0].recipient

    # The folder is gone: keys, pinned keys, answers, everything.
    shutil.rmtree(stage.keys / f"trustee-{SEAT}")
    actor, folder = a_successor(stage)
    word = stage.folder / "word.json"
    run("accept", str(word), "--project", stage.project, "--seat", str(SEAT), "--lost", lost,
        "--keys", str(folder))  # fmt: skip
    acceptance = base64.b64encode(word.read_bytes()).decode()
    asked = {"seat": str(SEAT), "why": "保管设备毁损", "person": str(actor.person),
             "kind": "supervisor", "acceptance": acceptance}  # fmt: skip
    with program(stage, folder):
        made = stage.act("owner", "succession.ask", **asked)
        with pytest.raises(Refused) as early:
            stage.act("trustee-4", "succession.confirm", succession=made)
        assert early.value.code == "too_early"
        trial.until(trial.now + timedelta(minutes=11))
        stage.act("trustee-4", "succession.confirm", succession=made)
        stage.wait_for("the successor", lambda: stage.following() is Following.PLACED)

        # Two more are gone: what is left is a quorum with the successor, and none without.
        for number in (4, 5):
            shutil.rmtree(stage.keys / f"trustee-{number}")
        trial.until(trial.deadline + timedelta(seconds=1))
        stage.wait_for("CLOSE", lambda: stage.ask(step, "opening.close"))
        stage.wait_for("the names", lambda: len(stage.ask(batches, Kind.NOTE)) == 3)
        assert {row.seat for row in stage.ask(batches, Kind.NOTE)} == {1, SEAT, 3}
        stage.wait_for("a seal check", lambda: stage.ask(step, "opening.check_seal"))
        trial.until(trial.now + timedelta(minutes=31))
        stage.wait_for("the shares", lambda: stage.bids_state() is State.ENOUGH)
    stage.tried("owner", "opening.unlock", section=str(trial.section))
    stage.tried("owner", "opening.reveal", section=str(trial.section))
    rows = json.loads(stage.ask(opening_record_of))["bids"]
    assert {row["name"]: int(row["price_fen"]) for row in rows} == {
        name: CEILING * offer // 1000 // 100 * 100
        for name, offer in zip(RIVALS, OFFERS, strict=True)
    }
    assert trial.ask(roster_of, trial.project) == before, "what bids were sealed to never changed"
