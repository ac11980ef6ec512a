"""Finding: one thing that a check of an envelope has to say, and what follows from it."""

from dataclasses import dataclass
from enum import StrEnum


class Weight(StrEnum):
    """What a finding leads to."""

    REFUSE = "refuse"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Finding:
    """`item` is the object at fault, `rule` the text behind it, `message` 中文 / English."""

    item: str
    rule: str
    message: str
    weight: Weight = Weight.REFUSE


def refused(findings: list[Finding]) -> list[Finding]:
    """Return those findings for which an upload is refused."""
    return [finding for finding in findings if finding.weight is Weight.REFUSE]
