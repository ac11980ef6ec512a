"""The letter of bid 投标函: what is read out at the opening, signed by the bidder, exactly 64 KiB.

After the canonical JSON come spaces, so that every sealed letter has one length and still reads as
JSON after a plain `age -d`.
"""

import re
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.envelope.bid.amount import parse_capital_amount
from bidding.envelope.document import (
    Fields,
    Malformed,
    check_signed,
    public_key,
    read_signed,
    write_signed,
)
from bidding.envelope.finding import Finding, Weight
from monitor.log.canonical import JSON
from trading.money import MoneyError, format_yuan

SIZE = 64 * 1024
_USCC = re.compile("[0-9A-HJ-NPQRTUWXY]{18}")
_MEMBERS = (
    "tender lot bid version bidder price_fen price_words period_days quality attachments signer"
)


@dataclass(frozen=True, slots=True)
class Bidder:
    """Name and unified social credit code 统一社会信用代码 (GB 32100, 18 characters)."""

    name: str
    uscc: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of the bid before sealing: its own name, the object it is in, size and SHA-256."""

    name: str
    object: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Letter:
    """Price in fen and in capitals; period 工期 in days; quality 质量 in the bidder's words."""

    tender: str
    lot: str
    bid: str
    version: int
    bidder: Bidder
    price_fen: int
    price_words: str
    period_days: int
    quality: str
    attachments: tuple[Attachment, ...]


def write_letter(letter: Letter, signer: Ed25519PrivateKey) -> bytes:
    """Return the signed 64 KiB plaintext; raises Malformed if it is longer or unreadable."""
    attachments: list[JSON] = [
        {"name": a.name, "object": a.object, "size": a.size, "sha256": a.sha256}
        for a in letter.attachments
    ]
    data = write_signed(
        "letter",
        signer,
        tender=letter.tender,
        lot=letter.lot,
        bid=letter.bid,
        version=letter.version,
        bidder={"name": letter.bidder.name, "uscc": letter.bidder.uscc},
        price_fen=str(letter.price_fen),
        price_words=letter.price_words,
        period_days=letter.period_days,
        quality=letter.quality,
        attachments=attachments,
        signer=public_key(signer),
    )
    padded = data.ljust(SIZE)
    read_letter(padded)
    return padded


def read_letter(padded: bytes) -> tuple[Letter, str]:
    """Return the letter and its signer's key; raises Malformed, BadSignature."""
    if len(padded) != SIZE:
        raise Malformed("letter: 须恰为 64 KiB / must be exactly 64 KiB")
    document = read_signed("letter", padded.rstrip(b" "), _MEMBERS)
    signer = document.hexes("signer")
    check_signed(document, signer)
    members = "name object size sha256"
    letter = Letter(
        document.text("tender"),
        document.text("lot"),
        document.text("bid"),
        document.number("version"),
        _read_bidder(document.one("bidder", "name uscc")),
        _read_fen(document.text("price_fen")),
        document.text("price_words"),
        document.number("period_days"),
        document.text("quality"),
        tuple(_read_attachment(entry) for entry in document.each("attachments", members)),
    )
    _check_names(letter.attachments)
    return letter, signer


def price_findings(letter: Letter) -> list[Finding]:
    """Compare the price in figures and in words; where they differ a person decides.

    评标委员会和评标方法暂行规定 19: 大写金额与小写金额不一致的，以大写金额为准.
    """
    try:
        spoken = parse_capital_amount(letter.price_words)
    except MoneyError as error:
        message = f"大写金额无法读出 / the price in words cannot be read: {error}"
    else:
        if spoken == letter.price_fen:
            return []
        message = (
            f"大写 {letter.price_words} 与小写 {format_yuan(letter.price_fen)} 不一致，以大写为准"
            " / words and figures differ, the words count"
        )
    return [Finding("letter.price", "评标委员会和评标方法暂行规定 19", message, Weight.FLAG)]


def check_file_name(name: str) -> None:
    """Raise Malformed unless `name` is a plain file name on every system (1-200 bytes of UTF-8)."""
    bad = re.search(r'[\x00-\x1f\x7f/\\:*?"<>|]', name) or name != name.strip(" .")
    if bad or not 1 <= len(name.encode()) <= 200:
        raise Malformed("attachment: 文件名不可用 / unusable file name")


def _read_bidder(bidder: Fields) -> Bidder:
    if not _USCC.fullmatch(bidder.text("uscc")):
        raise Malformed("letter.bidder.uscc: 须为 18 位统一社会信用代码 / 18 characters, GB 32100")
    return Bidder(bidder.text("name"), bidder.text("uscc"))


def _read_fen(text: str) -> int:
    if not re.fullmatch("[1-9][0-9]{0,17}", text):
        raise Malformed("letter.price_fen: 须为大于零的整数分 / must be whole fen above zero")
    return int(text)


def _read_attachment(entry: Fields) -> Attachment:
    check_file_name(entry.text("name"))
    return Attachment(
        entry.text("name"), entry.text("object"), entry.number("size"), entry.hexes("sha256")
    )


def _check_names(attachments: tuple[Attachment, ...]) -> None:
    if len({attachment.name.casefold() for attachment in attachments}) != len(attachments):
        raise Malformed("letter.attachments: 文件名重复 / a file name twice")
