"""The plan of a trade: what is bought, by whom, who bids what, and when each thing happens.

The default is fiction; `batong demo --notice` and `--opening` put real notices and bids in place.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from monitor.law.workday import SHANGHAI

MARK = "演示 DEMO — 无效"
WORDS = {"procurement": ("采购人", "供应商")}
"""What the law calls owner and bidder: 政府采购法 15, 21; elsewhere 招标投标法 8, 25."""


@dataclass(frozen=True, slots=True)
class Rival:
    """A tenderer: name, credit code, price in fen, and how it plays its part."""

    name: str
    uscc: str
    price_fen: int
    manner: str = "plain"
    """plain | replaces | withdraws | late | unsealed | before_addendum | absent"""


@dataclass(frozen=True, slots=True)
class Plan:
    """One trade."""

    name: str
    code: str
    category: str
    kind: str
    region: str
    owner: str
    estimate_fen: int
    ceiling_fen: int
    deposit_fen: int
    rivals: tuple[Rival, ...]
    start: date = date(2026, 3, 16)
    address: str = "示例市示例路 1 号"
    supply_end: datetime | None = None
    bid_end: datetime | None = None
    """Where a real notice's own dates fit, they stand; else the play's."""
    window_minutes: int = 30
    """How long the tenderers have to open by themselves."""
    cut_fen: int = 3_000_000
    """What the second version of a replaced bid is cheaper by."""
    remarks: tuple[str, ...] = field(default=())
    """What a real notice lacked or broke, and what stands in its place."""

    def at(self, day: int, clock: str = "09:00") -> datetime:
        """Return a local moment, `day` days after the start."""
        hour, minute = (int(part) for part in clock.split(":"))
        moment = datetime.combine(self.start + timedelta(days=day), time(hour, minute))
        return moment.replace(tzinfo=SHANGHAI)

    @property
    def supply_until(self) -> datetime:
        """Return when the documents are no longer supplied."""
        return self.supply_end or self.at(10, "17:00")

    @property
    def deadline(self) -> datetime:
        """Return the first bid deadline, before any addendum."""
        return self.bid_end or self.at(25, "09:30")

    @property
    def trade_code(self) -> str:
        """Return an invented unified trade code of 40 places, whatever form the code has."""
        plain = re.fullmatch("[0-9A-Z-]+", self.code)
        middle = self.code if plain else hashlib.sha256(self.code.encode()).hexdigest().upper()
        return f"A01-{middle:0<26}-00000001"[:40].ljust(40, "0")

    @property
    def owner_word(self) -> str:
        """Return what the law calls the owner of such a trade."""
        return WORDS.get(self.category, ("招标人", "投标人"))[0]

    @property
    def bidder_word(self) -> str:
        """Return what the law calls a bidder in such a trade."""
        return WORDS.get(self.category, ("招标人", "投标人"))[1]

    @property
    def is_works(self) -> bool:
        """Tell whether it is a works tender."""
        return self.category == "works"


MANNERS = ("replaces", "before_addendum", "plain", "plain", "absent", "withdraws", "plain")


def fiction() -> Plan:
    """Return the demo's own trade: works, 12.6 million yuan, seven tenderers and two that fail."""
    estimate = 12_600_000_00
    names = (
        "甲建设", "乙建工", "丙路桥", "丁市政", "戊园林", "己工程", "庚建筑",
    )  # fmt: skip
    offers = (1_208, 1_231, 1_219, 1_245, 1_226, 1_252, 1_214)
    rivals = [
        Rival(f"演示{name}有限公司", "", offer * 1_000_000, manner)
        for name, offer, manner in zip(names, offers, MANNERS, strict=True)
    ]
    rivals += [
        Rival("演示辛迟到有限公司", "", 1_205_000_000, "late"),
        Rival("演示壬未密封有限公司", "", 1_201_000_000, "unsealed"),
    ]
    return Plan(
        name="示例市滨河步道改造工程（演示）",
        code=project_code("demo"),
        category="works",
        kind="construction",
        region="139900",
        owner="示例市水务建设管理中心（演示）",
        estimate_fen=estimate,
        ceiling_fen=12_580_000_00,
        deposit_fen=250_000_00,
        rivals=tuple(rivals),
    )


def project_code(seed: str) -> str:
    """Return an invented project code of the standard's 20 places (platform code of a demo)."""
    serial = int(hashlib.sha256(seed.encode()).hexdigest(), 16) % 10**9
    return f"E1399000001{serial:09d}"
