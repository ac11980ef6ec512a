"""Deeds of a notice 招标公告: its text published, and carried on to the media."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from monitor.refusal import Invalid
from trading.notice.field import keys, label, lint, media
from trading.notice.notice import Draft, NoticeKind, carry, current_notice, publish
from webui.deed.choice import Choice, Several
from webui.deed.deed import Case, Caution, Deed, Values
from webui.deed.field import Long, Moment, Text
from webui.deed.fill import notice
from webui.deed.fill.choice import category, names_of
from webui.page.show import said

DISCRIMINATION = "招标投标法实施条例 32"


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
        carry,
        (
            Choice("medium", options=_media),
            Text("sha256", most=64, hint="hint.carried", start=lambda c: _notice_id(c)["digest"]),
        ),
        _carried,
    ),
)
