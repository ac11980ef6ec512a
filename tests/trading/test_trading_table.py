"""The tables that the models describe are those that the migration raised."""

from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine, text

from monitor.law.watch import DutyRow
from monitor.record.suspension import Suspension
from monitor.record.table import Base
from monitor.runtime.database import Addresses
from trading.intake.paper.taken import PaperHandover, TakenPaper
from trading.notice.addendum import Addendum, Question
from trading.notice.document import TenderDocument
from trading.notice.download import Download
from trading.notice.notice import Carriage, Notice
from trading.registration.project import Intake, Project, Section
from trading.supervision.card.card import Annotation
from trading.supervision.card.dossier import Dossier
from trading.supervision.card.handling import Card
from trading.supervision.card.judging import PointResult
from trading.supervision.case import CaseEntry, DisciplineCase, Referral
from trading.supervision.chase import Chase
from trading.supervision.order import SupervisionOrder
from trading.supervision.promise import PromisedLimit
from trading.supervision.standstill.lost_deadline import OutageConsent
from trading.supervision.standstill.outage import Heartbeat, Outage
from trading.venue.booking import Booking
from trading.venue.room import Room

MODELS = (
    DutyRow, Project, Section, Intake, Notice, Carriage, TenderDocument, Download, Addendum,
    Question, Room, Booking, TakenPaper, PaperHandover, SupervisionOrder, PointResult, Card, Annotation, Suspension,
    DisciplineCase, CaseEntry, Referral, Dossier, Chase, PromisedLimit, Heartbeat, Outage, OutageConsent,
)  # fmt: skip
NAMES = {model.__tablename__ for model in MODELS}


def is_ours(name: str | None, kind: str, _parents: object) -> bool:
    return kind != "table" or name in NAMES


def is_compared(_object: object, name: str | None, kind: str, *_: object) -> bool:
    return is_ours(name, kind, None)


@pytest.fixture(scope="module")
def owner(database: Addresses) -> Iterator[Engine]:
    engine = create_engine(database.owner_url)
    yield engine
    engine.dispose()


def test_models_and_migration_agree(owner: Engine) -> None:
    opts = {"compare_type": True, "include_name": is_ours, "include_object": is_compared}
    with owner.connect() as connection:
        context = MigrationContext.configure(connection, opts=opts)
        differences = compare_metadata(context, Base.metadata)
    assert differences == []


@pytest.mark.parametrize("table", sorted(NAMES))
def test_every_table_stands_under_the_change_trigger(owner: Engine, table: str) -> None:
    with owner.connect() as connection:
        triggers = connection.scalars(
            text("SELECT tgname FROM pg_trigger WHERE tgrelid = CAST(:t AS regclass)"),
            {"t": table},
        ).all()
    assert {"recorded", "kept"} <= set(triggers)
