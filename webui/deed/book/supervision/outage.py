"""Deeds of an outage 系统故障: what a witness saw; consent beforehand, agree afterwards."""

from __future__ import annotations

from collections.abc import Iterable

from trading.supervision.standstill.lost_deadline import MAX_CLAUSE, agree, consent
from trading.supervision.standstill.outage import witness
from webui.deed.choice import Choice
from webui.deed.deed import Case, Deed
from webui.deed.field import Long, Moment


def _witnesses(case: Case) -> Iterable[tuple[str, str]]:
    return [(key.name, key.name) for key in case.source.keys.policy.witnesses]


DEEDS = (
    Deed(
        witness,
        (
            Choice("name", options=_witnesses, words="见证人 / Witness"),
            Moment("since", words="最后一次连上平台 / Reached last at"),
            Moment("until", hint="outage.witness_hint", words="恢复连接 / Reached again at"),
        ),
        whole=True,
        after=lambda _case, _: "/outages",
    ),
    Deed(
        consent,
        (Long("clause", most=MAX_CLAUSE, hint="outage.clause_hint",
              words="招标文件条款 / Clause of the documents"),),
        after=lambda _case, _: "/outages",
    ),
    Deed(agree, after=lambda _case, _: "/outages"),
)  # fmt: skip
