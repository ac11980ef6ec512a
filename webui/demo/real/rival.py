"""The tenderers of a plan: real ones with their prices, or plainly invented ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from trading.money import format_yuan
from webui.demo.plan import MANNERS, Plan, Rival
from webui.demo.real.opening import Entry, middle, outliers, read_rows
from webui.demo.real.remark import Remarks

NAMES = "甲乙丙丁戊己庚"
PER_MILLE = (960, 979, 969, 990, 975, 995, 965)
LATE, UNSEALED = 958, 955
SHOWN = 5
ROLES = {
    "replaces": "替换投标 / replaces its bid",
    "before_addendum": "补遗前投标 / bids before the addendum",
    "absent": "缺席解密 / is absent at unlocking",
    "withdraws": "撤回投标 / withdraws",
}


def cut_of(ceiling_fen: int) -> int:
    """Return by how much the replaced bid of the play gets cheaper: 1/400 of the ceiling."""
    return max(ceiling_fen // 400 // 100 * 100, 100)


def invented_rivals(plan: Plan, remarks: Remarks) -> list[Rival]:
    """Return the play's own seven tenderers, and two that fail, around the ceiling."""
    rivals = _invented(plan.ceiling_fen, len(MANNERS))
    remarks.tell(
        f"投标人: 公告不载投标人 → 演示采用 {len(rivals) + 2} 家虚构投标人，报价在最高限价的"
        f" {min(UNSEALED, *PER_MILLE) / 10}%–{max(PER_MILLE) / 10}%（invented tenderers）"
    )
    return [*rivals, *_failing(plan.ceiling_fen)]


def _invented(base_fen: int, count: int) -> list[Rival]:
    parts = list(zip(NAMES, PER_MILLE, MANNERS, strict=True))[-count:] if count else []
    return [
        Rival(f"演示{sign}投标有限公司", "", _part(base_fen, share), manner)
        for sign, share, manner in parts
    ]


def _failing(base_fen: int) -> list[Rival]:
    return [
        Rival("演示辛迟到有限公司", "", _part(base_fen, LATE), "late"),
        Rival("演示壬未密封有限公司", "", _part(base_fen, UNSEALED), "unsealed"),
    ]


def _part(base_fen: int, per_mille: int) -> int:
    return max(base_fen * per_mille // 1000 // 100 * 100, 100)


def real_rivals(plan: Plan, rows: Sequence[Mapping[str, str]], remarks: Remarks) -> list[Rival]:
    """Return the real tenderers of the record in its order, and the two invented that fail."""
    entries = read_rows(rows, remarks.lines)
    base = middle(entries) or plan.ceiling_fen
    rivals = [
        _rival(plan, entry, manner, base, remarks)
        for entry, manner in zip(entries, _manners(entries), strict=True)
    ]
    if short := max(len(MANNERS) - len(rivals), 0):
        remarks.tell(
            f"投标人: 可用的真实投标人 {len(rivals)} 家 → 演示补 {short} 家虚构投标人"
            "（角色须齐 / invented ones fill the parts）"
        )
        rivals += _invented(base, short)
    _tell_parts(rivals[: len(entries)], remarks)
    _tell_prices(plan, entries, remarks)
    _tell_record(entries, remarks)
    remarks.tell(
        "投标人: 开标记录只载收下的投标 → 演示加两家虚构：演示辛迟到有限公司、演示壬未密封有限公司"
        "（两家均被拒收 / two invented ones, both refused）"
    )
    return [*rivals, *_failing(base)]


def _manners(entries: Sequence[Entry]) -> list[str]:
    """Who did not decrypt in the record is absent in the play too; the rest take parts in turn."""
    parts = list(MANNERS)
    if any(not entry.opened for entry in entries):
        parts.remove("absent")
    queue = iter(parts)
    return ["absent" if not entry.opened else next(queue, "plain") for entry in entries]


def _rival(plan: Plan, entry: Entry, manner: str, base: int, remarks: Remarks) -> Rival:
    price = entry.price_fen
    if not price:
        printed = (entry.row.get("price_wan") or "").strip()
        price = base
        remarks.tell(
            f"报价 / price {entry.name}: 记录所载“{printed or '无'}”"
            f" → 演示采用 {format_yuan(price)} 元（虚构，取中位数 / invented, the median）"
        )
    if manner == "replaces":
        remarks.tell(
            f"报价 / price {entry.name}: 首版 {format_yuan(price + plan.cut_fen)} 元为虚构，"
            f"替换后即记录所载 {format_yuan(price)} 元（the first version is invented）"
        )
        price += plan.cut_fen
    return Rival(entry.name, entry.uscc, price, manner)


def _tell_parts(rivals: Sequence[Rival], remarks: Remarks) -> None:
    for rival in rivals:
        if rival.manner in ROLES:
            remarks.tell(
                f"角色 / part: {rival.name} {ROLES[rival.manner]}"
                "（演示安排，非该单位真实行为 / the play's, nothing this firm did）"
            )


def _tell_prices(plan: Plan, entries: Sequence[Entry], remarks: Remarks) -> None:
    half = middle(entries)
    for one in outliers(entries):
        remarks.tell(
            f"报价 / price {one.name}: {format_yuan(one.price_fen)} 元，为中位数的"
            f" {one.price_fen * 100 // half}% → 照录（离群与否由评标委员会认定 / kept as it is）"
        )
    above = [one for one in entries if one.price_fen > plan.ceiling_fen]
    if above:
        named = "、".join(one.name for one in above[:SHOWN])
        remarks.tell(
            f"报价 / price: {len(above)} 家高于最高限价 {format_yuan(plan.ceiling_fen)} 元 → 照录"
            f"（{named}{'等' if len(above) > SHOWN else ''}；由评委会处理 / the committee judges）"
        )


def _tell_record(entries: Sequence[Entry], remarks: Remarks) -> None:
    """Tell of the columns that the play does its own way."""
    paid = Counter((one.row.get("deposit") or "").strip() or "空" for one in entries)
    shown = "，".join(f"{key} {count} 家" for key, count in paid.most_common(SHOWN))
    remarks.tell(
        f"保证金 / deposits: 记录所载 {shown} → 演示采用 第三家电子保函，其余转账"
        "（演示安排 / the play's own）"
    )
    remarks.tell(
        "递交、解密时间与工期: 记录所载 → 演示采用演示时钟、180 日历天（演示安排 / the play's own）"
    )
    lacking = sum(not (one.row.get("authorisation_letter") or "").strip() for one in entries)
    if lacking:
        remarks.tell(f"授权委托书: {lacking} 家记录为空 → 照常参演（no letter on record）")
