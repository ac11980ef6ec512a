"""The report in the making: values proposed so far, and every finding about them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from trading.intake.finding import Finding, Intake, Proposal, Severity

FIELDS = tuple(one.name for one in fields(Proposal))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A value that a source gives for a field, the words that give it, its place in the text."""

    value: Any
    found: str
    at: tuple[int, int] | None = None


@dataclass(slots=True)
class Report:
    """Collects; nothing is proposed without a finding that shows where it comes from."""

    values: dict[str, Any] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def add(self, name: str, severity: Severity, found: str, message: str, rule: str = "") -> None:
        """Add one finding."""
        self.findings.append(Finding(name, severity, found[:200], message, rule))

    def missing(self, name: str, message: str, rule: str = "") -> None:
        """Say that a field was looked for and is not there, unless its trouble is told already."""
        if not any(finding.field == name for finding in self.findings):
            self.add(name, Severity.MISSING, "", message, rule)

    def propose(
        self,
        name: str,
        value: Any,
        found: str,
        message: str = "",
        at: tuple[int, int] | None = None,
    ) -> None:
        """Propose a value that was read plainly."""
        self.values[name] = value
        told = message or "照原文读取 / as printed"
        self.findings.append(Finding(name, Severity.READ, found[:200], told, at=at))

    def doubt(self, name: str, found: str, message: str) -> None:
        """Say that a person must choose."""
        self.add(name, Severity.DOUBT, found, message)

    def choose(self, name: str, candidates: Sequence[Candidate], rule: str = "") -> None:
        """Propose the first candidate; say so if the sources differ, or if there is none."""
        if not candidates:
            self.missing(name, "未找到 / not found", rule)
            return
        first = candidates[0]
        self.propose(name, first.value, first.found, at=first.at)
        others = [other.found for other in candidates if other.value != first.value]
        if others:
            shown = " | ".join(_distinct([first.found, *others]))
            self.doubt(name, shown, "各处不一致，暂取第一处 / sources differ; the first is taken")

    def intake(self, source: str) -> Intake:
        """Close the report; every field without a value has said why."""
        for name in FIELDS:
            if name not in self.values:
                self.missing(name, "未找到 / not found")
        order = {name: place for place, name in enumerate(FIELDS)}
        ordered = sorted(self.findings, key=lambda finding: order.get(finding.field, -1))
        return Intake(source, Proposal(**self.values), tuple(ordered))


def _distinct(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))
