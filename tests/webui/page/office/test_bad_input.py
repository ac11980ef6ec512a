"""Bad input, to every deed: said in the asker's words, kept on the form, on record, never done."""

import html
import json
import re
from collections.abc import Callable, Iterator
from itertools import zip_longest
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import text

from experts.pool.register import registry
from monitor.role import Actor, Role
from tests.webui.page.office.asking import (
    CODE,
    HANZI,
    RECORD,
    Asker,
    as_told,
    faults_of,
    foreign,
    how_many,
    refused_record,
    shorter,
    ticket,
)  # fmt: skip
from tests.webui.page.office.bad import LOST, MARK, good, told_wrongly, typed_wrongly
from tests.webui.page.signed_in import program
from tests.webui.page.test_route import ACCOUNTS
from trading import board
from webui.deed.book import deeds
from webui.deed.brought import Blob, Document
from webui.deed.choice import Choice, Several
from webui.deed.deed import Case
from webui.deed.field import Field, Tick
from webui.deed.label import entitled
from webui.deed.rows import Rows
from webui.page.source import Source


@pytest.fixture(scope="module")
def done_trade(entry: board.Entry) -> str:
    return str(entry.project)


@pytest.fixture(scope="module")
def new_trade(source: Source, done_trade: str) -> str:
    with source.platform.read() as session:
        found = session.execute(text("SELECT id FROM project")).scalars()
        return next(str(each) for each in found if str(each) != done_trade)


@pytest.fixture(scope="module")
def askers(app: Flask, source: Source, done_trade: str, new_trade: str) -> dict[Role, Asker]:
    with source.platform.read() as session:
        expert = next(iter(registry(session))).uid.lower()
    found = {}
    for role, account in {**ACCOUNTS, Role.EXPERT: expert}.items():
        one = program(app, account)
        browser = app.test_client()
        browser.set_cookie("session", one.token)
        page = browser.get("/account").text
        csrf = re.search(r'name="csrf" value="([0-9a-f]+)"', page)
        assert csrf is not None
        proven = [done_trade, new_trade] if role is Role.TENDERER else []
        tickets = {project: ticket(one, project) for project in proven}
        found[role] = Asker(one, browser, csrf[1], role, tickets)
    return found


@pytest.fixture
def asker(askers: dict[Role, Asker], name: str) -> Asker:
    """Somebody of a role that may do it."""
    by = deeds()[name].action.by
    return next(each for role, each in askers.items() if role in by)


@pytest.fixture
def where(name: str, done_trade: str) -> str | None:
    deed = deeds()[name]
    return None if deed.whole or deed.fresh else done_trade


@pytest.fixture
def fields(name: str, asker: Asker, where: str | None, source: Source) -> tuple[Field, ...]:
    """The fields that stand in the form."""
    actor = Actor(uuid4(), uuid4(), asker.role)
    case = Case(source, actor, UUID(where) if where else None, source.now)
    return deeds()[name].asks(case)


@pytest.fixture
def nothing_is_done(name: str, source: Source) -> Iterator[None]:
    before = how_many(source, name)
    yield
    assert how_many(source, name) == before, f"{name} was done"


def rounds(
    fields: tuple[Field, ...], wrongs: Callable[[Field], list[Any]], start: int, *, every: bool
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Forms in which as many fields as can be are wrong at once: (whole form, the wrong of it).

    A deed sees ROUNDS of what is wrong with a kind of field, the next deed goes on from there;
    a campaign shows everything to each.
    """
    told = {each.name: wrongs(each) for each in fields}
    if not every:
        told = {name: turned(each, start)[:ROUNDS] for name, each in told.items()}
    for turn in zip_longest(*told.values(), fillvalue=...):
        wrong = {name: each for name, each in zip(told, turn, strict=True) if each is not ...}
        yield {each.name: wrong.get(each.name, good(each)) for each in fields}, wrong


def turned(told: list[Any], start: int) -> list[Any]:
    at = start % len(told)
    return told[at:] + told[:at]


def is_told(name: str, faults: Any) -> bool:
    return any(each == name or each.startswith(f"{name}.") for each in faults)


def again(field: Field, value: Any) -> bool:
    """Tell whether what was typed is asked to be there again: choices and files cannot be."""
    if isinstance(field, Rows | Choice | Several | Tick | Blob) or not value:
        return False
    return not any(sign in value for sign in ("\x00", "\x1b", "\n", LOST))


NAMES = sorted(deeds())
ROUNDS = 3
WITH_FIELDS = [name for name in NAMES if deeds()[name].fields]


def is_named(field: str, words: str) -> bool:
    """Tell whether a fault begins with what its field is called, set off or as its first words."""
    called = entitled(field.partition(".")[0]).split(" / ")
    return ": " in words.replace("：", ": ") or words.startswith(tuple(filter(None, called)))


@pytest.mark.parametrize("name", WITH_FIELDS)
def test_a_form_says_each_wrong_field_in_words_and_keeps_what_was_typed(
    name: str, asker: Asker, where: str | None, fields: tuple[Field, ...], source: Source,
    campaign: bool, nothing_is_done: None,
) -> None:  # fmt: skip
    deed, wrong = deeds()[name], list[str]()
    tries = rounds(fields, typed_wrongly, ROUNDS * NAMES.index(name), every=campaign)
    for number, (form, bad) in enumerate(tries):
        lang = "en" if number % 2 else "zh"
        answer = asker.send(deed, where, form, lang)
        page, at = answer.text, f"{lang} {shorter(bad)}"
        told = faults_of(page)
        if not 400 <= answer.status_code < 500:
            wrong.append(f"{at}: {answer.status_code}")
            continue
        lacking = [each for each in bad if not is_told(each, told)]
        wrong += [f"{at}: nothing about {each}" for each in lacking]
        wrong += [f"{at}: leads nowhere: {each}" for each in told if f'id="f-{each}"' not in page]
        words = " ".join(told.values())
        if CODE.search(words) or (lang == "en" and HANZI.search(words)):
            wrong.append(f"{at}: said as {words}")
        unnamed = [each for each in told if not is_named(each, told[each])]
        wrong += [f"{at}: {each} is not named: {told[each]}" for each in unnamed]
        unescaped = html.unescape(page)
        wrong += [
            f"{at}: {each.name} is gone"
            for each in fields
            if again(each, form[each.name]) and form[each.name][:2000] not in unescaped
        ]
        if MARK in page:
            wrong.append(f"{at}: not escaped")
        found = RECORD.search(page)
        if trouble := refused_record(source, name, found[1] if found else None):
            wrong.append(f"{at}: {trouble}")
    assert wrong == [], "\n".join(wrong)


@pytest.mark.parametrize("name", WITH_FIELDS)
def test_json_of_wrong_types_names_each_field_in_words(
    name: str, asker: Asker, where: str | None, fields: tuple[Field, ...], source: Source,
    campaign: bool, nothing_is_done: None,
) -> None:  # fmt: skip
    deed, wrong = deeds()[name], list[str]()
    tries = rounds(fields, told_wrongly, ROUNDS * NAMES.index(name), every=campaign)
    for inputs, bad in tries:
        told_so = {key: as_told(each) for key, each in inputs.items()}
        answer, at = asker.tell(deed, where, told_so), shorter(bad)
        if not 400 <= answer.status_code < 500 or answer.mimetype != "application/problem+json":
            wrong.append(f"{at}: {answer.status_code} {answer.text[:200]}")
            continue
        problem = json.loads(answer.text)
        told = {each["field"]: each for each in problem.get("errors", [problem])}
        wrong += [f"{at}: nothing about {each}" for each in bad if not is_told(each, told)]
        for each in told.values():
            halves = f"{each['label']}: {each['detail']}".split(" / ")
            if len(halves) != 3 or CODE.search(each["detail"]) or not HANZI.search(each["label"]):
                wrong.append(f"{at}: said as {each}")
        if trouble := refused_record(source, name, problem["record"]):
            wrong.append(f"{at}: {trouble}")
    assert wrong == [], "\n".join(wrong)


@pytest.mark.parametrize("name", NAMES)
def test_a_request_that_is_wrong_in_itself_is_refused_in_words(
    name: str, asker: Asker, where: str | None, fields: tuple[Field, ...], source: Source,
    nothing_is_done: None,
) -> None:  # fmt: skip
    """Doubled or unknown names, no JSON, too much of it, and a form of no or another session."""
    deed, wrong = deeds()[name], list[str]()
    told = {each.name: as_told(good(each)) for each in fields}
    answer = asker.tell(deed, where, told | {"misspelt": 1, "\ud800" * 99: 1})
    problem = json.loads(answer.text)
    if answer.status_code not in {403, 422} or "misspelt" not in str(problem):
        wrong.append(f"unknown: {answer.status_code} {answer.text[:200]}")
    wrong.append(refused_record(source, name, problem["record"]))
    for body, kind, status in (
        (b"no JSON", "application/json", 400),
        (b'{"inputs": [', "application/json", 400),
        (b"[" * 9000, "application/json", 400),
        (b'{"inputs": {"a": 1, "a": 2}}', "application/json", 400),
        (b"\xff{}", "application/json", 400),
        (b"a=b", "application/x-www-form-urlencoded", 415),
    ):
        answer = asker.post(deed, where, body, kind=kind)
        if answer.status_code != status or not HANZI.search(answer.json["detail"]):  # type: ignore[index]
            wrong.append(f"{body[:30]!r}: {answer.status_code} {answer.text[:200]}")
    form = {each.name: good(each) for each in fields}
    for csrf in ("", "0" * 64):
        answer = asker.send(deed, where, form, csrf=csrf, heeded="yes")
        if answer.status_code != 403:
            wrong.append(f"csrf {csrf}: {answer.status_code}")
    assert [each for each in wrong if each] == []


@pytest.mark.parametrize("name", WITH_FIELDS)
def test_a_field_that_comes_twice_is_refused(
    name: str, asker: Asker, where: str | None, fields: tuple[Field, ...],
    nothing_is_done: None,
) -> None:  # fmt: skip
    single = [each for each in fields if not isinstance(each, Rows | Several | Document)]
    form = {each.name: [good(each)] * 2 if each in single else good(each) for each in fields}
    answer = asker.send(deeds()[name], where, form)
    told = faults_of(answer.text)
    assert 400 <= answer.status_code < 500
    assert [each.name for each in single if each.name not in told] == []


def test_a_key_that_comes_again_with_another_body_is_refused_and_on_record(
    askers: dict[Role, Asker], source: Source
) -> None:
    asker, name, key = askers[Role.TENDEREE], "message.set_address", uuid4().hex
    deed = deeds()[name]
    first = asker.tell(deed, None, {"email": "owner@demo.batong.example"}, key)
    assert asker.tell(deed, None, {"email": "owner@demo.batong.example"}, key).json == first.json
    before = how_many(source, name)
    other = asker.tell(deed, None, {"email": "thief@demo.batong.example"}, key)
    assert other.status_code == 409
    problem = json.loads(other.text)
    assert problem["label"].startswith("提交编号")
    assert refused_record(source, name, problem["record"]) == ""
    once = uuid4().hex
    assert (
        asker.send(deed, None, {"email": "owner@demo.batong.example"}, once=once).status_code == 303
    )
    answer = asker.send(deed, None, {"email": "<b>@demo.batong.example"}, once=once)
    assert answer.status_code == 422
    assert "此提交编号已用于另一内容" in answer.text
    assert "&lt;b&gt;@demo" in answer.text
    assert how_many(source, name) == before + 1


TABLES = {
    "section": "section", "deposit": "deposit", "refund": "refund", "draw": "draw",
    "request": "draw_request", "objection": "objection", "booking": "booking",
    "questions": "question", "bid": "bid", "order": "supervision_order",
}  # fmt: skip
"""Whose rows a field names; those of the trade that is done stand nowhere in the new one."""
FOREIGN = [
    name for name, deed in deeds().items()
    if {each.name for each in deed.fields} & set(TABLES) and not deed.whole
]  # fmt: skip


@pytest.mark.parametrize("name", FOREIGN)
def test_a_row_of_another_project_is_refused(
    name: str, asker: Asker, new_trade: str, done_trade: str, source: Source, nothing_is_done: None
) -> None:
    deed = deeds()[name]
    case = Case(source, Actor(uuid4(), uuid4(), asker.role), UUID(new_trade), source.now)
    fields = deed.asks(case)
    form = {each.name: good(each) for each in fields}
    for each in fields:
        if each.name in TABLES:
            row = foreign(source, TABLES[each.name], done_trade)
            form[each.name] = [row] if isinstance(each, Several) else row
    for answer in (
        asker.send(deed, new_trade, form | {"heeded": "yes"}),
        asker.tell(deed, new_trade, {key: as_told(each) for key, each in form.items()}),
    ):
        assert 400 <= answer.status_code < 500, answer.text
        assert not CODE.search(answer.text)
    assert refused_record(source, name, json.loads(answer.text)["record"]) == ""
