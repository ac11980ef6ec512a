"""A filing: what an owner states when it registers a project, checked whole at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from monitor.refusal import Invalid
from trading.registration.catalogue import Verdict, judge, load
from trading.registration.code import checked_project, checked_trade, section_code
from trading.registration.project import Lot

MAX_NAME, MAX_SECTIONS, MAX_FEN = 300, 200, 10**15


@dataclass(frozen=True, slots=True)
class Filing:
    """What is filed. `evidence` maps checklist items to the SHA-256 (hex) of what was brought.

    `same_item_fen` is what the same item and year already took outside tenders, in fen
    (政府采购法实施条例 28).
    """

    name: str
    code: str
    category: str
    kind: str
    region: str
    state_funds: bool
    sections: tuple[Lot, ...]
    evidence: Mapping[str, str] = field(default_factory=dict)
    agency: UUID | None = None
    trade_code: str | None = None
    same_item_fen: int = 0

    @property
    def estimate_fen(self) -> int:
        """Return the estimate or budget of all sections together, in fen."""
        return sum(lot.estimate_fen for lot in self.sections)


def check(filing: Filing) -> Filing:
    """Return the filing with its codes in their one spelling; raises Invalid naming the field."""
    category = load().category(filing.category)
    load().kind(filing.category, filing.kind)
    _text("name", filing.name)
    if not (len(filing.region) == 6 and filing.region.isascii() and filing.region.isdigit()):
        raise Invalid("region", "地区代码应为6位数字 / a region is six figures", rule="GB/T 2260")
    if not 1 <= len(filing.sections) <= MAX_SECTIONS:
        raise Invalid("sections", f"标段应为1至{MAX_SECTIONS}个 / 1 to {MAX_SECTIONS} sections")
    for lot in filing.sections:
        _text("sections.name", lot.name)
        _money("sections.estimate_fen", lot.estimate_fen, least=1)
    _money("same_item_fen", filing.same_item_fen, least=0)
    _evidence(filing)
    return Filing(
        category.named(filing.name.strip()),
        checked_project(filing.code, category.code),
        filing.category,
        filing.kind,
        filing.region,
        filing.state_funds,
        filing.sections,
        dict(filing.evidence),
        filing.agency,
        checked_trade(filing.trade_code),
        filing.same_item_fen,
    )


def _text(name: str, value: str) -> None:
    if not 0 < len(value.strip()) <= MAX_NAME:
        raise Invalid(name, f"应为1至{MAX_NAME}字 / 1 to {MAX_NAME} characters")


def _money(name: str, fen: int, least: int) -> None:
    if not least <= fen <= MAX_FEN:
        raise Invalid(name, "金额有误 / an amount that cannot be")


def _evidence(filing: Filing) -> None:
    known = {item.key for item in load().checklist(filing.category, agency=True)}
    for item, digest in filing.evidence.items():
        if item not in known:
            raise Invalid("evidence", "没有此项材料 / no such item on the checklist")
        if len(digest) != 64 or set(digest) - set("0123456789abcdef"):
            raise Invalid(f"evidence.{item}", "应为 SHA-256 / must be a SHA-256 in hexadecimal")


def missing(filing: Filing) -> list[str]:
    """Return the checklist items that this filing must bring and does not."""
    wanted = load().checklist(filing.category, agency=filing.agency is not None)
    return [item.key for item in wanted if item.key not in filing.evidence]


def verdict(filing: Filing) -> Verdict:
    """Judge the filing by the catalogue: everything of the same item counts together."""
    kind = load().kind(filing.category, filing.kind)
    total = filing.estimate_fen + filing.same_item_fen
    return judge(kind, total, state_funds=filing.state_funds)


def content(filing: Filing) -> dict[str, Any]:
    """Return the filing as canonical values: money and ids as text."""
    return {
        "name": filing.name,
        "code": filing.code,
        "trade_code": filing.trade_code or "",
        "category": filing.category,
        "kind": filing.kind,
        "region": filing.region,
        "state_funds": filing.state_funds,
        "agency": str(filing.agency or ""),
        "same_item_fen": str(filing.same_item_fen),
        "evidence": dict(filing.evidence),
        "sections": [
            {
                "code": section_code(filing.code, number),
                "name": lot.name,
                "estimate_fen": str(lot.estimate_fen),
            }
            for number, lot in enumerate(filing.sections, 1)
        ],
    }
