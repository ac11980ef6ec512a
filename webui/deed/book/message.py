"""Deeds of messages: read them, and say where their mail goes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from trading.notice.message.address import Address, address_of, set_address
from trading.notice.message.message import inbox, read
from webui.deed.choice import Choice, Several
from webui.deed.deed import Case, Deed, Values
from webui.deed.field import Text, Tick
from webui.page.language import text

LANGUAGES = (("zh", "中文"), ("en", "English"))


def _unread(case: Case) -> Iterable[tuple[str, str]]:
    with case.source.platform.read() as session:
        lines = inbox(session, case.actor.person)
    return [
        (str(line.id), f"{text(f'message.event.{line.event}')} · {line.name}")
        for line in lines
        if line.read_at is None
    ]


def _chosen(_: Case, values: Values) -> Values:
    """Return the messages that were chosen; none means all of them."""
    return {"messages": values["messages"] or ()}


def _own(case: Case) -> Address | None:
    with case.source.platform.read() as session:
        found = address_of(session, case.actor.person)
        session.expunge_all()
        return found


def _email(case: Case) -> str:
    found = _own(case)
    return found.email if found else ""


def _lang(case: Case) -> str:
    found = _own(case)
    return found.lang if found else "zh"


def _board(case: Case) -> bool:
    found = _own(case)
    return found is not None and found.board


def _address(_: Case, values: Values) -> Values:
    return values | {"email": values["email"] or "", "lang": values["lang"] or "zh"}


def _back(_: Case, __: Any) -> str:
    return "/messages"


DEEDS = (
    Deed(
        read,
        (Several("messages", required=False, options=_unread, kind=UUID, words="消息 / Messages"),),
        inputs=_chosen,
        whole=True,
        after=_back,
    ),
    Deed(
        set_address,
        (
            Text("email", required=False, most=254, start=_email, words="邮箱 / E-mail",
                 hint="message.address_note"),
            Choice("lang", required=False, options=lambda _: LANGUAGES, start=_lang,
                   words="邮件语言 / Language of mail"),
            Tick("board", required=False, start=_board, hint="message.board_note",
                 words="每条公告都发给我 / Mail me every notice"),
        ),
        inputs=_address,
        whole=True,
        after=_back,
    ),
)  # fmt: skip
