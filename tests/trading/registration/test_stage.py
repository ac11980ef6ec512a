"""The stage is what the facts and the clock say, whoever is late in writing it down."""

from datetime import UTC, datetime, timedelta

import pytest

from monitor.law.duty import Fact
from trading.registration.stage import AFTER, Stage, stage

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DEADLINE = START + 20 * HOUR
PATH = [
    ("project.register", Stage.FILED),
    ("project.return_defects", Stage.RETURNED),
    ("project.resubmit", Stage.FILED),
    ("project.accept", Stage.ACCEPTED),
    ("notice.publish", Stage.ANNOUNCED),
    ("document.issue", Stage.BIDDING),
    ("opening.close", Stage.CLOSED),
    ("opening.reveal", Stage.OPENED),
    ("evaluation.report", Stage.EVALUATED),
    ("candidates.publish", Stage.CANDIDATES),
    ("award.issue", Stage.AWARDED),
    ("contract.sign", Stage.CONTRACTED),
    ("archive.file", Stage.ARCHIVED),
]


def facts(*actions: str) -> list[Fact]:
    return [Fact(name, START + HOUR * n, frozenset()) for n, name in enumerate(actions)]


@pytest.mark.parametrize("steps", range(1, len(PATH) + 1))
def test_each_act_brings_the_trade_one_stage_on(steps: int) -> None:
    done = facts(*(name for name, _ in PATH[:steps]))
    assert stage(done, DEADLINE, done[-1].at) is PATH[steps - 1][1]


def test_before_anything_is_done_the_stage_is_unknown() -> None:
    assert stage([], None, START) is Stage.UNKNOWN
    assert stage(facts("project.register"), None, START - HOUR) is Stage.UNKNOWN


def test_a_late_closing_job_keeps_no_door_open() -> None:
    done = facts("project.register", "project.accept", "notice.publish", "document.issue")
    second = timedelta(seconds=1)
    assert stage(done, DEADLINE, DEADLINE) is Stage.BIDDING
    assert stage(done, DEADLINE, DEADLINE + second) is Stage.CLOSED


def test_a_clarification_or_a_second_notice_takes_no_trade_back() -> None:
    done = facts("document.issue", "clarification.issue", "notice.publish", "project.accept")
    assert stage(done, DEADLINE, START + 10 * HOUR) is Stage.BIDDING


def test_a_suspended_trade_stands_still_until_resumed() -> None:
    done = facts("document.issue", "project.suspend")
    assert stage(done, DEADLINE, START + 10 * HOUR) is Stage.SUSPENDED
    assert stage(facts("document.issue", "project.suspend", "project.resume"), DEADLINE, DEADLINE)


@pytest.mark.parametrize("end", ["opening.fail", "project.terminate"])
def test_an_ended_trade_is_not_brought_back(end: str) -> None:
    done = facts("document.issue", end, "opening.reveal", "project.suspend")
    assert stage(done, DEADLINE, START + 30 * HOUR) is AFTER[end]
