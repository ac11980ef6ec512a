"""Filing an objection: what it is about decides who may file it and until when."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from monitor.law.limit import gate
from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.moment import done_at
from monitor.refusal import Invalid, TooEarly, TooLate
from monitor.role import Role
from trading.award.candidate import publicity_of
from trading.award.limit import limits
from trading.award.objection import (
    Kind,
    file_objection,
    require_bidder,
    require_documents_in_time,
    require_opening_in_time,
)
from trading.award.ranking import ranking
from trading.notice.moment import required_project
from trading.registration.section import found_section


@action("objection.file", by=(Role.TENDERER,), visibility=Visibility.SECRET)
def file(act: Act, *, kind: Kind, text: str, section: UUID | None = None) -> UUID:
    """File an objection; return its id. One to the result names its section.

    Raises TooLate with the article, TooEarly, NotAllowed, WrongStage, Invalid.
    """
    project = required_project(act.project)
    if section is not None:
        found_section(act.session, project, section)
    match Kind(kind):
        case Kind.DOCUMENTS:
            require_documents_in_time(act)
        case Kind.OPENING:
            require_opening_in_time(act)
        case Kind.RESULT:
            _require_result_in_time(act, project, section)
    return file_objection(act, Kind(kind), text, section).id


def _require_result_in_time(act: Act, project: UUID, section: UUID | None) -> None:
    require_bidder(act, project)
    if section is None:
        raise Invalid("section", "须指明标段 / name the section")
    publicity = publicity_of(act.session, ranking(act.session, project, section)[0])
    awarded = done_at(act.session, project, section, "award.issue")
    known = publicity.published_at if publicity else awarded
    if known is None:
        raise TooEarly("结果尚未公布 / no result is public yet", rule="招标投标法实施条例 54")
    if publicity is not None and publicity.ends_at > publicity.published_at:
        _require_shown(act, publicity.ends_at)
    for rule in limits(act, "grievance.known", "objection.file"):
        gate(rule, known, act.now)


def _require_shown(act: Act, ends_at: datetime) -> None:
    act.require(
        act.now < ends_at,
        TooLate(
            "对评标结果的异议应当在公示期间提出 / an objection comes while the result is shown",
            rule="招标投标法实施条例 54",
        ),
    )
