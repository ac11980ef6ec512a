"""Real notices as registered projects: by the owner's own act, with a report field by field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from monitor.record.identity import new_id
from monitor.record.platform import Platform
from monitor.refusal import Refusal
from monitor.role import SYSTEM, Actor, Role
from trading.board import find
from trading.intake.finding import Intake, Severity
from trading.intake.notice import read_notice
from trading.registration.filing import Filing
from trading.registration.intake import register as register_project
from trading.registration.party import Kind, appoint, enrol, organisation_with, register
from trading.registration.project import Lot
from webui.demo.cast import credit_code
from webui.intake.portal import Item, said, subject_kind

NEEDED = ("category", "name", "owner", "code", "region", "budget_fen")
PLACEHOLDER = "（信用代码为占位）"
PACKAGE = re.compile(r"[（(](\d{1,2})[)）]")


class Outcome(StrEnum):
    """What became of a notice."""

    REGISTERED = "registered"
    KNOWN = "known"
    REFUSED = "refused"
    PASSED = "passed"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a report: `state` is read, doubt, missing, broken, assumed, known or refused."""

    field: str
    state: str
    found: str
    message: str
    rule: str = ""


@dataclass(slots=True)
class Report:
    """One notice: what became of it, as which project, and every field of it."""

    source: str
    title: str
    code: str
    outcome: Outcome
    project: str = ""
    lines: list[Line] = field(default_factory=list)

    def assume(self, name: str, value: str, why: str) -> None:
        """Add a line about what the notice does not say and registration needs."""
        self.lines.append(Line(name, "assumed", value, why))

    def refuse(self, name: str, message: str, rule: str = "") -> None:
        """Say that the notice cannot be registered, by which field and rule."""
        self.outcome = Outcome.REFUSED
        self.lines.append(Line(name, "refused", "", message, rule))


@dataclass(slots=True)
class Registrar:
    """Registers notices one by one; `owners` maps an owner's name to its credit code."""

    platform: Platform
    owners: Mapping[str, str]
    _clerks: dict[str, Actor] = field(default_factory=dict)

    def take(self, item: Item) -> Report:
        """Register one notice if it can be; never raises a Refusal."""
        intake = read_notice(item)
        report = _report(item, intake)
        if report.outcome is Outcome.REGISTERED and self._is_known(intake.fields.code or ""):
            report.outcome = Outcome.KNOWN
            report.lines.append(_known(report))
        if report.outcome is Outcome.REGISTERED:
            try:
                report.project = str(self._register(intake, report))
            except Refusal as refusal:
                report.refuse(refusal.field or "project", refusal.message, refusal.rule or "")
        return report

    def _is_known(self, code: str) -> bool:
        with self.platform.read() as session:
            return find(session, code) is not None

    def _register(self, intake: Intake, report: Report) -> UUID:
        fields = intake.fields
        filing = _filing(intake, report)
        owner = self._owner(fields.owner or "", report)
        project = new_id(self.platform.clock.now())
        return self.platform.perform(register_project, owner, project, filing=filing)

    def _owner(self, name: str, report: Report) -> Actor:
        given = self.owners.get(name, "")
        code = given or credit_code(name)
        if not given:
            report.assume("owner.uscc", code, "公告不载，占位代码并在名称中注明 / a placeholder")
        if code not in self._clerks:
            shown = name if given else f"{name}{PLACEHOLDER}"
            self._clerks[code] = self._clerk(shown, code)
        return self._clerks[code]

    def _clerk(self, name: str, code: str) -> Actor:
        with self.platform.read() as session:
            known = organisation_with(session, code)
            org = known.id if known else None
        if org is None:
            org = self.platform.perform(
                register, SYSTEM, None, uscc=code, name=name, kind=_kind(name)
            )
        person = self.platform.perform(enrol, SYSTEM, None, name="公告导入经办")
        self.platform.perform(
            appoint, SYSTEM, None, person=person, organisation=org, role=Role.TENDEREE
        )
        return Actor(person, org, Role.TENDEREE)


def _known(report: Report) -> Line:
    """Say that the code is taken, and by which package where the title tells one."""
    package = PACKAGE.search(report.title)
    if package is None:
        return Line("code", "known", report.code, "已登记，跳过 / registered already, skipped")
    told = (
        f"同一编号的第（{package[1]}）包，编号已登记，本包未登记为标段 / "
        f"package ({package[1]}) of a code registered already; not entered as a section of it"
    )
    return Line("code", "known", report.code, told)


def _report(item: Item, intake: Intake) -> Report:
    """Return the report of what was read: to be registered, refused, or of another kind."""
    opens = all(one.severity is Severity.READ for one in intake.of("kind"))
    outcome = Outcome.REGISTERED if opens else Outcome.PASSED
    report = Report(intake.source, said(item, "title"), said(item, "project_code"), outcome)
    report.lines = [
        Line(one.field, one.severity.value, one.found, one.message, one.rule)
        for one in intake.findings
    ]
    for name in NEEDED if opens else ():
        if getattr(intake.fields, name) is None:
            rules = [one.rule for one in intake.of(name) if one.rule]
            report.refuse(name, "登记必填 / registration needs it", "；".join(rules))
    return report


def _filing(intake: Intake, report: Report) -> Filing:
    fields = intake.fields
    category, name = fields.category or "", fields.name or ""
    kind = subject_kind(category, name)
    report.assume("kind_of_subject", kind, "由名称推断，须人工核对 / guessed from the name")
    report.assume("state_funds", "true", "公告未读取，从严推定 / the stricter case")
    report.assume("sections", "1", "按一个标段登记 / registered as one section")
    if fields.agency:
        message = "公告无其信用代码，未登记 / not entered: no credit code in the notice"
        report.assume("agency", "", message)
    return Filing(
        name=name,
        code=fields.code or "",
        category=category,
        kind=kind,
        region=fields.region or "",
        state_funds=True,
        sections=(Lot(name, fields.budget_fen or 0),),
    )


def _kind(name: str) -> Kind:
    plain = name.removesuffix(PLACEHOLDER)
    if "公司" in plain:
        return Kind.COMPANY
    return Kind.AUTHORITY if plain.endswith(("局", "委员会", "政府")) else Kind.INSTITUTION
