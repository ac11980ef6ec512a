"""Real notices as registered projects: what is registered, what is not, and that all is told."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

from monitor.clock import MovableClock
from monitor.record.platform import Platform
from monitor.runtime.database import Addresses
from tests.builders import a_credit_code, an_organisation
from tests.trading.intake.model import ITEM
from trading.registration.party import Organisation
from trading.registration.project import Project, sections
from webui.intake.intake import PLACEHOLDER, Outcome, Registrar, Report

NOTICES = Path(__file__).parents[4] / "shared" / "data" / "notices.json"
START = datetime(2026, 3, 16, 1, 0, tzinfo=UTC)
DAYS = iter(range(1, 1000))


@pytest.fixture
def platform(database: Addresses) -> Iterator[Platform]:
    platform = Platform(database.app_url, MovableClock(START + timedelta(days=next(DAYS))))
    yield platform
    platform.close()


def a_notice(number: int, **values: str) -> dict[str, object]:
    return {**ITEM, "project_code": f"E35060106011007{number:05d}", **values}


def project(platform: Platform, report: Report) -> Project:
    with platform.read() as session:
        [found] = session.scalars(select(Project).where(Project.code == report.code))
        assert str(found.id) == report.project
        session.expunge(found)
        return found


def records(platform: Platform) -> int:
    with platform.read() as session:
        return int(session.execute(text("SELECT count(*) FROM record")).scalar_one())


def count(platform: Platform) -> int:
    with platform.read() as session:
        return len(session.scalars(select(Organisation)).all())


def test_a_plain_notice_becomes_a_filed_project_of_its_owner(platform: Platform) -> None:
    report = Registrar(platform, {}).take(a_notice(1))
    assert report.outcome is Outcome.REGISTERED
    made = project(platform, report)
    assert (made.name, made.estimate_fen, made.region) == ("某县体育馆", 500_000_000, "350601")
    assert made.accepted_at is None
    with platform.read() as session:
        owner = session.get(Organisation, made.owner)
        assert owner is not None
        assert owner.name == f"某县教育局{PLACEHOLDER}"
        assert [row.name for row in sections(session, made.id)] == ["某县体育馆"]


def test_all_that_the_notice_does_not_say_is_told_as_assumed(platform: Platform) -> None:
    report = Registrar(platform, {}).take(a_notice(2))
    assumed = {line.field for line in report.lines if line.state == "assumed"}
    assert assumed == {"owner.uscc", "kind_of_subject", "state_funds", "sections", "agency"}


def test_an_owner_whose_code_is_given_stands_under_its_own_name(platform: Platform) -> None:
    known = a_credit_code()
    org = an_organisation(platform, name="某县教育局", uscc=known)
    registrar = Registrar(platform, {"某县教育局": known})
    reports = [registrar.take(a_notice(number)) for number in (3, 4)]
    assert {project(platform, one).owner for one in reports} == {org}
    assert not [one for one in reports[0].lines if one.field == "owner.uscc"]


def test_a_given_code_that_fails_its_check_is_refused_with_the_standard(
    platform: Platform,
) -> None:
    report = Registrar(platform, {"某县教育局": "91350100MA0000000"}).take(a_notice(5))
    assert report.outcome is Outcome.REFUSED
    assert report.project == ""
    assert ("uscc", "GB 32100-2015") in {(line.field, line.rule) for line in report.lines}


def test_a_project_that_is_registered_already_is_skipped_and_leaves_no_record(
    platform: Platform,
) -> None:
    registrar = Registrar(platform, {})
    first = registrar.take(a_notice(6))
    before = records(platform)
    second = registrar.take(a_notice(6))
    assert records(platform) == before
    other = registrar.take(a_notice(7))
    assert [one.outcome for one in (first, second, other)] == [
        Outcome.REGISTERED,
        Outcome.KNOWN,
        Outcome.REGISTERED,
    ]
    assert [line.message for line in second.lines if line.state == "known"] == [
        "已登记，跳过 / registered already, skipped"
    ]


def test_another_package_of_a_code_that_is_registered_is_told_as_one(platform: Platform) -> None:
    registrar = Registrar(platform, {})
    packages = [registrar.take(a_notice(10, title=f"体育馆项目({n})公告")) for n in (4, 2)]
    assert [one.outcome for one in packages] == [Outcome.REGISTERED, Outcome.KNOWN]
    assert "package (2) of a code registered already" in packages[1].lines[-1].message


def test_a_notice_that_lacks_a_field_leaves_nothing_behind(platform: Platform) -> None:
    before = count(platform)
    report = Registrar(platform, {}).take(a_notice(8, project_code="短号-1", content_text=""))
    assert report.outcome is Outcome.REFUSED
    refused = {line.field: line.rule for line in report.lines if line.state == "refused"}
    assert set(refused) == {"name", "owner", "code", "budget_fen", "region"} - {"region"}
    assert "数据规范" in refused["code"]
    assert count(platform) == before


def test_a_result_notice_is_passed_over(platform: Platform) -> None:
    before = count(platform)
    report = Registrar(platform, {}).take(a_notice(9, info_type="交易结果公示"))
    assert (report.outcome, report.project, count(platform)) == (Outcome.PASSED, "", before)


def test_the_real_notices_register_or_say_why_not(platform: Platform) -> None:
    if not NOTICES.exists():
        pytest.skip("the real notices, ../shared/data/notices.json, are absent")
    registrar = Registrar(platform, {})
    reports = [registrar.take(item) for item in json.loads(NOTICES.read_text("utf-8"))]
    told = [sum(one.outcome is state for one in reports) for state in Outcome]
    assert told == [19, 3, 3, 22]
    for report in reports:
        refused = [line for line in report.lines if line.state == "refused"]
        assert bool(refused) == (report.outcome is Outcome.REFUSED)
        assert bool(report.project) == (report.outcome is Outcome.REGISTERED)
