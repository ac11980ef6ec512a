"""What may be chosen in the fields of deeds, by the case's own project."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Any
from uuid import UUID

from monitor.role import PROJECT_ROLES, Role
from trading.desk.body import Body, bodies
from trading.registration.catalogue import load
from trading.registration.project import found_project, sections
from webui.deed.brought import Paper
from webui.deed.choice import Choice, Options
from webui.deed.deed import Case
from webui.deed.field import Field, Tick
from webui.page.language import text
from webui.page.show import said

Pairs = Iterable[tuple[str, str]]


def is_demo(case: Case) -> bool:
    """Tell whether the case is played in a demo folder."""
    return case.source.demo


def is_real(case: Case) -> bool:
    """Tell whether the case is one of a real folder."""
    return not case.source.demo


def file_or_sample(**told: Any) -> tuple[Field, ...]:
    """Return the fields of a file that must be brought; a demo offers a sample text instead."""
    return (
        Paper("file", only=is_real, **told),
        Paper("file", required=False, only=is_demo, **told),
        Tick("sample", required=False, only=is_demo, hint="hint.sample", start=lambda _: True),
    )


def lots(case: Case) -> Pairs:
    """Return the sections."""
    with case.source.platform.read() as session:
        return [(str(row.id), f"{row.number} {row.name}") for row in sections(session, case.id)]


def first_lot(case: Case) -> str:
    """Return the one section, where there is only one."""
    found = [key for key, _ in lots(case)]
    return found[0] if len(found) == 1 else ""


SECTION = Choice("section", options=lots, kind=UUID, start=first_lot)


def names_of(prefix: str, kind: type[StrEnum], only: Iterable[StrEnum] | None = None) -> Options:
    """Return the members of an enumeration under their names in the catalogue."""
    members = list(kind) if only is None else list(only)
    return lambda _: [(each.value, text(f"{prefix}.{each.value}")) for each in members]


def subjects(_: Case) -> Pairs:
    """Return the categories with their kinds of subject, "works.construction"."""
    catalogue = load()
    for kind in catalogue.kinds.values():
        category = catalogue.category(kind.category)
        words = said(f"{category.zh}：{kind.zh} / {category.en}: {kind.en}")
        yield f"{kind.category}.{kind.key}", words


def category(case: Case) -> str:
    """Return the project's category."""
    with case.source.platform.read() as session:
        return found_project(session, case.id).category


def agencies(case: Case) -> Pairs:
    """Return the agencies that may be named."""
    return _named(case, Role.AGENCY)


def departments(case: Case) -> Pairs:
    """Return the departments competent for the project's category."""
    return _named(case, Role.DEPARTMENT, category(case))


def trustees(case: Case) -> Pairs:
    """Return the bodies that have trustees."""
    return _named(case, Role.TRUSTEE)


def trustee_ids(case: Case) -> list[str]:
    """Return all of them: what a newcomer need not choose."""
    return [key for key, _ in trustees(case)]


def only_one(options: Callable[[Case], Pairs]) -> Callable[[Case], str]:
    """Return what a choice starts with where there is but one thing to choose."""

    def start(case: Case) -> str:
        found = [key for key, _ in options(case)]
        return found[0] if len(found) == 1 else ""

    return start


def parties(case: Case) -> Pairs:
    """Return every body that may stand in a project, with what it has people for."""
    with case.source.platform.read() as session:
        found: dict[UUID, tuple[Body, list[str]]] = {}
        for role in sorted(PROJECT_ROLES):
            for body in bodies(session, role, case.now):
                found.setdefault(body.id, (body, []))[1].append(text(f"role.{role.value}"))
    return [
        (str(key), body.name + text("part.brackets", words=text("part.list").join(roles)))
        for key, (body, roles) in found.items()
    ]


def project_roles(_: Case) -> Pairs:
    """Return the roles that a body holds in the very project."""
    return [(role.value, text(f"role.{role.value}")) for role in sorted(PROJECT_ROLES)]


def row(**told: Any) -> dict[str, Any]:
    """Return one row that a table of fields starts with."""
    return told


def _named(case: Case, role: Role, of: str | None = None) -> Pairs:
    with case.source.platform.read() as session:
        return [(str(each.id), each.name) for each in bodies(session, role, case.now, of)]
