"""Refusals: what the platform says no to. Each is recorded, shown politely and undoes nothing else.

A message names the field and the rule in 中文 / English and never carries a secret.
"""

from __future__ import annotations

from uuid import UUID


class Refusal(Exception):
    """The action may not be done; `rule` names the article or the platform's own rule."""

    code = "refused"

    def __init__(self, message: str, *, rule: str = "", field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.rule = rule
        self.field = field
        self.record: UUID | None = None
        """The record that the refused attempt left, set by perform."""


class NotAllowed(Refusal):
    """The actor does not hold the role, or is not who is what in this project."""

    code = "not_allowed"


class NotFound(Refusal):
    """There is no such thing, or not for this actor."""

    code = "not_found"


class Invalid(Refusal):
    """A field breaks a rule: `Invalid("deposit", "保证金超过 2% / deposit above 2 %", rule=…)`."""

    code = "invalid"

    def __init__(self, field: str, message: str, *, rule: str = "") -> None:
        super().__init__(message, rule=rule, field=field)


class WrongStage(Refusal):
    """The trade is not at the stage in which this may be done."""

    code = "wrong_stage"


class TooEarly(Refusal):
    """A limit of law has not yet passed."""

    code = "too_early"


class TooLate(Refusal):
    """A limit of law has passed."""

    code = "too_late"


class Conflict(Refusal):
    """Somebody else's act stands in the way (a room, a number, a second bid)."""

    code = "conflict"
