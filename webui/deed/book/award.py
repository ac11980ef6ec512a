"""Deeds of the result 发放中标通知 and of the archive 资料保存: candidates to the filed bags."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from monitor.refusal import Invalid
from trading.archive.filing import close as close_file
from trading.archive.taking import take as take_bag
from trading.award.award import issue
from trading.award.candidate import Offer
from trading.award.candidate import publish as publish_candidates
from trading.award.contract import publish as publish_contract
from trading.award.contract import sign
from trading.award.objection import Outcome
from trading.award.objection import answer as answer_objection
from trading.paper.keeping import papers
from webui.archive.packing import PaperMissing, PaperTwice
from webui.deed.choice import Choice
from webui.deed.deed import Case, Deed, Values
from webui.deed.field import Ident, Long, Money, Text
from webui.deed.fill import result
from webui.deed.fill.choice import SECTION, file_or_sample, names_of, only_one
from webui.deed.fill.paper import MOST, given, store
from webui.deed.rows import Rows
from webui.serve.work.job.archive import contents
from webui.serve.work.job.bench import Bench

OFFER = (
    Text("candidate", words="候选人 / candidate"),
    Text("quality", words="质量 / quality"),
    Text("period", words="工期 / period"),
    Text("manager", words="项目负责人 / manager"),
    Text("certificate", words="证书名称和编号 / certificate"),
    Text("qualification", words="资格能力条件 / qualification"),
)


def _offers(_: Case, values: Values) -> Values:
    named = ("quality", "period", "manager", "certificate", "qualification")
    return {
        "section": values["section"],
        "offers": [Offer(**{key: each[key] for key in named}) for each in values["offers"]],
        "channel": values["channel"] or "",
    }


def _channel(_: Case) -> str:
    return "本平台在线提出异议；招标人应当自收到之日起三日内答复"


def _awarded(_: Case, values: Values) -> Values:
    return {**values, "reason": values["reason"] or ""}


def _signed(case: Case, values: Values) -> Values:
    body = given(case, "file", values["file"], "合同", may=values.get("sample"))
    paper = store(case, "contract", "合同 / contract", body)
    return {
        "section": values["section"],
        "digest": paper.digest,
        "price_fen": values["price"],
        "bond_fen": values["bond"] or 0,
        "paper": paper,
    }


def _filed(case: Case, _: Values) -> Values:
    """Make the list of contents; raises Invalid naming each paper that nobody has handed in."""
    bench = Bench(case.source.platform, case.source.settings)
    try:
        return {"manifest": contents(bench, case.id)}
    except (PaperMissing, PaperTwice) as fault:
        raise Invalid("manifest", str(fault), rule="电子招标投标办法 40") from fault


def _held(case: Case) -> Iterable[tuple[str, Any]]:
    with case.source.platform.read() as session:
        for each in papers(session, case.id):
            yield "brief.paper", f"{each.title.partition(' / ')[0]}　{each.name}"


DEEDS = (
    Deed(
        publish_candidates,
        (
            SECTION,
            Rows("offers", columns=OFFER, shown=0, start=result.offers, hint="hint.offers"),
            Text("channel", required=False, hint="hint.channel", start=_channel),
        ),
        _offers,
        brief=result.ranked,
        cautions=result.late("evaluation.report", "candidates.publish", result.reported),
    ),
    Deed(
        answer_objection,
        (
            Choice(
                "objection",
                options=result.open_objections,
                kind=UUID,
                start=only_one(result.open_objections),
            ),
            Choice("outcome", options=names_of("choice.outcome", Outcome), kind=Outcome),
            Long("text", words="答复 / answer", hint="hint.objection_answer"),
        ),
    ),
    Deed(
        issue,
        (
            SECTION,
            Choice("uscc", options=result.candidates, start=result.winner, hint="hint.winner"),
            Long("reason", required=False, lines=3, most=2000, hint="hint.not_first"),
        ),
        _awarded,
        brief=result.shown,
    ),
    Deed(
        sign,
        (
            SECTION,
            *file_or_sample(most=MOST, accept=".pdf", kinds=("PDF",), hint="hint.contract_file"),
            Money("price", start=result.price_fen, hint="hint.contract_price"),
            Money("bond", required=False, hint="hint.bond"),
        ),
        _signed,
        brief=result.price,
        cautions=result.late("award.issue", "contract.sign", result.awarded),
    ),
    Deed(publish_contract, (SECTION,)),
    Deed(close_file, (), _filed, brief=_held),
    Deed(
        take_bag,
        (Ident("paper", words="归档包 / Bag"),),
        after=lambda case, paper: f"/desk/{case.project}/paper/{paper}",
    ),
)
