"""The award: the tenderee fixes the winner, and with it every letter, in one act."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session

from monitor.law.rule import Bound
from monitor.record.act import Act, gathering
from monitor.record.action import action
from monitor.record.identity import new_id
from monitor.record.table import Recorded
from monitor.refusal import Conflict, Invalid, NotFound, WrongStage
from monitor.role import Role
from trading.award.candidate import ISSUE, MOST, PUBLISH, Publicity, candidates, publicity_of
from trading.award.letter import Paper, file_papers, letters_of, write_letters
from trading.award.limit import limits, obey
from trading.award.objection import require_running
from trading.award.ranking import Ranking, ranking
from trading.notice.moment import required_project
from trading.registration.party import found_organisation
from trading.registration.project import Section, found_project
from trading.registration.section import found_section

ORDER = "招标投标法实施条例 55"


class Award(Recorded):
    """Who won a section, at what price in fen, and why if it was not the first."""

    __tablename__ = "award"
    __table_args__ = (
        UniqueConstraint("project", "section"),
        CheckConstraint("rank = 1 OR reason <> ''", name="order"),
    )
    project: Mapped[UUID]
    section: Mapped[UUID]
    report_digest: Mapped[bytes]
    uscc: Mapped[str]
    name: Mapped[str]
    rank: Mapped[int]
    price_fen: Mapped[int]
    reason: Mapped[str]
    issued_at: Mapped[datetime]


@action("award.issue", by=(Role.TENDEREE,))
def issue(act: Act, *, section: UUID, uscc: str, reason: str = "") -> UUID:
    """Award a section and fix all its letters; return the award's id.

    Raises TooEarly before the publicity is over, WrongStage while suspended or without report,
    Invalid for another than the first without a reason, Conflict the second time.
    """
    project = required_project(act.project)
    lot = found_section(act.session, project, section)
    require_running(act, project)
    rows = ranking(act.session, project, section)
    publicity = _shown(act, rows[0])
    winner = _winner(rows, uscc, reason.strip())
    act.on_conflict(
        "award_project_section_key",
        lambda _: Conflict("该标段已定标 / this section is awarded already", field="section"),
    )
    award = _award(act, winner, reason.strip())
    act.session.add(award)
    act.session.flush()
    trade = _printed(act, lot, publicity, winner)
    letters = write_letters(act, award.id, winner, rows, trade)
    act.note(
        subject=str(award.id),
        section=str(section),
        report=winner.report_digest.hex(),
        uscc=winner.uscc,
        winner=winner.name,
        rank=winner.rank,
        price=str(winner.price_fen),
        reason=award.reason,
        letters=gathering(letter.digest for letter in letters),
    )
    return award.id


@action("award.file", by=(Role.TENDEREE, Role.SYSTEM))
def file(act: Act, *, section: UUID, papers: Mapping[UUID, Paper]) -> None:
    """File the signed papers of a section's letters, by letter id: all or none.

    Raises Invalid for one missing or too many, Conflict the second time.
    """
    project = required_project(act.project)
    award = award_of(act.session, project, section)
    gathered = file_papers(letters_of(act.session, project, section), papers)
    act.note(subject=str(award.id), section=str(section), papers=gathered)


def award_of(session: Session, project: UUID, section: UUID) -> Award:
    """Return a section's award; raises NotFound."""
    found = session.scalar(select(Award).where(Award.project == project, Award.section == section))
    if found is None:
        raise NotFound("尚未定标 / no award yet", field="section")
    return found


def _shown(act: Act, report: Ranking) -> Publicity | None:
    """Return the publicity, over as the law asks; a trade that need not show may do without."""
    publicity = publicity_of(act.session, report)
    if publicity is not None:
        obey(act, PUBLISH, publicity.published_at, ISSUE)
    elif any(rule.bound is Bound.AT_LEAST for rule in limits(act, PUBLISH, ISSUE)):
        raise WrongStage("中标候选人尚未公示 / no publicity yet", rule="招标投标法实施条例 54")
    return publicity


def _winner(rows: list[Ranking], uscc: str, reason: str) -> Ranking:
    for row in rows:
        if row.uscc == uscc and row.rank is not None and row.rank <= MOST:
            if row.rank != 1 and not reason:
                raise Invalid("reason", "非第一名须说明理由 / not the first: say why", rule=ORDER)
            return row
    raise Invalid("uscc", "不是中标候选人 / not a candidate", rule=ORDER)


def _award(act: Act, winner: Ranking, reason: str) -> Award:
    return Award(
        id=new_id(act.now),
        project=winner.project,
        section=winner.section,
        report_digest=winner.report_digest,
        uscc=winner.uscc,
        name=winner.name,
        rank=winner.rank,
        price_fen=winner.price_fen,
        reason=reason,
        issued_at=act.now,
    )


def _printed(
    act: Act, lot: Section, publicity: Publicity | None, winner: Ranking
) -> dict[str, Any]:
    """Return what every letter of the section prints of the trade, as canonical values."""
    project = found_project(act.session, lot.project)
    shown = candidates(act.session, publicity.id) if publicity else []
    won = next((row for row in shown if row.uscc == winner.uscc), None)
    agency = found_organisation(act.session, project.agency).name if project.agency else ""
    return {
        "category": project.category,
        "project": project.name,
        "code": project.code,
        "section": lot.name,
        "section_code": lot.code,
        "tenderee": found_organisation(act.session, project.owner).name,
        "agency": agency,
        "terms": {"quality": won.quality, "period": won.period, "manager": won.manager}
        if won
        else {},
    }
