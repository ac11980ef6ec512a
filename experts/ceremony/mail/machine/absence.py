"""Whether the inspector's machine is away: waited for past the limit, and not there to object."""

from __future__ import annotations

from experts.ceremony.mail.paper import Step
from experts.ceremony.mail.view import View
from experts.draw.header import INSPECTOR
from monitor.record.act import Act
from monitor.refusal import TooEarly, WrongStage


def objects(view: View) -> bool:
    """Tell whether the machine is there and will not go on: that is for persons to look into."""
    return any(one["role"] == INSPECTOR for one in view.parcels(Step.TROUBLE))


def is_away(view: View, since: int | None) -> bool:
    """Tell whether a machine that is waited for since then, None for not at all, is away (pure)."""
    return since is not None and not objects(view) and view.now - since >= view.purpose.away


def require_away(act: Act, view: View, since: int, field: str) -> int:
    """Return for how many seconds the machine is waited for; raises WrongStage, TooEarly."""
    act.require(
        not objects(view),
        WrongStage("监督端在线并有异议 / the agent is there and objects", field=field),
    )
    waited, limit = view.now - since, view.purpose.away
    act.require(
        is_away(view, since),
        TooEarly(f"监督端离线未满{limit}秒 / away for less than {limit} s", field=field),
    )
    return waited
