"""The clause on opening that stands in the tender documents, generated from the chosen manner.

电子招标投标办法 30, 31: how bids are decrypted, and the remedy, must be written in the documents.
"""

from __future__ import annotations

from enum import StrEnum


class Manner(StrEnum):
    """Who opens the bids: the bidders first and trustees the rest, or the trustees alone."""

    BIDDERS_FIRST = "bidders_first"
    TRUSTEES = "trustees"


_COMMON_ZH = (
    "开标时先公布密封完好的核对结果，经投标人核对确认后方可解密；全部投标文件解密完成前，"
    "任何人不得查看任何投标内容。解密完成后一次性公布全部投标。由于投标人以外原因未能解密的，"
    "视为撤回其投标；由于投标人原因未能解密的，视为撤销其投标；原因由两人确认并记录。"
)
_COMMON_EN = (
    "At the opening the seals are checked and confirmed by the bidders before anything is "
    "decrypted; nobody sees any bid until all are decrypted; then all are shown at once. A bid not "
    "decrypted through no fault of its bidder counts as withdrawn, through the bidder's fault as "
    "revoked; two persons confirm the cause and it is recorded."
)


def clause(manner: Manner, minutes: int, threshold: int, seats: int) -> str:
    """Return the clause, 中文 / English; `minutes` is the bidders' window for decrypting."""
    if manner is Manner.TRUSTEES:
        zh = f"投标文件由解密受托人{seats}席中不少于{threshold}席共同解密，投标人无需操作。"
        en = f"Bids are decrypted by at least {threshold} of {seats} trustees; bidders do nothing."
    else:
        zh = (
            f"投标人应当在开标后{minutes}分钟内在线解密。补救方案：逾期未解密的，"
            f"由解密受托人{seats}席中不少于{threshold}席共同解密。"
        )
        en = (
            f"Bidders decrypt on line within {minutes} minutes of the opening. Remedy: what is not "
            f"decrypted by then is decrypted by at least {threshold} of {seats} trustees."
        )
    return f"{zh}{_COMMON_ZH} / {en} {_COMMON_EN}"
