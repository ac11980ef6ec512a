"""What an archive's page says first: the trade, who won for how much, and when what happened."""

import base64
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from monitor.law.workday import SHANGHAI
from trading.archive.content import kept_until, retention
from trading.money import capital_amount, format_yuan

if TYPE_CHECKING:
    from trading.archive.volume import Volume

_DATES = (
    ("project.register", "登记 / registered"),
    ("notice.publish", "公告 / notice"),
    ("opening.close", "投标截止 / bids closed"),
    ("opening.fail", "开标失败 / the opening failed"),
    ("project.terminate", "终止 / ended by its owner"),
    ("award.issue", "定标 / award"),
    ("contract.sign", "合同 / contract"),
    ("archive.close", "归档 / archived"),
)


@dataclass(frozen=True, slots=True)
class Act:
    """One opened record and its leaf in the log."""

    body: dict[str, Any]
    index: int

    @property
    def is_done(self) -> bool:
        """Tell an act that was done from an attempt that was refused."""
        return "done" in self.body["outcome"]


def opened(openings: bytes) -> tuple[list[Act], int]:
    """Return the opened records in the order of their time, and how many stay blind."""
    rows = [json.loads(line) for line in openings.splitlines()]
    acts = [
        Act(json.loads(base64.b64decode(row["body"])), row["index"])
        for row in rows
        if "body" in row
    ]
    return sorted(acts, key=lambda act: str(act.body["id"])), len(rows) - len(acts)


def shown(moment: str) -> str:
    """Write a record's time as Beijing time, to the second."""
    return f"{datetime.fromisoformat(moment).astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"


def summary(volume: "Volume", acts: Sequence[Act]) -> Iterator[tuple[str, str]]:
    """Yield (name, what is said) as the records in this bag say it."""
    yield "项目 / project", volume.title
    yield "编号 / code", volume.code
    awards = [act.body["facts"] for act in acts if _is(act, "award.issue")]
    for facts in awards:
        yield from _award(facts)
    if not awards:
        yield "中标人 / winner", "无中标记录 / no award on record"
    for action, name in _DATES:
        moments = [shown(act.body["time"]) for act in acts if _is(act, action)]
        if moments:
            yield name, "、".join(dict.fromkeys(moments))
    until, basis = kept_until(volume.category, volume.ended), retention(volume.category).basis
    yield "保存至少到 / keep at least until", f"{until}（{basis}）"


def _is(act: Act, action: str) -> bool:
    return act.is_done and act.body["action"] == action


def _award(facts: dict[str, Any]) -> Iterator[tuple[str, str]]:
    price = int(facts["price"])
    yield "中标人 / winner", f"{facts['winner']}（{facts['uscc']}）"
    yield "中标价 / price", f"¥{format_yuan(price)} {capital_amount(price)}"
