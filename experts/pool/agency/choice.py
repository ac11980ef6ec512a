"""The owner's choice: freely, which comes first, or by a price contest among those who enter.

A draw is asked for as any other (purpose "agency"), by the owner's own statement alone. Nobody else
chooses, invites or rules out an agency (招标投标法 12; 政府采购法 19).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from experts.pool.agency.agency import Agency, Service, found_agency, required_agency
from experts.pool.agency.credit import CreditLine, barred
from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.identity import new_id
from monitor.record.suspension import require_moving
from monitor.record.table import Recorded
from monitor.refusal import Conflict, Invalid, NotFound, TooEarly, TooLate, WrongStage
from monitor.role import Role
from trading.notice.moment import require_unarchived, required_project
from trading.notice.progress import stage_of
from trading.registration.party import Organisation, found_organisation
from trading.registration.stage import FINAL, Stage

LEAST_OFFERS = 3
"""Offers without which a contest fails; the owner chooses freely then, or opens another."""
STATEMENT = (
    "我方知悉可以自行选择代理机构，任何单位和个人不得指定；本次由我方自愿选定。 / "
    "We know that we may choose our agency freely and that nobody may name one for us; "
    "this choice is our own."
)


class Way(StrEnum):
    """How an owner chooses."""

    FREE = "free"
    CONTEST = "contest"


RUNS_THE_TENDER = frozenset({Service.TENDER, Service.PROCUREMENT})
BEFORE_NOTICE = frozenset({Stage.FILED, Stage.RETURNED, Stage.ACCEPTED})


class AgencyOrder(Recorded):
    """One choice of one project: how, of which service, whom in the end."""

    __tablename__ = "agency_order"
    __table_args__ = (
        CheckConstraint("way IN ('free', 'contest')", name="way"),
        CheckConstraint("(way = 'contest') = (closes IS NOT NULL)", name="closes"),
    )
    project: Mapped[UUID] = mapped_column(ForeignKey("project.id"), index=True)
    way: Mapped[str]
    service: Mapped[str]
    terms: Mapped[str]
    ceiling: Mapped[int | None]
    """In fen."""
    closes: Mapped[datetime | None]
    agency: Mapped[UUID | None]
    settled: Mapped[datetime | None]
    failed: Mapped[str | None]


class AgencyOffer(Recorded):
    """What one agency asks for, in fen; told to nobody before the contest is settled."""

    __tablename__ = "agency_offer"
    __table_args__ = (
        UniqueConstraint("contest", "organisation"),
        CheckConstraint("price > 0", name="price"),
    )
    contest: Mapped[UUID] = mapped_column(ForeignKey("agency_order.id"))
    organisation: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    price: Mapped[int]


@action("agency.choose", by=(Role.TENDEREE,))
def choose(act: Act, *, agency: UUID, service: Service, stated: bool) -> UUID:
    """Choose an agency freely; return the choice's id.

    Raises Invalid, NotFound, NotAllowed, WrongStage (see _require_choosing).
    """
    _require_stated(act, stated=stated)
    _require_choosing(act, service)
    required_agency(act.session, agency, act.now)
    unit = found_organisation(act.session, agency)
    made = _order(act, Way.FREE, service, "")
    made.agency, made.settled = agency, act.now
    act.note(subject=str(made.id), uscc=unit.uscc, name=unit.name, service=service.value)
    return made.id


@action("agency.contest", by=(Role.TENDEREE,))
def contest(
    act: Act, *, service: Service, terms: str, ceiling: int, closes: datetime, stated: bool
) -> UUID:
    """Open a price contest among the agencies of a service; return its id.

    Raises Invalid, WrongStage (see _require_choosing), Conflict while another is open.
    """
    _require_stated(act, stated=stated)
    _require_choosing(act, service)
    act.require(terms.strip(), Invalid("terms", "须写明要求 / say what is asked for"))
    act.require(ceiling > 0, Invalid("ceiling", "须大于零 / must be above zero"))
    act.require(closes > act.now, Invalid("closes", "须在将来 / must be in the future"))
    project = required_project(act.project)
    running = [each for each in orders_of(act.session, project) if each.settled is None]
    act.require(not running, Conflict("已有进行中的竞价 / a contest is open"))
    made = _order(act, Way.CONTEST, service, terms.strip())
    made.ceiling, made.closes = ceiling, closes
    act.note(
        subject=str(made.id), service=service.value, terms=made.terms, ceiling=str(ceiling),
        closes=closes.isoformat(),
    )  # fmt: skip
    return made.id


@action("agency.offer", by=(Role.AGENCY,), visibility=Visibility.SECRET, standing=False)
def offer(act: Act, *, contest: UUID, price: int) -> UUID:
    """Offer a price once, before the contest closes; return the offer's id.

    Raises NotFound, NotAllowed, Suspended, TooLate, Invalid above the ceiling, Conflict the second
    time.
    """
    found = _found(act, contest)
    # The act stands outside the trade, so `perform` does not ask whether the trade moves.
    require_moving(act.session, found.project, offer.name)
    act.require(
        found.closes is not None and act.now < found.closes and found.settled is None,
        TooLate("竞价已截止 / the contest is closed", field="contest"),
    )
    mine = required_agency(act.session, act.actor.org, act.now)
    act.require(
        found.service in mine.services,
        Invalid("contest", "不提供此项服务 / this service is not yours"),
    )
    act.require(
        0 < price <= (found.ceiling or 0), Invalid("price", "高于最高限价 / above the ceiling")
    )
    act.on_conflict(
        "agency_offer_contest_organisation_key",
        lambda _: Conflict("已报价，不可更改 / offered already, for good", field="price"),
    )
    made = AgencyOffer(
        id=new_id(act.now), contest=found.id, organisation=act.actor.org, price=price
    )
    act.session.add(made)
    act.note(subject=str(made.id), contest=str(found.id))
    return made.id


@action("agency.settle", by=(Role.TENDEREE,))
def settle(act: Act, *, contest: UUID) -> str:
    """Settle a contest once it is closed: the lowest price wins; return what came of it.

    Too few offers fail it, and so do equal lowest ones, which are drawn for (purpose tie_break).
    An agency that was put on the blacklist since it offered, or left the pool, does not count.
    Raises NotFound, TooEarly, WrongStage the second time.
    """
    found = _found(act, contest)
    act.require(found.project == act.project, NotFound("没有此竞价 / no such contest"))
    act.require(found.settled is None, WrongStage("已有结果 / settled already"))
    act.require(
        found.closes is not None and act.now >= found.closes,
        TooEarly("竞价尚未截止 / not closed yet", field="contest"),
    )
    told = offers_of(act.session, found.id)
    out = [each for each in told if barred(act.session, each.organisation, act.now) is not None]
    left = [each for each in told if each not in out and not _stays(act, each)]
    sound = [each for each in told if each not in out and each not in left]
    lowest = [each for each in sound if each.price == sound[0].price]
    found.settled = act.now
    if len(sound) < LEAST_OFFERS:
        found.failed = "few"
    elif len(lowest) > 1:
        found.failed = "tie"
    else:
        found.agency = lowest[0].organisation
    act.note(
        subject=str(found.id), failed=found.failed or "",
        offers=[[_name(act, each), str(each.price)] for each in told],
        barred=[_name(act, each) for each in out], left=[_name(act, each) for each in left],
    )  # fmt: skip
    return found.failed or "settled"


def orders_of(session: Session, project: UUID) -> Sequence[AgencyOrder]:
    """Return a project's choices, newest first."""
    query = select(AgencyOrder).where(AgencyOrder.project == project)
    return session.scalars(query.order_by(AgencyOrder.id.desc())).all()


def contests_open(session: Session, now: datetime) -> Sequence[AgencyOrder]:
    """Return the contests in which one may offer."""
    query = select(AgencyOrder).where(AgencyOrder.closes > now, AgencyOrder.settled.is_(None))
    return session.scalars(query.order_by(AgencyOrder.closes)).all()


def own_offers(session: Session, organisation: UUID) -> dict[UUID, int]:
    """Return what an agency asks for, in fen, by contest: nobody else reads it before the end."""
    query = select(AgencyOffer).where(AgencyOffer.organisation == organisation)
    return {each.contest: each.price for each in session.scalars(query)}


def offers_of(session: Session, contest: UUID) -> Sequence[AgencyOffer]:
    """Return the offers of a contest, lowest first; for after it is settled."""
    query = select(AgencyOffer).where(AgencyOffer.contest == contest)
    return session.scalars(query.order_by(AgencyOffer.price, AgencyOffer.id)).all()


def choosable(session: Session, now: datetime) -> Sequence[tuple[UUID, str]]:
    """Return (organisation, name) of every agency that may be chosen now, by name."""
    out = select(CreditLine.organisation).where(CreditLine.until > now)
    rows = session.execute(
        select(Organisation.id, Organisation.name)
        .join(Agency, Agency.organisation == Organisation.id)
        .where(Agency.state == "open", Organisation.id.not_in(out))
        .order_by(Organisation.name, Organisation.id)
    )
    return [(row.id, row.name) for row in rows]


def _require_stated(act: Act, *, stated: bool) -> None:
    words = "须先确认可自行选择 / free choice comes first"
    act.require(stated, Invalid("stated", words, rule="招标投标法 12"))
    act.note(statement=STATEMENT)


def _require_choosing(act: Act, service: Service) -> None:
    """Raise WrongStage unless the trade still waits for who is to do it.

    Who runs the tender is chosen before its notice is out, anybody else until the file is closed.
    """
    project = required_project(act.project)
    require_unarchived(act.session, project)
    reached = stage_of(act.session, project, act.now)
    act.require(
        reached not in FINAL,
        WrongStage("项目已终止，不能再选机构 / the trade was ended: nobody is chosen for it"),
    )
    act.require(
        service not in RUNS_THE_TENDER or reached in BEFORE_NOTICE,
        WrongStage(
            "公告已发布，招标、采购代理机构应在此前选定 / "
            "the notice is out: who runs the tender is chosen before",
            rule="招标投标法 12",
            field="service",
        ),
    )


def _stays(act: Act, offer: AgencyOffer) -> bool:
    row = found_agency(act.session, offer.organisation)
    return row is not None and row.state == "open"


def _order(act: Act, way: Way, service: Service, terms: str) -> AgencyOrder:
    made = AgencyOrder(
        id=new_id(act.now), project=required_project(act.project), way=way.value,
        service=service.value, terms=terms, ceiling=None, closes=None, agency=None, settled=None,
        failed=None,
    )  # fmt: skip
    act.session.add(made)
    return made


def _found(act: Act, contest: UUID) -> AgencyOrder:
    found = act.session.get(AgencyOrder, contest, with_for_update=True)
    if found is None or found.way != Way.CONTEST.value:
        raise NotFound("没有此竞价 / no such contest", field="contest")
    return found


def _name(act: Act, offer: AgencyOffer) -> str:
    return found_organisation(act.session, offer.organisation).name
