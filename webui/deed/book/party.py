"""Deeds of the administrator: organisations, people, their offices, and sessions put to an end;
and of a sealed office, on whom the administrator would put there.

An invitation is no deed of this book: its token is shown once, and a deed's answer is kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from monitor.role import Role
from trading.account.entry import expel
from trading.account.office.candidacy import proposed, waiting_for
from trading.account.office.confirmation import MAX_REASON, confirm, refuse
from trading.registration.catalogue import load
from trading.registration.directory import (
    Known,
    State,
    every_organisation,
    everybody,
    holder,
    person_known,
)
from trading.registration.party import (
    MAX_NAME,
    OFFICES,
    Kind,
    appoint,
    dismiss,
    enrol,
    register,
)
from webui.deed.choice import Choice
from webui.deed.deed import Case, Deed
from webui.deed.field import Long, Text
from webui.deed.fill.choice import names_of
from webui.page.language import text
from webui.page.show import said

Pairs = Iterable[tuple[str, str]]


def _everybody(case: Case) -> list[Known]:
    with case.source.platform.read() as session:
        return everybody(session, case.now)


def _people(case: Case) -> Pairs:
    return [(str(each.id), _called(each)) for each in _everybody(case)]


def _account_holders(case: Case) -> Pairs:
    found = [each for each in _everybody(case) if each.state is not State.NONE]
    return [(str(each.id), _called(each)) for each in found]


def _called(person: Known) -> str:
    """Tell people of one name apart: by account, else by where they are, else by their number."""
    place = person.offices[0].org_name if person.offices else f"…{str(person.id)[-4:]}"
    return person.name + text("part.brackets", words=person.account or place)


def _appointments(case: Case) -> Pairs:
    return [
        (str(each.id), f"{person.name} · {each.org_name} · {text(f'role.{each.role.value}')}")
        for person in _everybody(case)
        for each in person.offices
    ]


def _organisations(case: Case) -> Pairs:
    with case.source.platform.read() as session:
        return [
            (str(key), name + text("part.brackets", words=uscc))
            for key, name, uscc in every_organisation(session)
        ]


def _roles(_: Case) -> Pairs:
    """Return each role with the kinds of organisation that it may be held for."""
    for role in Role:
        kinds = [text(f"people.kind.{kind.value}") for kind in Kind if role in OFFICES[kind]]
        if kinds:
            words = text("people.comma").join(kinds)
            yield role.value, text(f"role.{role.value}") + text("part.brackets", words=words)


def _categories(_: Case) -> Pairs:
    return [(key, said(f"{each.zh} / {each.en}")) for key, each in load().categories.items()]


def _to_person(_: Case, result: Any) -> str:
    return f"/people/{result}"


def _to_holder(case: Case, result: Any) -> str:
    made = UUID(str(result))
    with case.source.platform.read() as session:
        return f"/people/{holder(session, made) or proposed(session, made)}"


def _to_colleagues(_: Case, __: Any) -> str:
    return "/colleagues"


def _candidates(case: Case) -> Pairs:
    with case.source.platform.read() as session:
        for row in waiting_for(session, case.actor, case.now):
            found = person_known(session, row.person, case.now)
            yield str(row.id), _called(found) if found else str(row.person)


def _to_list(_: Case, __: Any) -> str:
    return "/people"


CANDIDATE = Choice("candidacy", options=_candidates, kind=UUID, words="提请任命的人 / Candidate")
PERSON = Choice("person", options=_people, kind=UUID, words="人员 / Person")
DEEDS = (
    Deed(
        register,
        (
            Text("uscc", most=40, words="统一社会信用代码 / Unified social credit code",
                 hint="people.hint.uscc"),
            Text("name", most=MAX_NAME, words="单位名称 / Name of the organisation"),
            Choice("kind", options=names_of("people.kind", Kind), kind=Kind,
                   words="单位种类 / Kind of organisation", hint="people.hint.kind"),
        ),
        whole=True,
        after=lambda _, __: "/people/organisations",
    ),
    Deed(
        enrol,
        (Text("name", most=MAX_NAME, words="姓名 / Name", hint="people.hint.name"),),
        whole=True,
        after=_to_person,
    ),
    Deed(
        appoint,
        (
            PERSON,
            Choice("organisation", options=_organisations, kind=UUID),
            Choice("role", options=_roles, kind=Role, words="岗位 / Office",
                   hint="people.hint.role"),
            Choice("category", required=False, options=_categories,
                   words="交易类别 / Trade category", hint="people.hint.category"),
        ),
        whole=True,
        after=_to_holder,
    ),
    Deed(
        dismiss,
        (Choice("appointment", options=_appointments, kind=UUID, words="岗位 / Office",
                hint="people.hint.dismiss"),),
        whole=True,
        after=_to_list,
    ),
    Deed(
        expel,
        (Choice("person", options=_account_holders, kind=UUID, words="人员 / Person",
                hint="people.hint.expel"),),
        whole=True,
        after=_to_list,
    ),
    Deed(confirm, (CANDIDATE,), whole=True, after=_to_colleagues),
    Deed(
        refuse,
        (CANDIDATE, Long("reason", most=MAX_REASON, words="理由 / Why",
                         hint="colleagues.reason")),
        whole=True,
        after=_to_colleagues,
    ),
)  # fmt: skip
