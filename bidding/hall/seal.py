"""The seal check 检查密封情况: a bidder's word that its bid is under the root, or the time for it.

招标投标法 36: the bidders, or whom they send, check the seals before anything is unlocked. An
opening that nobody comes to does not stand still for ever: who stays away accepts it
(政府采购货物和服务招标投标管理办法 42).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from bidding.hall.close import require_many
from bidding.hall.sitting import given_back, require_going, unanswered
from bidding.hall.stage import SEALS, required, step
from bidding.hall.trust import require_cosigned
from bidding.submission import standing_bid
from monitor.record.act import Act
from monitor.record.action import action
from monitor.record.suspension import stood_still
from monitor.refusal import Conflict, TooEarly, WrongStage
from monitor.role import Role
from trading.notice.moment import required_project
from trading.notice.participation import masked

TIME = timedelta(minutes=10)
"""How long the bidders have for it, from CLOSE on: our own figure; no rule names one."""
RULE = "招标投标法 36"
CHECK, LAPSE = SEALS
UNSEALED = ("opening.unlock", "opening.reveal")
"""What only follows the check."""


@action(CHECK, by=(Role.TENDERER,))
def check_seal(act: Act, *, section: UUID) -> None:
    """A bidder confirms that its receipt is under the root, before anything is unlocked.

    Raises WrongStage, NotFound for one who has no bid there.
    """
    project = required_project(act.project)
    require_many(act.session, project, section)
    act.require(
        step(act.session, project, section, *UNSEALED) is None,
        WrongStage("已开始解密，密封检查已结束 / the bids are being unlocked already", rule=RULE),
    )
    standing_bid(act.session, project, section, masked(act))
    act.note(subject=str(section), section=str(section))


@action(LAPSE, by=(Role.SYSTEM,))
def lapse_seals(act: Act, *, section: UUID) -> None:
    """Write down that the bidders' time for the check is over, and nothing else.

    Raises WrongStage before a witnessed CLOSE, while the opening is paused or an objection to it
    waits, TooEarly, Conflict where a bidder has checked or it was written down before.
    """
    session, project = act.session, required_project(act.project)
    require_many(session, project, section)
    require_cosigned(session, required(session, project, section, "opening.close").record, "CLOSE")
    require_going(session, project, section)
    act.require(
        step(session, project, section, *SEALS) is None,
        Conflict("密封检查已结束 / the seal check is over already"),
    )
    act.require(
        act.now >= lapses_at(session, project, section, act.now),
        TooEarly("密封检查时限未到 / the bidders still have time for the seals", rule=RULE),
    )
    waiting = unanswered(session, project)
    act.require(
        not waiting,
        WrongStage(f"有 {waiting} 项开标异议未答复 / objections wait for an answer", rule=RULE),
    )
    act.note(subject=str(section), section=str(section))


def lapses_at(session: Session, project: UUID, section: UUID, now: datetime) -> datetime:
    """Return when the bidders' time for the check is over; pauses are given back.

    Raises WrongStage before CLOSE.
    """
    closed = required(session, project, section, "opening.close").at
    still = stood_still(session, project, closed)
    return closed + TIME + still + given_back(session, project, section, now)
