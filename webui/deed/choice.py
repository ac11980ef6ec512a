"""Fields that are chosen from a list."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from webui.deed.field import Field, Typed

if TYPE_CHECKING:
    from webui.deed.deed import Case

Options = Callable[["Case"], Iterable[tuple[str, str]]]
"""What may be chosen: (value, what it is called in the reader's language)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Field):
    """One of a list; the action judges the value again, so a stale list opens nothing."""

    shape: ClassVar[str] = "choice"
    options: Options
    kind: Callable[[str], Any] = str

    def value(self, typed: Typed) -> Any:
        """Return the chosen value as its kind."""
        try:
            return self.kind(self.text(typed, 200))
        except ValueError:
            raise self.wrong("请从列表中选择 / choose from the list") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Several(Field):
    """Any number of a list, as a tuple; one at least where the field is needed."""

    shape: ClassVar[str] = "several"
    options: Options
    kind: Callable[[str], Any] = str
    many: ClassVar[bool] = True

    def value(self, typed: Typed) -> Any:
        """Return the chosen values."""
        told = typed if isinstance(typed, list | tuple) else [typed]
        if self.required and not told:
            raise self.wrong("请至少选择一项 / choose at least one")
        try:
            return tuple(self.kind(self.text(each, 200)) for each in told)
        except ValueError:
            raise self.wrong("请从列表中选择 / choose from the list") from None
