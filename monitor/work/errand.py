"""An errand: an act that is due by the facts, for the platform to perform of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from monitor.record.action import Action


@dataclass(frozen=True, slots=True)
class Errand:
    """Perform `action` as SYSTEM with these inputs; a second run finds it no longer due."""

    action: Action[Any, Any]
    project: UUID | None
    inputs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Name the errand: the same one, found again, has the same key."""
        told = ", ".join(f"{name}={value!r}" for name, value in sorted(self.inputs.items()))
        return f"{self.project} {self.action.name}({told})"
