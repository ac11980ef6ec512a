"""Where one section's opening stands: read from the numbered records and the log, never a flag."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from monitor.refusal import WrongStage

STEP = text("""
SELECT r.id, o.body FROM record r JOIN opening o ON o.record_id = r.id
WHERE r.chain = :project AND r.seq IS NOT NULL
  AND position(convert_to(:action, 'UTF8') in o.body) > 0 ORDER BY r.seq
""")
COSIGNED = text("""
SELECT 1 FROM leaf l JOIN cosignature c ON c.size > l.idx WHERE l.record_id = :record LIMIT 1
""")


@dataclass(frozen=True, slots=True)
class Step:
    """A public act of the opening that is on record."""

    record: UUID
    body: dict[str, Any]


def step(session: Session, project: UUID, section: UUID, action: str) -> Step | None:
    """Return the done act of that name for that section, or None."""
    for row in session.execute(STEP, {"project": project, "action": f'"action":"{action}"'}):
        body = json.loads(row.body)
        if "done" in body["outcome"] and body["facts"].get("section") == str(section):
            return Step(row.id, body)
    return None


def required(session: Session, project: UUID, section: UUID, action: str) -> Step:
    """Return the act; raises WrongStage when it has not been done."""
    found = step(session, project, section, action)
    if found is None:
        raise WrongStage(f"尚未完成 {action} / not before {action}", rule="招标投标法 36")
    return found


def require_cosigned(session: Session, record: UUID, what: str) -> None:
    """Raise WrongStage unless that record is in the tree under a witness's cosignature."""
    if session.execute(COSIGNED, {"record": record}).first() is None:
        raise WrongStage(
            f"{what} 尚未由日志见证 / is not yet in a cosigned checkpoint", rule="batong-bid/1"
        )
