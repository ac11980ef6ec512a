"""Ready-made trades for tests, made by the platform's own actions up to the step asked for."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from monitor.log.canonical import JSON, canonical
from monitor.record.platform import Platform
from monitor.role import SYSTEM, Actor, Role
from tests.builders import a_standing, an_actor, the_act
from trading.money import FEN
from trading.notice.clause import Manner
from trading.notice.document import Issue, Terms, issue
from trading.notice.field import required
from trading.notice.notice import Draft, NoticeKind, carry, current_notice, publish
from trading.registration.catalogue import load
from trading.registration.filing import Filing
from trading.registration.intake import accept, register
from trading.registration.project import Lot, sections
from trading.supervision.card.judging import judging_due
from trading.venue.booking import book
from trading.venue.room import Purpose, add_room

DAY = timedelta(days=1)
TEXT = hashlib.sha256(b"tender documents").digest()


@dataclass(frozen=True, slots=True)
class Trade:
    """A project with its owner and the centre's clerk."""

    id: UUID
    owner: Actor
    centre: Actor


def a_code() -> str:
    """A tender project code of 20 places that nobody has."""
    return "E3502" + "".join(secrets.choice("0123456789") for _ in range(15))


def a_filing(
    category: str = "works",
    kind: str = "construction",
    *,
    lots: tuple[Lot, ...] = (Lot("施工标段", 8_000_000 * FEN),),
    agency: UUID | None = None,
    without: tuple[str, ...] = (),
    **changed: object,
) -> Filing:
    """A filing that brings everything on the checklist but what is left out."""
    items = load().checklist(category, agency=agency is not None)
    evidence = {
        item.key: hashlib.sha256(item.key.encode()).hexdigest()
        for item in items
        if item.key not in without
    }
    filed: dict[str, object] = {
        "name": "河滨公园改造工程",
        "code": a_code(),
        "category": category,
        "kind": kind,
        "region": "350200",
        "state_funds": True,
        "sections": lots,
        "evidence": evidence,
        "agency": agency,
    }
    return Filing(**{**filed, **changed})  # type: ignore[arg-type]


def a_registered_trade(platform: Platform, filing: Filing | None = None) -> Trade:
    """A project that is filed and waits for the centre."""
    trade = Trade(uuid4(), an_actor(platform, Role.TENDEREE), an_actor(platform, Role.CENTRE))
    platform.perform(register, trade.owner, trade.id, filing=filing or a_filing())
    return trade


def an_accepted_trade(platform: Platform, filing: Filing | None = None) -> Trade:
    """A project that the centre has accepted."""
    trade = a_registered_trade(platform, filing)
    platform.perform(accept, trade.centre, trade.id)
    return trade


def a_draft(
    now: datetime,
    category: str = "works",
    *,
    kind: NoticeKind = NoticeKind.TENDER,
    supply_days: int = 9,
    deadline_days: int = 25,
    fields: Mapping[str, str] | None = None,
) -> Draft:
    """A lawful notice whose supply starts at once."""
    said = {key: f"{key}：详见招标文件" for key in required(category)}
    medium = {"works": "cebpub", "procurement": "ccgp", "land": "landchina", "property": "equity"}
    media = (medium[category], "centre") if category in medium else ("centre",)
    return Draft(
        kind, "河滨公园改造工程招标公告", {**said, **(fields or {})}, media,
        now, now + supply_days * DAY, now + deadline_days * DAY,
    )  # fmt: skip


def an_announced_trade(
    platform: Platform, category: str = "works", kind: str = "construction"
) -> Trade:
    """A project whose notice is out."""
    code = a_code()
    trade = an_accepted_trade(platform, a_filing(category, kind, code=code))
    days = 45 if category == "property" else 25  # 20 working days of disclosure (32号令 13)
    draft = a_draft(platform.clock.now(), category, deadline_days=days)
    platform.perform(publish, trade.owner, trade.id, draft=draft)
    return trade


def a_trade_with_a_card(platform: Platform, department: Actor) -> Trade:
    """A project whose notice is found to differ on a medium, and the department that watches it."""
    made = an_announced_trade(platform)
    a_standing(platform, made.id, department)
    with platform.read() as session:
        notice = current_notice(session, made.id)
    assert notice is not None
    platform.perform(
        carry, made.centre, made.id, notice=notice.id, medium="centre", digest=bytes(32)
    )
    with platform.read() as session:
        due = judging_due(session, made.id)
    for errand in due:
        platform.perform(errand.action, SYSTEM, errand.project, **errand.inputs)
    return made


def a_roster(kinds: tuple[str, ...] = (), threshold: int = 3) -> bytes:
    """The quorum of a roster of trustees, each seat of another body."""
    chosen = kinds or ("centre", "tenderee", "notary", "association", "other_centre")
    seats: list[dict[str, JSON]] = [
        {"index": index, "kind": kind, "authority": f"body-{index}", "name": kind, "devices": []}
        for index, kind in enumerate(chosen, 1)
    ]
    return canonical({"form": "trustees", "threshold": threshold, "seats": seats})


def an_issue(platform: Platform, trade: Trade, **changed: object) -> Issue:
    """Lawful terms for the trade's documents."""
    with platform.read() as session:
        rows = sections(session, trade.id)
    given: dict[str, object] = {
        "name": "招标文件.pdf",
        "digest": TEXT,
        "size": 1000,
        "manner": Manner.BIDDERS_FIRST,
        "window_minutes": 30,
        "trustees": a_roster(),
        "validity_days": 90,
        "terms": {row.id: Terms(row.estimate_fen // 100, row.estimate_fen) for row in rows},
    }
    return Issue(**{**given, **changed})  # type: ignore[arg-type]


def an_issued_trade(
    platform: Platform, category: str = "works", kind: str = "construction"
) -> Trade:
    """A project whose documents are out."""
    trade = an_announced_trade(platform, category, kind)
    platform.perform(issue, trade.owner, trade.id, issue=an_issue(platform, trade))
    return trade


def leave_no_task(platform: Platform, trade: Trade) -> None:
    """Do all that waits for a clerk while bids are taken: seats, the opening's room, the draw.

    The finance office's accounts are not among it (trading/fee/block.py).
    """
    for role in (Role.DEPARTMENT, *[Role.TRUSTEE] * 3):
        a_standing(platform, trade.id, an_actor(platform, role))
    with platform.read() as session:
        notice = current_notice(session, trade.id)
    assert notice is not None
    name = f"opening-{secrets.token_hex(4)}"
    room = platform.perform(
        add_room, trade.centre, None, name=name, purpose=Purpose.OPENING, seats=100
    )
    start = notice.deadline - timedelta(hours=1)
    platform.perform(
        book, trade.centre, trade.id, room=room, start=start, end=start + timedelta(hours=4)
    )
    the_act(platform, "draw.request", trade.id)
