"""The sitting of an opening 开标会: paused with a reason, given more time by two persons, ended.

All of it stands in the public record and nowhere else: there is no table and no flag.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from bidding.hall.close import require_many
from bidding.hall.question import open_questions
from bidding.hall.stage import END, required, step, under_way
from bidding.hall.trust import require_cosigned
from monitor.record.act import Act
from monitor.record.action import action
from monitor.record.moment import Done, every
from monitor.refusal import Conflict, Invalid, NotAllowed, WrongStage
from monitor.role import Role
from trading.award.objection import Kind, objections
from trading.notice.document import MAX_WINDOW_MINUTES
from trading.notice.moment import require_unarchived, required_project

PAUSE, RESUME, EXTEND = "opening.pause", "opening.resume", "opening.extend"
HOSTS = (Role.TENDEREE, Role.AGENCY, Role.CENTRE)
LONGEST_REASON = 300
ON_THE_SPOT = "招标投标法实施条例 44"


@action(PAUSE, by=HOSTS)
def pause(act: Act, *, section: UUID, reason: str) -> None:
    """Let an opening stand still: no key, share, UNLOCK or REVEAL is taken until it goes on.

    Raises WrongStage before CLOSE and once everything was shown, Conflict while it stands, Invalid.
    """
    project = under_way(act, section)
    act.require(paused(act.session, project, section) is None, Conflict("已暂停 / paused already"))
    act.note(subject=str(section), section=str(section), reason=_reason(reason))


@action(RESUME, by=HOSTS)
def resume(act: Act, *, section: UUID, reason: str) -> None:
    """Go on with an opening; the bidders get back the time that it stood. Raises WrongStage."""
    project = under_way(act, section)
    stood = paused(act.session, project, section)
    if stood is None:
        raise WrongStage("没有暂停 / it is not paused")
    seconds = int((act.now - stood.at).total_seconds())
    act.note(
        subject=str(section), section=str(section), reason=_reason(reason), stood_seconds=seconds
    )


@action(EXTEND, by=HOSTS)
def extend(act: Act, *, section: UUID, minutes: int, reason: str) -> bool:
    """Give the bidders more minutes to open by themselves; return whether two persons said so.

    One proposes, another confirms by the same number. Raises WrongStage once UNLOCK is declared,
    Invalid for no time or a day, NotAllowed for the same person twice.
    """
    project = under_way(act, section)
    if step(act.session, project, section, "opening.unlock") is not None:
        raise WrongStage("解密已完成 / UNLOCK is already declared")
    act.require(
        0 < minutes <= MAX_WINDOW_MINUTES,
        Invalid("minutes", f"应为 1 至 {MAX_WINDOW_MINUTES} 分钟 / minutes of a day at most"),
    )
    proposal = proposed(act.session, project, section)
    confirms = proposal is not None and int(proposal.body["facts"]["minutes"]) == minutes
    if proposal is not None and confirms:
        act.require(
            proposal.body["actor"]["id"] != str(act.actor.person),
            NotAllowed("须由另一人确认 / another person must confirm", rule="电子招标投标办法 31"),
        )
    act.note(
        subject=str(section), section=str(section), minutes=minutes, reason=_reason(reason),
        confirmed=confirms,
    )  # fmt: skip
    return confirms


@action(END, by=(Role.TENDEREE, Role.AGENCY))
def end(act: Act, *, section: UUID) -> None:
    """Close the sitting once all was read out and every question and objection was answered.

    Raises WrongStage before that (招标投标法实施条例 44) and once the trade's file is closed,
    Conflict the second time.
    """
    project = required_project(act.project)
    require_unarchived(act.session, project)
    required(act.session, project, section, "opening.reveal")
    act.require(
        step(act.session, project, section, END) is None, Conflict("已结束 / ended already")
    )
    waiting = unanswered(act.session, project)
    act.require(
        not waiting,
        WrongStage(
            f"有 {waiting} 项开标异议未当场答复 / objections to the opening wait for an answer",
            rule=ON_THE_SPOT,
        ),
    )
    asked = open_questions(act.session, project, section)
    act.require(not asked, WrongStage(f"有 {asked} 个提问未答复 / questions wait for an answer"))
    act.note(subject=str(section), section=str(section))


def paused(session: Session, project: UUID, section: UUID) -> Done | None:
    """Return the pause that an opening is in, or None."""
    last = every(session, project, section, PAUSE, RESUME)[-1:]
    return last[0] if last and last[0].body["action"] == PAUSE else None


def proposed(session: Session, project: UUID, section: UUID) -> Done | None:
    """Return the extension that one person has proposed and nobody has confirmed, or None."""
    last = every(session, project, section, EXTEND)[-1:]
    return last[0] if last and not last[0].body["facts"]["confirmed"] else None


def given_back(session: Session, project: UUID, section: UUID, now: datetime) -> timedelta:
    """Return by how much the bidders' time is longer: pauses, and extensions by two persons."""
    total, since = timedelta(), None
    for done in every(session, project, section, PAUSE, RESUME, EXTEND):
        name, facts = done.body["action"], done.body["facts"]
        if name == EXTEND and facts["confirmed"]:
            total += timedelta(minutes=int(facts["minutes"]))
        elif name == PAUSE:
            since = done.at
        elif name == RESUME and since is not None:
            total, since = total + (done.at - since), None
    return total if since is None else total + (now - since)


def stood(
    session: Session, project: UUID, section: UUID, since: datetime, now: datetime
) -> timedelta:
    """Return how long an opening was paused after a moment, up to now."""
    total, begun = timedelta(), None
    for done in every(session, project, section, PAUSE, RESUME):
        if done.body["action"] == PAUSE:
            begun = max(done.at, since)
        elif begun is not None:
            total, begun = total + max(done.at - begun, timedelta()), None
    return total if begun is None else total + max(now - begun, timedelta())


def require_going(session: Session, project: UUID, section: UUID) -> None:
    """Raise WrongStage while an opening is paused."""
    stood = paused(session, project, section)
    if stood is not None:
        raise WrongStage(f"开标已暂停：{stood.body['facts']['reason']} / the opening is paused")


def require_window(session: Session, project: UUID, section: UUID) -> str:
    """Return CLOSE's digest; raises WrongStage but from a witnessed CLOSE to UNLOCK."""
    closed = required(session, project, section, "opening.close")
    require_many(session, project, section)
    require_cosigned(session, closed.record, "CLOSE")
    if step(session, project, section, "opening.unlock") is not None:
        raise WrongStage("解密已完成 / UNLOCK is already declared")
    require_going(session, project, section)
    return str(closed.body["facts"]["close"])


def unanswered(session: Session, project: UUID) -> int:
    """Return how many objections to the opening wait for their answer."""
    return sum(
        each.kind == Kind.OPENING and each.answered_at is None
        for each in objections(session, project)
    )


def _reason(reason: str) -> str:
    told = reason.strip()
    if not 0 < len(told) <= LONGEST_REASON:
        raise Invalid(
            "reason", f"请写明原因，不超过 {LONGEST_REASON} 字 / say why, that many characters"
        )
    return told
