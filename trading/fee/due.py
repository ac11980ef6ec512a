"""What falls due: the deposits that an award or a contract makes owed back.

Those acts cannot name them (a section may have 1,528), so the platform writes them down beside, in
portions; to the watch each stands for the act that made it due.
"""

from __future__ import annotations

from uuid import UUID

from monitor.clock import time_text
from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.moment import done_at
from monitor.refusal import Conflict, WrongStage
from monitor.role import Role
from trading.award.award import award_of
from trading.fee.held import at_award, at_contract
from trading.notice.moment import required_project
from trading.registration.section import found_section

PORTION = 500
CAUSES = ("award.issue", "contract.sign")


@action("deposit.fall_due", by=(Role.SYSTEM,), visibility=Visibility.SECRET)
def fall_due(act: Act, *, section: UUID, cause: str, portion: int = 0) -> int:
    """Write down the next deposits that `cause` made owed back; return how many are left after.

    Raises WrongStage before that act, Conflict when none is left.
    """
    project = required_project(act.project)
    found_section(act.session, project, section)
    since = done_at(act.session, project, section, cause) if cause in CAUSES else None
    if since is None:
        raise WrongStage("该事项尚未办理 / that act is not done yet", field="cause")
    owed = _owed(act, project, section, cause)[portion * PORTION :]
    act.require(owed, Conflict("没有应退的保证金 / no deposit is left to return", field="portion"))
    act.note(
        subject=str(section),
        section=str(section),
        stands_for=cause,
        since=time_text(since),
        concerns=owed[:PORTION],
    )
    return max(0, len(owed) - PORTION)


def _owed(act: Act, project: UUID, section: UUID, cause: str) -> list[str]:
    uscc = award_of(act.session, project, section).uscc
    if cause == "award.issue":
        return at_award(act.session, project, section, uscc)
    return at_contract(act.session, project, section, uscc, act.now)
