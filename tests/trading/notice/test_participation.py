"""Who takes part is nowhere until CLOSE, and is opened once after it."""

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from monitor.clock import MovableClock
from monitor.record.disclosure import VISITOR, Audience, Viewer, timeline
from monitor.record.platform import Platform
from monitor.refusal import Conflict, Invalid, NotAllowed, NotFound, Refusal, WrongStage
from monitor.role import SYSTEM, Actor, Role
from monitor.runtime.database import Addresses
from tests.builders import a_credit_code, a_participation, an_actor, the_act
from trading.notice.participation import (
    Participant,
    identify,
    join,
    mask_of,
    participants,
)

START = datetime(2026, 3, 16, 1, 0, tzinfo=UTC)
DAYS = count(1)


@pytest.fixture
def platform(database: Addresses) -> Iterator[Platform]:
    platform = Platform(database.app_url, MovableClock(START + timedelta(days=next(DAYS))))
    yield platform
    platform.close()


def test_nothing_at_rest_ties_a_pseudonym_to_its_organisation(platform: Platform) -> None:
    project = uuid4()
    bidder = a_participation(platform, project)
    with platform.read() as session:
        rows = session.execute(
            text(
                "SELECT p::text AS row, convert_from(o.body, 'UTF8') AS body "
                "FROM participation p, record r JOIN opening o ON o.record_id = r.id "
                "WHERE p.project = :p AND r.chain = :p"
            ),
            {"p": project},
        ).all()
    assert len(rows) == 1
    written = rows[0].row + rows[0].body
    assert str(bidder.mask) in written
    assert str(bidder.org) not in written
    assert str(bidder.person) not in written


def test_the_same_pseudonym_joins_once_and_another_may(platform: Platform) -> None:
    project, key = uuid4(), secrets.token_bytes(32)
    bidder = an_actor(platform, Role.TENDERER, mask=mask_of(key))
    for expected in (None, Conflict):
        assert outcome(platform, bidder, project, key) is expected
    a_participation(platform, project)


def test_nobody_joins_under_a_pseudonym_that_is_not_his_keys(platform: Platform) -> None:
    key = secrets.token_bytes(32)
    stolen = an_actor(platform, Role.TENDERER, mask=mask_of(secrets.token_bytes(32)))
    assert outcome(platform, stolen, uuid4(), key) is NotAllowed
    assert outcome(platform, an_actor(platform, Role.TENDERER), uuid4(), key) is NotAllowed


@pytest.mark.parametrize(
    ("key", "sealed"),
    [(b"k" * 31, b"s"), (b"k" * 32, b""), (b"k" * 32, b"s" * 65_537)],
)
def test_a_short_key_or_an_empty_or_huge_identity_is_refused(
    platform: Platform, key: bytes, sealed: bytes
) -> None:
    bidder = an_actor(platform, Role.TENDERER, mask=mask_of(key))
    assert outcome(platform, bidder, uuid4(), key, sealed) is Invalid


def test_nobody_joins_after_close(platform: Platform) -> None:
    project = uuid4()
    the_act(platform, "opening.close", project)
    key = secrets.token_bytes(32)
    bidder = an_actor(platform, Role.TENDERER, mask=mask_of(key))
    assert outcome(platform, bidder, project, key) is WrongStage


def test_a_refused_close_closes_nothing(platform: Platform) -> None:
    project = uuid4()
    with pytest.raises(WrongStage):
        the_act(platform, "opening.close", project, fail=WrongStage("早 / early"))
    a_participation(platform, project)


def test_a_pseudonym_is_opened_after_close_and_once(platform: Platform) -> None:
    project, code = uuid4(), a_credit_code()
    mask = a_participation(platform, project).mask
    assert mask is not None
    opened = {"mask": mask, "uscc": code, "name": "甲建设有限公司"}
    with pytest.raises(WrongStage):
        platform.perform(identify, SYSTEM, project, **opened)
    with platform.read() as session:
        assert session.query(Participant).filter_by(project=project).count() == 0
    the_act(platform, "opening.close", project)
    platform.perform(identify, SYSTEM, project, **opened)
    with platform.read() as session:
        assert [found.uscc for found in participants(session, project)] == [code]
    with pytest.raises(Conflict):
        platform.perform(identify, SYSTEM, project, **opened)
    with pytest.raises(NotFound):
        platform.perform(identify, SYSTEM, project, **opened | {"mask": "p-" + "0" * 32})
    with pytest.raises(Invalid):
        platform.perform(identify, SYSTEM, project, **opened | {"uscc": "1" * 18})


def test_even_inspectors_see_nothing_of_it_before_the_reveal(platform: Platform) -> None:
    project = uuid4()
    mask = a_participation(platform, project).mask
    assert mask is not None
    for audience in set(Audience) - {Audience.PARTY}:
        assert seen(platform, project, Viewer(audience)) == []
    assert seen(platform, project, Viewer(Audience.PUBLIC, masks=frozenset({mask}))) == [
        "participation.join"
    ]
    the_act(platform, "opening.close", project)
    platform.perform(identify, SYSTEM, project, mask=mask, uscc=a_credit_code(), name="甲")
    assert "participation.identify" not in seen(platform, project, VISITOR)
    the_act(platform, "opening.reveal", project)
    assert "participation.identify" in seen(platform, project, VISITOR)
    assert "participation.join" not in seen(platform, project, VISITOR)


def seen(platform: Platform, project: UUID, viewer: Viewer) -> list[str]:
    with platform.read() as session:
        return [item.facts["action"] for item in timeline(session, project, viewer)]


def outcome(
    platform: Platform, actor: Actor, project: UUID, key: bytes, sealed: bytes = b"sealed"
) -> type[Refusal] | None:
    try:
        platform.perform(join, actor, project, public_key=key, sealed_identity=sealed)
    except Refusal as refusal:
        return type(refusal)
    return None
