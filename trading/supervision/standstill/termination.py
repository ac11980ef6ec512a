"""Termination 终止: the owner ends its trade before the opening or after it, in public, for good.

招标投标法实施条例 31: it is announced at once, and deposits go back with their interest. A bid that
was not opened stays sealed. Between CLOSE and the reveal there is no ending: what was received is
opened (招标投标法 36); and none once the award is notified (招标投标法 45).
"""

from __future__ import annotations

from uuid import UUID

from monitor.record.act import Act
from monitor.record.action import action
from monitor.record.suspension import ENDED
from monitor.refusal import WrongStage
from monitor.role import Role
from trading.notice.progress import stage_of
from trading.registration.project import found_project
from trading.registration.stage import Stage
from trading.supervision.standstill.suspension import MAX_ARTICLE, MAX_REASON, begin
from trading.supervision.wording import worded

TERMINATE = "project.terminate"
RULE = "招标投标法实施条例 31"
MAY_END = frozenset(
    {
        Stage.ACCEPTED, Stage.ANNOUNCED, Stage.BIDDING, Stage.OPENED, Stage.EVALUATED,
        Stage.CANDIDATES,
    }
)  # fmt: skip
"""At which stages a trade may be ended by its owner."""
TOLD = {
    Stage.CLOSED: "投标已截止，须先完成开标 / bids are closed: the opening comes first",
    Stage.SUSPENDED: "项目暂停期间不得终止 / not while the trade is suspended",
}


@action(TERMINATE, by=(Role.TENDEREE, Role.AGENCY))
def terminate(act: Act, *, article: str, reason: str) -> UUID:
    """End a trade for good, with article and reason, both public; return the standstill's id.

    Raises WrongStage between CLOSE and the reveal, after the award and of a trade that is over,
    Invalid.
    """
    project = found_project(act.session, act.project)
    stage = stage_of(act.session, project.id, act.now)
    words = TOLD.get(stage, "此阶段不得终止 / a trade is not ended at this stage")
    act.require(stage in MAY_END, WrongStage(words, rule=RULE))
    row = begin(act, project.id, ENDED, worded("article", article, MAX_ARTICLE),
                worded("reason", reason, MAX_REASON))  # fmt: skip
    act.note(subject=str(project.id), reached=stage.value, article=row.article, reason=row.reason)
    return row.id
