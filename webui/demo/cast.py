"""The cast: plainly fictitious bodies and people, registered by real actions."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from uuid import UUID

from monitor.role import SYSTEM, Actor, Role
from trading.registration.credit_code import ALPHABET, check_character
from trading.registration.party import Kind, appoint, enrol, register
from webui.demo.stage import Stage


@dataclass(frozen=True, slots=True)
class Body:
    """A registered organisation."""

    id: UUID
    name: str
    uscc: str


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays, besides the tenderers."""

    centre: Body
    tenderee: Body
    department: Body
    notary: Body
    association: Body
    other_centre: Body
    clerk: Actor
    clerk_two: Actor
    cashier: Actor
    cashier_two: Actor
    owner: Actor
    owner_two: Actor
    inspector: Actor
    administrator: Actor
    discipline: Actor


def credit_code(name: str) -> str:
    """Return a well-formed credit code that nobody has, made from the name (region 139900)."""
    digest = hashlib.sha256(name.encode()).digest()
    body = "91139900MA" + "".join(ALPHABET[byte % len(ALPHABET)] for byte in digest[:7])
    return body + check_character(body)


def body(stage: Stage, name: str, kind: Kind = Kind.COMPANY, uscc: str = "") -> Body:
    """Register an organisation."""
    code = uscc or credit_code(name)
    return Body(stage.do(register, SYSTEM, None, uscc=code, name=name, kind=kind), name, code)


def person(stage: Stage, name: str, of: Body, role: Role, category: str | None = None) -> Actor:
    """Enrol a person and appoint them."""
    made = stage.do(enrol, SYSTEM, None, name=name)
    stage.do(appoint, SYSTEM, None, person=made, organisation=of.id, role=role, category=category)
    return Actor(made, of.id, role)


def assemble(stage: Stage, owner_name: str, category: str, department_name: str) -> Cast:
    """Register the bodies and people of one trade."""
    centre = body(stage, "示例市公共资源交易中心", Kind.CENTRE)
    tenderee = body(stage, owner_name, Kind.INSTITUTION)
    department = body(stage, department_name, Kind.AUTHORITY)
    return Cast(
        centre=centre,
        tenderee=tenderee,
        department=department,
        notary=body(stage, "示例市公证处（演示）", Kind.INSTITUTION),
        association=body(stage, "示例省招标投标协会（演示）", Kind.INSTITUTION),
        other_centre=body(stage, "邻市公共资源交易中心（演示）", Kind.CENTRE),
        clerk=person(stage, "受理员甲", centre, Role.CENTRE),
        clerk_two=person(stage, "受理员乙", centre, Role.CENTRE),
        cashier=person(stage, "出纳甲", centre, Role.FINANCE),
        cashier_two=person(stage, "出纳乙", centre, Role.FINANCE),
        owner=person(stage, "业主代表甲", tenderee, Role.TENDEREE),
        owner_two=person(stage, "业主代表乙", tenderee, Role.TENDEREE),
        inspector=person(stage, "监督员甲", department, Role.DEPARTMENT, category),
        administrator=person(stage, "管理员甲", centre, Role.ADMINISTRATOR),
        discipline=person(
            stage,
            "纪检员甲",
            body(stage, "示例市纪检监察组（演示）", Kind.AUTHORITY),
            Role.DISCIPLINE,
        ),
    )
