"""Remarks: what a real source says, what the play takes instead, and why; one line each."""

from __future__ import annotations

from dataclasses import dataclass, field

from trading.intake.finding import Finding, Intake, Severity
from webui.intake.portal import LABELS

LONGEST = 90


@dataclass(slots=True)
class Remarks:
    """Collects the lines of one plan; `intake` is what was read from the notice."""

    intake: Intake
    lines: list[str] = field(default_factory=list)

    def taken(self, name: str, used: str, why: str = "照录 / taken as read") -> None:
        """Tell of a field that the play takes as read, if something about it is in doubt."""
        if self._troubles(name):
            self.replaced(name, used, why)

    def replaced(self, name: str, used: str, why: str) -> None:
        """Tell of a field for which the play takes something else, and why."""
        troubles = self._troubles(name)
        reasons = [why, *(_reason(one) for one in troubles if not _told(one, why))]
        self.add(LABELS[name], self._source(name), used, "；".join(dict.fromkeys(reasons)))

    def add(self, label: str, source: str, used: str, why: str) -> None:
        """Add a line; an empty source is one that says nothing."""
        shown = " ".join(source.split())
        cut = f"{shown[:LONGEST]}…" if len(shown) > LONGEST else shown
        printed = f"通告所载“{cut}”" if cut else "通告未载 / not in the notice"
        self.lines.append(f"{label}: {printed} → 演示采用 {used}（{why}）")

    def tell(self, line: str) -> None:
        """Add a line about what is not a field of the notice."""
        self.lines.append(line)

    def _source(self, name: str) -> str:
        """What the notice prints: the words that were read, and those that put them in doubt."""
        findings = self.intake.of(name)
        plain = [one.found for one in findings if one.severity is Severity.READ][:1]
        doubts = [one.found for one in findings if one.severity is Severity.DOUBT]
        rest = [one.found for one in findings]
        return " | ".join(dict.fromkeys([*plain, *doubts] or rest))

    def _troubles(self, name: str) -> list[Finding]:
        return [one for one in self.intake.of(name) if one.severity is not Severity.READ]


def _told(finding: Finding, why: str) -> bool:
    """That it is missing is told by the line itself, a broken law perhaps by the substitute's."""
    plainly_missing = finding.severity is Severity.MISSING and not finding.rule
    return plainly_missing or finding.message.split(" / ")[0] in why


def _reason(finding: Finding) -> str:
    return f"{finding.message}〔{finding.rule}〕" if finding.rule else finding.message
