"""kill -9 of every process under load: nothing acknowledged is lost, nothing is there twice."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from monitor.record.demo import advance
from monitor.record.identity import moment_of
from monitor.record.platform import Platform
from monitor.role import SYSTEM
from tests.stories.killing import (
    VICTIMS,
    Served,
    a_clerk,
    a_world_in,
    counted,
    joined,
    served,
    tenders,
    until,
)
from tests.stories.world import SECOND, Tender
from trading.notice.message.message import STALE
from webui.cli.audit import audit

ROOMS = "SELECT name, count(*) FROM room GROUP BY name"
PEOPLE = "SELECT name, count(*) FROM person GROUP BY name"
CLOSED = "SELECT project::text, count(*) FROM closing GROUP BY project"
DONE = """
SELECT b ->> 'project' || ' ' || (b ->> 'action'), count(*)
FROM (SELECT convert_from(body, 'UTF8')::jsonb AS b FROM opening) o
WHERE b -> 'outcome' ? 'done' AND b ->> 'action' IN ('opening.close', 'opening.fail') GROUP BY 1
"""
WORK = "SELECT state, count(*) FROM due_work GROUP BY state"
MESSAGES = "SELECT m.id, m.record, m.sent_at FROM message m JOIN address a ON a.person = m.person"
TWICE = "SELECT 'leaf', count(*) - count(DISTINCT record_id) FROM leaf WHERE record_id IS NOT NULL"
WAITING = "SELECT 'pending', count(*) FROM pending"


@dataclass(slots=True)
class Run:
    """A run of kills: what was served, the tenders whose deadlines passed, seconds until CLOSE."""

    here: Served
    platform: Platform
    trades: list[Tender]
    kills: int
    late: dict[str, float] = field(default_factory=dict)
    away: list[float] = field(default_factory=list)

    def figures(self) -> str:
        """What a campaign's note quotes: kills, seconds until all was there, CLOSE after that."""
        api, direct = self.here.by_api, self.here.direct
        late = ", ".join(f"{name} {seconds:.1f}" for name, seconds in self.late.items())
        return (
            f"{self.kills} kills; acknowledged {len(api.acknowledged)} by API, "
            f"{len(direct.acknowledged)} directly, {api.troubles + direct.troubles} troubles; "
            f"whole again after {min(self.away):.1f} to {max(self.away):.1f} s; "
            f"CLOSE after that: {late} s"
        )


def one_kill(run: Run, victim: str, trade: Tender | None) -> None:
    """Let a deadline pass while the victim is dead, and wait until all is well again."""
    here, platform = run.here, run.platform
    if victim in {"postgres", "supervisor"} and trade is not None:
        platform.perform(advance, SYSTEM, None, to=trade.deadline + SECOND)
    killed = here.kill(victim)
    begun = time.monotonic()
    if victim not in {"postgres", "supervisor"} and trade is not None:
        platform.perform(advance, SYSTEM, None, to=trade.deadline + SECOND)
    here.await_all(killed)
    again = time.monotonic()
    run.away.append(again - begun)
    if trade is not None:
        until(lambda: closed(platform).get(str(trade.id)), lambda: here.log("scheduler"))
        run.late[victim] = time.monotonic() - again


def closed(platform: Platform) -> dict[str, int]:
    return counted(platform, CLOSED)


@pytest.fixture(scope="module")
def run(request: pytest.FixtureRequest, campaign: bool) -> Iterator[Run]:
    factory: pytest.TempPathFactory = request.getfixturevalue("tmp_path_factory")
    kills, folder = 100 if campaign else 20, factory.mktemp("kill")
    with served(folder) as here, joined(here) as platform:
        trades = tenders(a_world_in(platform, folder), len(VICTIMS))
        writers = [threading.Thread(target=here.write_directly, args=(platform,))]
        for number in range(2):
            name = f"clerk-{number}"
            a_clerk(here, platform, name)
            writers.append(threading.Thread(target=here.write_by_api, args=(name,)))
        for each in writers:
            each.start()
        made = Run(here, platform, trades, kills)
        try:
            for number in range(kills):
                victim = VICTIMS[number % len(VICTIMS)]
                one_kill(made, victim, trades[number] if number < len(trades) else None)
        finally:
            here.ending.set()
            for each in writers:
                each.join()
        until(lambda: settled(platform), lambda: str(counted(platform, WORK)))
        request.config.get_terminal_writer().line(f"\n{made.figures()}")
        yield made


def settled(platform: Platform) -> bool:
    """Tell whether every job is done and every record has its place."""
    work = counted(platform, WORK)
    return set(work) <= {"done"} and counted(platform, WAITING)["pending"] == 0


def test_writers_wrote_all_the_time(run: Run) -> None:
    for tale in (run.here.by_api, run.here.direct):
        assert len(tale.acknowledged) > run.kills
        assert tale.troubles > 0, "nobody noticed that anything was killed"


def test_what_was_acknowledged_is_there_and_nothing_is_there_twice(run: Run) -> None:
    rooms, people = counted(run.platform, ROOMS), counted(run.platform, PEOPLE)
    assert run.here.by_api.acknowledged <= set(rooms)
    assert run.here.direct.acknowledged <= set(people)
    assert set(rooms.values()) == {1}
    assert {people[name] for name in run.here.direct.sent if name in people} == {1}


def test_every_deadline_was_met_once_and_the_failed_openings_declared_once(run: Run) -> None:
    assert closed(run.platform) == {str(trade.id): 1 for trade in run.trades}
    done = counted(run.platform, DONE)
    assert done == {
        f"{trade.id} {name}": 1
        for trade in run.trades
        for name in ("opening.close", "opening.fail")
    }


def test_every_job_is_done_and_every_mail_is_there_once(run: Run) -> None:
    """What demo time had made old before it was told has no mail (trading/notice/message)."""
    with run.platform.read() as session:
        told = session.execute(text(MESSAGES)).all()
    fresh = [str(id_) for id_, record, at in told if at - moment_of(record) < STALE]
    sent = sorted(path.stem for path in (run.here.data / "mail").glob("*.eml"))
    assert sent == sorted(fresh)
    assert len(sent) > len(run.trades)


def test_the_log_holds_every_record_once_and_the_audit_is_clean(run: Run) -> None:
    assert counted(run.platform, TWICE) == {"leaf": 0}
    told = CliRunner().invoke(audit, ["--data", str(run.here.data)])
    assert told.exit_code == 0, told.output
    assert "无差异 / clean" in told.output


def test_no_process_left_a_password_in_its_log(run: Run, tmp_path: Path) -> None:
    secrets = [path.read_text("utf-8").strip() for path in (run.here.data / "secrets").iterdir()]
    logs = [path.read_text("utf-8", "replace") for path in run.here.data.glob("*.log")]
    assert not [word for word in secrets for log in logs if word in log]
