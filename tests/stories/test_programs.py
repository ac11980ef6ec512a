"""The second trade, played by programs alone: each on its own keys, over HTTP, killed on the way."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from bidding.envelope.capsule import Kind
from bidding.hall.asked import State, asked_in
from bidding.hall.reveal import opening_record_of
from bidding.hall.stage import step
from bidding.hall.unlock import batches, releases
from bidding.submission import standing_bids
from monitor.log.tile import TileStore
from monitor.runtime.settings import Settings
from tests import spy
from tests.served import standing
from tests.stories.memory import backed_up, in_memory, processes
from tests.stories.rest import in_files
from tests.trial import CEILING, Trial, a_copy, a_trial
from trading.money import capital_amount
from trading.notice.participation import participants
from webui.demo.account import PASSWORD
from webui.demo.second import OFFERS, RIVALS, SILENT
from webui.house import log_folder, stand_in_folder
from webui.program.client import Client, Refused

PATIENCE = 120.0
PRICES = frozenset(capital_amount(CEILING * offer // 1000 // 100 * 100) for offer in OFFERS)
"""The bids' prices in words: what no process and no backup has before UNLOCK."""
OWN = ("gunicorn", "webui.serve.work.worker", "webui.serve.scheduling", "webui.serve.sequencing")


@dataclass
class Served:
    """A served copy of the demo folder, with everybody who stands beside it."""

    url: str
    settings: Settings
    trial: Trial
    report: Path
    killed: list[int] = field(default_factory=list)

    def pid(self, *words: str) -> int:
        """The process of a stand-in, by its command line and its folder."""
        folder = str(stand_in_folder(self.settings))
        command = ["ps", "-axww", "-o", "pid=", "-o", "command="]
        run = subprocess.run(command, capture_output=True, text=True, check=True)
        for line in run.stdout.splitlines():
            number, _, told = line.strip().partition(" ")
            if " ".join(words) in told and folder in told:
                return int(number)
        return 0

    def wait_for(self, what: str, found: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + PATIENCE
        while not (value := found()):
            assert time.monotonic() < deadline, f"{what}: {self.logs()}"
            time.sleep(0.2)
        return value

    def kill(self, *words: str) -> None:
        """End a stand-in at once; whoever tends it starts it again."""
        pid = self.wait_for(" ".join(words), lambda: self.pid(*words))
        os.kill(pid, signal.SIGKILL)
        self.killed.append(pid)
        self.wait_for("started again", lambda: self.pid(*words) not in {0, *self.killed})

    def logs(self) -> str:
        folder = stand_in_folder(self.settings)
        logs = [*folder.glob("*.log"), *self.settings.data.glob("[sw]*.log")]
        return "\n".join(f"{path.name}: {path.read_text()[-1500:]}" for path in logs)

    def ask(self, query: Any, *args: Any) -> Any:
        return self.trial.ask(query, self.trial.project, self.trial.section, *args)

    def states(self) -> dict[Kind, State]:
        found = self.trial.ask(asked_in, self.trial.project, self.trial.now)
        return {ask.kind: ask.state for ask in found}

    def size(self) -> int:
        note = TileStore(log_folder(self.settings)).read_checkpoint().decode()
        return int(note.splitlines()[1])


@pytest.fixture
def served(
    shared: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("programs")
    settings = a_copy(shared, folder)
    for name, value in spy.environment(
        str(stand_in_folder(settings)), str(folder / "report")
    ).items():
        monkeypatch.setenv(name, value)
    with standing(settings.data) as url, a_trial(settings) as trial:
        yield Served(url, settings, trial, folder / "report")


def test_programs_alone_bid_witness_unlock_and_come_back_when_killed(
    served: Served, tmp_path: Path
) -> None:
    trial = served.trial
    trial.open_bidding()
    served.wait_for("three bids", lambda: len(served.ask(standing_bids)) == len(RIVALS))

    # A silent witness: the log goes on, CLOSE stands in it, and no trustee gives anything.
    silenced = served.pid("witness", "run")
    assert silenced
    os.kill(silenced, signal.SIGSTOP)
    trial.until(trial.deadline + timedelta(seconds=1))
    served.wait_for("CLOSE", lambda: served.ask(step, "opening.close"))
    grown = served.size() + 32
    served.wait_for("the log goes on", lambda: served.size() >= grown)
    assert served.states() == dict.fromkeys(Kind, State.CLOSE_UNWITNESSED)
    served.wait_for("they say so", lambda: says(served, "trustee-1") == "waiting")
    assert (served.ask(batches), served.ask(releases)) == ([], {})
    served.kill("witness", "run")

    # It comes back, from what it has on disk; the trustees' program is killed amid its answers.
    served.wait_for("a first answer", lambda: served.ask(batches, Kind.NOTE))
    served.kill("trustee", "run")
    served.wait_for("three answers", lambda: len(served.ask(batches, Kind.NOTE)) == 3)
    served.wait_for("two keys", lambda: len(served.ask(releases)) == len(RIVALS) - 1)
    served.wait_for("the names", lambda: len(trial.ask(participants, trial.project)) == len(RIVALS))
    assert {one.name for one in trial.ask(participants, trial.project)} == set(RIVALS)
    assert served.states()[Kind.BID] is State.BIDDERS_WINDOW
    assert served.ask(batches, Kind.BID) == []

    # The bidders' own time is over: the silent one is opened by its trustees.
    trial.until(trial.now + timedelta(minutes=31))
    served.wait_for("the shares", lambda: served.states()[Kind.BID] is State.ENOUGH)
    assert found_by_a_thief(served, tmp_path) == set()
    ways = owner(served, tmp_path, "opening.unlock")
    assert sorted(ways.values()) == ["released", "released", "shares"]
    owner(served, tmp_path, "opening.reveal")
    assert read_out(served) == {
        name: CEILING * offer // 1000 // 100 * 100
        for name, offer in zip(RIVALS, OFFERS, strict=True)
    }
    assert found_by_a_thief(served, tmp_path) == set(PRICES), "the search finds what is there"
    silent = next(bid for bid, way in ways.items() if way == "shares")
    assert bid_of(served, RIVALS[SILENT - 1]) == silent

    # Nothing of the platform's own has looked into the folders of those beside it.
    told = [line.split("\t") for line in served.report.read_text().splitlines()]
    for name in OWN:
        assert [line for line in told if line[0] == "watched" and name in line[2]], name
        assert [line for line in told if line[0] == "opened" and name in line[2]] == []


def test_the_spy_reports_what_is_opened(tmp_path: Path) -> None:
    """The negative control of the test above."""
    folder, report = tmp_path / "folder", tmp_path / "report"
    folder.mkdir()
    (folder / "identity.txt").write_text("secret")
    root = str(Path(__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": root, **spy.environment(str(folder), str(report))}
    for way in ("open({!r}).read()", "import os; os.listdir({!r} + '/..')"):
        line = way.format(str(folder / "identity.txt")).replace("identity.txt' + '/..'", "'")
        subprocess.run([sys.executable, "-P", "-c", line], env=environment, check=True)
    words = [line.split("\t")[0] for line in report.read_text().splitlines()]
    assert words == ["watched", "opened"] * 2


def found_by_a_thief(served: Served, folder: Path) -> set[str]:
    """Which prices lie in a backup and in the memory of the platform's own processes."""
    backup = stolen(served, folder, PRICES)
    if sys.platform != "linux":
        return backup
    memory = set().union(*dumped(served, PRICES).values())
    assert memory == backup, "memory and backup tell alike"
    return memory


def dumped(served: Served, words: frozenset[str]) -> dict[str, set[str]]:
    """Which of these words stand in the memory of which of the platform's own processes."""
    beside = stand_in_folder(served.settings)
    own = processes(served.settings.data, beside)
    for name in (*OWN, "postgres", "valkey"):
        assert any(name in command for command in own.values()), name
    looked = set[str]()
    found = {pid: in_memory(pid, words, looked) for pid in own}
    return {own[pid]: told for pid, told in found.items() if told}


def stolen(served: Served, folder: Path, words: frozenset[str]) -> set[str]:
    """Which of these words a backup of the database holds, in whatever form."""
    (folder / "stolen").mkdir(exist_ok=True)
    url = served.trial.house.ground.database.superuser_url
    backed_up(url, folder / "stolen" / "backup.sql")
    found = in_files([folder / "stolen"], *words)
    return {word for word, places in found.items() if places}


def says(served: Served, account: str) -> str:
    """What that trustee's own program says, as its page shows it: a word, not what it has done."""
    log = (stand_in_folder(served.settings) / "trustees.log").read_text()
    words = [line.split()[3] for line in log.splitlines() if f" {account}: " in line]
    return next((word for word in reversed(words) if word.isascii() and word.isidentifier()), "")


def owner(served: Served, keys: Path, action: str) -> Any:
    """Act as the tenderee, by JSON, once the step before is witnessed."""
    (keys / "password").write_text(PASSWORD)
    client = Client(served.url, "owner", keys)

    def tried() -> Any:
        try:
            return client.act(
                action, {"section": str(served.trial.section)}, str(served.trial.project)
            )
        except Refused as refused:
            if refused.code == "wrong_stage":
                return None
            raise

    return served.wait_for(action, tried)


def rows(served: Served) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(served.ask(opening_record_of))["bids"]
    return found


def read_out(served: Served) -> dict[str, int]:
    return {row["name"]: int(row["price_fen"]) for row in rows(served)}


def bid_of(served: Served, name: str) -> str:
    return next(str(UUID(row["bid"])) for row in rows(served) if row["name"] == name)
