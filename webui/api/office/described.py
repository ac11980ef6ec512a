"""The description of an office's readings (OpenAPI), told from one table."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
MAYBE_TEXT: Schema = {"type": ["string", "null"]}
WHOLE: Schema = {"type": "integer", "minimum": 0}
MAYBE_WHOLE: Schema = {"type": ["integer", "null"], "minimum": 0}
YES_OR_NO: Schema = {"type": "boolean"}
ID: Schema = {"type": "string", "format": "uuid"}
MAYBE_ID: Schema = {"type": ["string", "null"], "format": "uuid"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
MAYBE: Schema = {"type": ["string", "null"], "format": "date-time"}


def _object(**members: Schema) -> Schema:
    return {"type": "object", "required": list(members), "properties": members}


def _list(**members: Schema) -> Schema:
    return {"type": "array", "items": _object(**members)}


ITEM: dict[str, Schema] = {
    "step": TEXT, "service": TEXT, "state": TEXT, "section": MAYBE_ID, "due": MAYBE, "rule": TEXT,
    "record": MAYBE_ID, "href": MAYBE_TEXT,
}  # fmt: skip
MATTER: dict[str, Schema] = {
    "project": ID, "code": TEXT, "name": TEXT, "category": TEXT, "stage": TEXT, "deadline": MAYBE,
}  # fmt: skip
BOOK: dict[str, Schema] = {
    "project": ID, "code": TEXT, "name": TEXT, "open": YES_OR_NO, "owed": WHOLE, "held": WHOLE,
    "due": MAYBE, "rule": TEXT,
}  # fmt: skip
PAGED: dict[str, Schema] = {"page": {"type": "integer", "minimum": 1}, "more": YES_OR_NO}
Parameter = tuple[str, str, Schema]
NAME: Parameter = ("path", "name", TEXT)
PAGE: Parameter = ("query", "page", {"type": "integer", "minimum": 1, "maximum": 1000})
READINGS: tuple[tuple[str, str, tuple[Parameter, ...], Schema], ...] = (
    (
        "/tasks", "what waits for whoever asks", (), _object(
            trades=_list(
                **MATTER, mine=_list(**ITEM), waiting=_list(**ITEM), coming=_list(**ITEM)
            ),
            errands=_list(
                title=TEXT, trade=TEXT, href=TEXT, note=TEXT, due=MAYBE, mine=YES_OR_NO
            ),
            places=_list(key=TEXT, href=TEXT, count=MAYBE_WHOLE),
        ),
    ),
    ("/desk", "the trades that one works on", (PAGE,), _object(trades=_list(**MATTER), **PAGED)),
    (
        "/desk/{name}", "every step of one trade as it stands", (NAME,),
        _object(**MATTER, steps=_list(**ITEM)),
    ),
    (
        "/messages", "what the platform told whoever asks", (PAGE,), _object(
            messages=_list(
                id=ID, event=TEXT, project=ID, code=TEXT, name=TEXT, at=MOMENT, read_at=MAYBE
            ),
            **PAGED,
        ),
    ),
    (
        "/finance", "the trades with deposits, for the finance office", (PAGE,),
        _object(trades=_list(**BOOK), **PAGED),
    ),
    (
        "/finance/{name}", "one trade's deposits, of sections that may be looked into", (NAME,),
        _object(
            **BOOK, blocks=_list(section=ID, first=TEXT, last=TEXT, amount_fen=WHOLE, size=WHOLE),
            deposits=_list(
                id=ID, section=ID, number=TEXT, state=TEXT, bidder=MAYBE_TEXT,
                amount_fen=MAYBE_WHOLE, interest_fen=WHOLE, received_at=MAYBE, due=MAYBE,
                rule=TEXT, record=MAYBE_ID,
            ),
        ),
    ),
    (
        "/orders", "supervision orders", (PAGE,), _object(
            orders=_list(
                id=ID, project=ID, code=TEXT, name=TEXT, issuer=TEXT, addressee=TEXT,
                addressee_role=TEXT, title=TEXT, text=TEXT, article=TEXT, state=TEXT,
                issued_at=MOMENT, limit_at=MOMENT, late=YES_OR_NO, answer=MAYBE_TEXT,
                answered_at=MAYBE, finding=MAYBE_TEXT, ended_at=MAYBE,
                may={"type": "array", "items": TEXT},
            ),
            **PAGED,
        ),
    ),
    (
        "/complaints", "complaints, the open first", (PAGE,), _object(
            complaints=_list(
                id=ID, project=ID, code=TEXT, name=TEXT, department=TEXT, complainant=TEXT,
                matter=TEXT, respondent=TEXT, told=TEXT, request=TEXT, basis=TEXT,
                interest=MAYBE_TEXT, known_at=MOMENT, filed_at=MOMENT, state=TEXT,
                accepted_at=MAYBE, testing_since=MAYBE, outcome=MAYBE_TEXT, reply=MAYBE_TEXT,
                ended_at=MAYBE, may={"type": "array", "items": TEXT},
                owed=_list(rule=TEXT, limit_at=MOMENT, late=YES_OR_NO),
            ),
            **PAGED,
        ),
    ),
    (
        "/cards", "open cards, red first", (PAGE,), _object(
            cards=_list(
                id=ID, project=ID, code=TEXT, name=TEXT, point=TEXT, article=TEXT, result=WHOLE,
                handling=TEXT, opened_at=MOMENT, limit_at=MAYBE, late=YES_OR_NO,
                refused=YES_OR_NO, may=_list(act=TEXT, href=TEXT),
            ),
            **PAGED,
        ),
    ),
)  # fmt: skip
"""Readings of an office: each tells what its page shows, by the same rights."""
