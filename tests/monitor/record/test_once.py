"""A request that comes twice is done once; a refused form leaves a record too."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from monitor.clock import MovableClock
from monitor.record.act import Act
from monitor.record.action import Action
from monitor.record.once import Once
from monitor.record.platform import Platform
from monitor.refusal import Conflict, Invalid, NotAllowed, TooLate
from monitor.role import SYSTEM, Actor, Role
from monitor.runtime.database import Addresses
from tests.monitor.record.test_perform import PUBLIC, SECRET, bodies

START = datetime(2027, 3, 16, 1, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def platform(database: Addresses) -> Iterator[Platform]:
    platform = Platform(database.app_url, MovableClock(START))
    yield platform
    platform.close()


def once(key: bytes = b"", request: bytes = b"r") -> Once:
    return Once(key or uuid4().bytes, request, lambda record, made: f"{record} {made}".encode())


def asked_at_once(
    platform: Platform, verb: Action[..., UUID], project: UUID, times: int
) -> list[bytes]:
    """Send one request several times at the same moment; return every answer."""
    asked, answers = once(), list[bytes]()
    threads = [
        threading.Thread(
            target=lambda: answers.append(platform.perform_once(asked, verb, SYSTEM, project))
        )
        for _ in range(times)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_the_second_time_gets_the_first_answer_and_does_nothing(platform: Platform) -> None:
    project, asked = uuid4(), once()
    first = platform.perform_once(asked, PUBLIC, SYSTEM, project)
    assert platform.perform_once(asked, PUBLIC, SYSTEM, project) == first
    assert len(bodies(platform, project)) == 1
    assert first.decode().split()[0] == bodies(platform, project)[0]["id"]


@pytest.mark.parametrize("verb", [PUBLIC, SECRET])
def test_eight_at_once_are_one(platform: Platform, verb: Action[..., UUID]) -> None:
    project = uuid4()
    answers = asked_at_once(platform, verb, project, 8)
    assert len(answers) == 8
    assert len(set(answers)) == 1
    assert len(bodies(platform, project)) == 1


def test_a_double_click_on_what_may_be_done_but_once_is_told_that_it_is_done(
    platform: Platform,
) -> None:
    project = uuid4()
    done: list[UUID] = []

    def announce(_: Act, /, *_nothing: object, **_more: object) -> UUID:
        if done:
            raise Conflict("已发布 / published already")
        time.sleep(0.2)
        done.append(project)
        return project

    answers = asked_at_once(platform, replace(PUBLIC, run=announce), project, 4)
    assert len(answers) == 4
    assert len(set(answers)) == 1
    assert [body["outcome"] for body in bodies(platform, project)] == [{"done": True}]


def test_one_key_for_another_request_is_refused(platform: Platform) -> None:
    project, key = uuid4(), uuid4().bytes
    platform.perform_once(once(key, b"one"), PUBLIC, SYSTEM, project)
    with pytest.raises(Conflict):
        platform.perform_once(once(key, b"two"), PUBLIC, SYSTEM, project)
    assert len(bodies(platform, project)) == 1


def test_a_refusal_is_not_kept(platform: Platform) -> None:
    project, asked = uuid4(), once()
    with pytest.raises(TooLate):
        platform.perform_once(asked, PUBLIC, SYSTEM, project, fail=TooLate("晚了 / late"))
    assert platform.perform_once(asked, PUBLIC, SYSTEM, project)
    outcomes = [str(body["outcome"]) for body in bodies(platform, project)]
    assert ["refused" in each for each in outcomes] == [True, False]


def test_a_fault_keeps_nothing_and_may_come_again(platform: Platform) -> None:
    project, asked = uuid4(), once()
    with pytest.raises(ZeroDivisionError):
        platform.perform_once(asked, PUBLIC, SYSTEM, project, fail=ZeroDivisionError())
    assert platform.perform_once(asked, PUBLIC, SYSTEM, project)
    assert len(bodies(platform, project)) == 1


def test_a_form_that_cannot_be_read_is_recorded_as_refused(platform: Platform) -> None:
    project = uuid4()
    with pytest.raises(Invalid):
        platform.refuse(PUBLIC, SYSTEM, project, Invalid("price", "不是数字 / no number", rule="r"))
    [body] = bodies(platform, project)
    assert body["outcome"] == {"refused": "invalid", "rule": "r", "field": "price"}


def test_who_may_not_do_it_is_told_that_first(platform: Platform) -> None:
    stranger = Actor(uuid4(), uuid4(), Role.CENTRE)
    with pytest.raises(NotAllowed):
        platform.refuse(PUBLIC, stranger, uuid4(), Invalid("price", "不是数字 / no number"))


def test_the_app_cannot_change_an_answer(platform: Platform) -> None:
    platform.perform_once(once(), PUBLIC, SYSTEM, UUID(int=7))
    with (
        platform.engine.connect() as connection,
        pytest.raises(Exception, match="permission denied"),
    ):
        connection.execute(text("UPDATE answered SET reply = '\\x00'"))
