"""What intake hands back: proposed fields, and a finding for each that a person must look at."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Severity(StrEnum):
    """From plain to serious: read | doubt (a person must choose) | missing | broken (a rule)."""

    READ = "read"
    DOUBT = "doubt"
    MISSING = "missing"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report: the field, what was found (as printed), and what it means.

    `at` is where the value itself stands in the text, if it stands there.
    """

    field: str
    severity: Severity
    found: str
    message: str
    rule: str = ""
    at: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """The fields as read; None where nothing, or nothing certain, was read. Times aware, in fen."""

    category: str | None = None
    name: str | None = None
    region: str | None = None
    owner: str | None = None
    agency: str | None = None
    code: str | None = None
    method: str | None = None
    budget_fen: int | None = None
    ceiling_fen: int | None = None
    deposit_fen: int | None = None
    published: datetime | None = None
    sale_from: datetime | None = None
    sale_until: datetime | None = None
    deadline: datetime | None = None
    opening: datetime | None = None
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Intake:
    """One notice taken in: its id at the portal, proposed fields, and every finding."""

    source: str
    fields: Proposal
    findings: tuple[Finding, ...] = field(default=())

    def of(self, name: str) -> tuple[Finding, ...]:
        """Return the findings of one field."""
        return tuple(finding for finding in self.findings if finding.field == name)

    @property
    def ready(self) -> bool:
        """Nothing is missing, broken or in doubt."""
        return all(finding.severity is Severity.READ for finding in self.findings)
