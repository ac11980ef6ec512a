"""Deeds of notices and consultation 信息发布咨询: notice, documents, answers, clarifications."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from monitor.law.limit import holds, number
from monitor.law.rule import Enforcement, Rule, Unit
from monitor.refusal import Invalid
from trading.desk.dates import earliest_deadline
from trading.money import format_yuan
from trading.notice.addendum import MAX_TEXT, Change, answer, clarify, questions
from trading.notice.clause import Manner
from trading.notice.document import Issue, Terms, document_of, issue
from trading.notice.field import keys, label, lint, media
from trading.notice.notice import Draft, NoticeKind, carry, current_notice, publish
from trading.registration.project import found_project, kind_of, rules_for, sections
from webui.deed.brought import Blob
from webui.deed.choice import Choice, Several
from webui.deed.deed import Case, Caution, Deed, Values
from webui.deed.field import Long, Moment, Money, Text, Tick, Whole
from webui.deed.fill import notice, roster
from webui.deed.fill.choice import category, file_or_sample, lots, names_of, row
from webui.deed.fill.paper import MOST, given, store
from webui.deed.rows import Rows
from webui.page.show import said

DISCRIMINATION = "招标投标法实施条例 32"
PAPERS = ".pdf,.doc,.docx,.zip,.ofd"


def _media(case: Case) -> Iterable[tuple[str, str]]:
    return [(key, said(words)) for key, (words, _) in media(category(case)).items()]


def _designated(case: Case) -> list[str]:
    return list(media(category(case)))


def _texts(values: Values) -> dict[str, str]:
    return {key: values[key] for key in keys() if values.get(key)}


def _draft(_: Case, values: Values) -> Values:
    return {
        "draft": Draft(
            kind=values["kind"],
            title=values["title"],
            fields=_texts(values),
            media=values["media"],
            supply_from=values["supply_from"],
            supply_until=values["supply_until"],
            deadline=values["deadline"],
        )
    }


def _lint(_: Case, values: Values) -> Iterable[Caution]:
    for each in lint(_texts(values)):
        zh, en = f"“{each.passage}”：{each.zh}", f"“{each.passage}”: {each.en}"
        yield Caution(each.field, f"{zh} / {en}", DISCRIMINATION)


def _estimates(case: Case) -> list[tuple[str, int]]:
    with case.source.platform.read() as session:
        return [(str(each.id), each.estimate_fen) for each in sections(session, case.id)]


def _terms(case: Case) -> list[dict[str, Any]]:
    """Begin with a lawful deposit in whole ten thousands, and the estimate as the ceiling."""
    rules = _measuring(case, "deposit")
    return [row(lot=lot, deposit=_most(rules, fen), ceiling=fen) for lot, fen in _estimates(case)]


def _most(rules: Iterable[Rule], estimate_fen: int) -> int:
    most = [number(rule, estimate_fen) for rule in rules]
    return min(most, default=0) // 1_000_000 * 1_000_000


def _measuring(case: Case, of: str) -> list[Rule]:
    """Return the rules that limit an amount in this trade; of the ceilings only its kind's own."""
    with case.source.platform.read() as session:
        project = found_project(session, case.id)
    own = kind_of(project).deposit_ceiling
    return [
        rule
        for rule in rules_for(project, case.now).measuring(of)
        if rule.unit is Unit.PERCENT or rule.id == own
    ]


def _above(case: Case, values: Values) -> Iterable[Caution]:
    """Point at a deposit above a ceiling that warns, and at trustees who are strangers here."""
    rules = [rule for rule in _measuring(case, "deposit") if rule.enforcement is Enforcement.WARN]
    for each in values["terms"]:
        for rule in rules:
            if not holds(rule, each["deposit"]):
                most = format_yuan(number(rule))
                yield Caution(
                    "terms",
                    f"保证金超过 {most} 元：{rule.zh} / deposit above {most} yuan: {rule.en}",
                    rule.id,
                )
    yield from roster.strangers(case, roster.chosen(case, values))


def _issued(case: Case, values: Values) -> Values:
    manner, chosen = values["manner"], roster.chosen(case, values)
    body = given(case, "file", values["file"], values["title"], may=values.get("sample"))
    terms = {_lot(each["lot"]): Terms(each["deposit"], each["ceiling"]) for each in values["terms"]}
    paper = store(case, "tender", values["title"], body)
    return {
        "issue": Issue(
            name=values["title"],
            digest=paper.digest,
            size=paper.size,
            manner=manner,
            window_minutes=values["window_minutes"] if manner is Manner.BIDDERS_FIRST else 0,
            trustees=chosen.to_bytes(),
            validity_days=values["validity_days"],
            terms=terms,
            ceiling_method=values["ceiling_method"],
        ),
        "paper": paper,
    }


def _lot(told: str) -> UUID:
    try:
        return UUID(told)
    except ValueError:
        raise Invalid("terms", "没有此标段 / no such section") from None


def _issue_brief(case: Case) -> Iterable[tuple[str, Any]]:
    with case.source.platform.read() as session:
        found = current_notice(session, case.id)
    if found is not None:
        yield "brief.supply_from", found.supply_from
        yield "brief.supply_until", found.supply_until
        yield "brief.deadline", found.deadline


def _open_questions(case: Case) -> Iterable[tuple[str, str]]:
    with case.source.platform.read() as session:
        found = questions(session, case.id)
    return [(str(each.id), each.text) for each in found if each.answer is None]


def _all_open(case: Case) -> list[str]:
    return [key for key, _ in _open_questions(case)]


def _change(case: Case, values: Values) -> Values:
    body = values["file"]
    paper = store(case, "tender", values["title"], body) if body else None
    return {
        "change": Change(
            title=values["title"],
            text=values["text"],
            affects_bids=values["affects_bids"],
            resubmit=values["resubmit"],
            file=paper.digest if paper else None,
            deadline=values["deadline"],
        ),
        "paper": paper,
    }


def _change_brief(case: Case) -> Iterable[tuple[str, Any]]:
    with case.source.platform.read() as session:
        document, project = document_of(session, case.id), found_project(session, case.id)
    if document is not None:
        rules = rules_for(project, case.now)
        yield "brief.deadline", document.deadline
        yield "brief.if_affects", earliest_deadline(rules, document.deadline, case.now)


def _anew(_: Case, values: Values) -> Iterable[Caution]:
    if values["resubmit"] and not values["affects_bids"]:
        yield Caution(
            "resubmit",
            "要求重新密封却不影响编制，请确认 / bids are to be sealed anew though none is affected",
        )


def _notice_id(case: Case) -> Mapping[str, Any]:
    with case.source.platform.read() as session:
        found = current_notice(session, case.id)
    return {"id": found.id, "digest": found.digest.hex()} if found else {"id": "", "digest": ""}


def _carried(case: Case, values: Values) -> Values:
    told = values["sha256"].lower()
    if len(told) != 64 or set(told) - set("0123456789abcdef"):
        raise Invalid("sha256", "应为64位十六进制摘要 / a SHA-256 in hexadecimal")
    return {
        "notice": _notice_id(case)["id"] or UUID(int=0),
        "medium": values["medium"],
        "digest": bytes.fromhex(told),
    }


NOTICE = tuple(
    Long(key, lines=2, words=label(key), start=notice.said(key), only=notice.stands(key))
    for key in keys()
)
TERMS = (
    Choice("lot", options=lots, words="标段 / section"),
    Money("deposit", words="投标保证金 / bid deposit"),
    Money("ceiling", required=False, words="最高限价 / price ceiling"),
)
DEEDS = (
    Deed(
        publish,
        (
            Choice(
                "kind",
                options=names_of("choice.notice_kind", NoticeKind),
                kind=NoticeKind,
                start=notice.kind,
            ),
            Text("title", start=notice.title, words="公告标题 / title"),
            Moment("supply_from", hint="hint.supply_from", start=notice.date("supply_from")),
            Moment("supply_until", hint="hint.supply_until", start=notice.date("supply_until")),
            Moment("deadline", hint="hint.deadline", start=notice.date("deadline")),
            *NOTICE,
            Several("media", options=_media, hint="hint.media", start=_designated),
        ),
        _draft,
        cautions=_lint,
    ),
    Deed(
        issue,
        (
            Text("title", words="文件名称 / name", start=lambda _: "招标文件"),
            *file_or_sample(most=MOST, accept=PAPERS, hint="hint.tender_file"),
            Rows("terms", columns=TERMS, shown=0, start=_terms, hint="hint.terms"),
            Text("ceiling_method", required=False, hint="hint.ceiling_method"),
            Choice(
                "manner",
                options=names_of("choice.manner", Manner),
                kind=Manner,
                hint="hint.manner",
                start=lambda _: Manner.BIDDERS_FIRST.value,
            ),
            Whole(
                "window_minutes",
                least=0,
                greatest=1440,
                hint="hint.window",
                start=lambda _: 30,
            ),
            Choice(
                "roster",
                required=False,
                options=roster.used,
                hint="hint.roster",
                start=roster.newest,
            ),
            Blob("roster_file", required=False, accept=".json", hint="hint.roster_file"),
            Whole(
                "validity_days",
                least=1,
                greatest=365,
                hint="hint.validity",
                start=lambda _: 90,
            ),
        ),
        _issued,
        brief=_issue_brief,
        cautions=_above,
    ),
    Deed(
        answer,
        (
            Several("questions", options=_open_questions, kind=UUID, start=_all_open),
            Long("text", most=MAX_TEXT, words="答复 / answer", hint="hint.answer"),
        ),
    ),
    Deed(
        clarify,
        (
            Text("title", words="标题 / title"),
            Long("text", most=MAX_TEXT, words="澄清或者修改的内容 / what is clarified or changed"),
            Tick("affects_bids", required=False, hint="hint.affects_bids"),
            Tick("resubmit", required=False, hint="hint.resubmit"),
            Moment("deadline", required=False, hint="hint.new_deadline"),
            Blob("file", required=False, most=MOST, accept=PAPERS, hint="hint.change_file"),
        ),
        _change,
        brief=_change_brief,
        cautions=_anew,
    ),
    Deed(
        carry,
        (
            Choice("medium", options=_media),
            Text("sha256", most=64, hint="hint.carried", start=lambda c: _notice_id(c)["digest"]),
        ),
        _carried,
    ),
)
