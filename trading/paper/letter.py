"""Letters after the decision: to the winner and, at the same time, to every other bidder."""

from dataclasses import dataclass
from datetime import datetime

from trading.money import capital_amount, format_yuan
from trading.paper.sheet import PaperError, Proof, Sheet, set_sheet

_RULE = {
    "works": "《中华人民共和国招标投标法》第四十五条、第四十六条",
    "procurement": "《中华人民共和国政府采购法》第四十三条、第四十六条",
}
_NOTICE = (
    "本通知书为电子文件，以文件内的电子签名为准 / this paper is electronic; its signature counts.",
    "上列 SHA-256 是通知书数据的摘要（非本 PDF 的） / "
    "that SHA-256 is the digest of the letter's data, not of this PDF.",
    "核验本 PDF / to verify this PDF: pdfsig FILE, ./batong verify FILE",
)


@dataclass(frozen=True, slots=True)
class Trade:
    """The trade that a paper belongs to, in the words that are printed."""

    category: str
    project: str
    code: str
    section: str
    tenderee: str
    agency: str

    def facts(self) -> tuple[tuple[str, str], ...]:
        """Return the rows that begin every paper."""
        return (
            ("项目名称 / project", self.project),
            ("项目编号 / code", self.code),
            ("标段（包） / section", self.section),
            ("招标人（采购人） / owner", self.tenderee),
            ("代理机构 / agency", self.agency or "无 / none"),
        )


@dataclass(frozen=True, slots=True)
class AwardLetter:
    """What 中标通知书 says; price in fen, terms are (label, value) such as period and quality."""

    trade: Trade
    number: str
    winner: str
    winner_code: str
    price_fen: int
    terms: tuple[tuple[str, str], ...]
    issued: datetime
    proof: Proof
    notes: tuple[str, ...] = ()
    mark: str = ""


@dataclass(frozen=True, slots=True)
class ResultLetter:
    """What the letter to a bidder who did not win says; score, rank, reason may be empty.

    In procurement a bidder is told its own score and rank, or why it failed (87令 69).
    """

    trade: Trade
    number: str
    to: str
    winner: str
    price_fen: int
    score: str
    rank: str
    reason: str
    issued: datetime
    proof: Proof
    notes: tuple[str, ...] = ()
    mark: str = ""


def award_letter(letter: AwardLetter) -> bytes:
    """Return 中标通知书 as PDF/A-2b, not yet signed (招标投标法 45, 政府采购法 43)."""
    rule = _rule(letter.trade)
    sheet = Sheet(
        title="中标通知书",
        subtitle="Letter of Award",
        number=letter.number,
        to=letter.winner,
        text=(
            "贵单位参加下列项目的投标，经评审并由招标人（采购人）确定，贵单位为中标人。",
            "Your bid for the project below has won.",
        ),
        facts=(
            *letter.trade.facts(),
            ("中标人 / winner", letter.winner),
            ("统一社会信用代码 / credit code", letter.winner_code),
            *_price("中标价 / price", letter.price_fen),
            *letter.terms,
        ),
        closing=(
            f"请自本通知书发出之日起三十日内，按照招标（采购）文件和贵单位的投标文件订立书面合同。"
            f"依据：{rule}。",
            "Please conclude the written contract within 30 days of this letter.",
        ),
        author=letter.trade.tenderee,
        proof=letter.proof,
        notes=(*_NOTICE, *letter.notes),
        mark=letter.mark,
    )
    return set_sheet(sheet, letter.issued)


def result_letter(letter: ResultLetter) -> bytes:
    """Return 中标结果通知书 as PDF/A-2b, not yet signed (招标投标法 45, 87令 69)."""
    rule = _rule(letter.trade)
    own = (
        ("贵单位评审得分 / your score", letter.score),
        ("贵单位排序 / your rank", letter.rank),
        ("未通过审查的原因 / why not passed", letter.reason),
    )
    sheet = Sheet(
        title="中标结果通知书",
        subtitle="Letter of Result",
        number=letter.number,
        to=letter.to,
        text=(
            "贵单位参加下列项目的投标，未中标。现将中标结果通知贵单位，感谢贵单位参与。",
            "Your bid for the project below has not won. Thank you for taking part.",
        ),
        facts=(
            *letter.trade.facts(),
            ("中标人 / winner", letter.winner),
            *_price("中标价 / price", letter.price_fen),
            *(row for row in own if row[1]),
        ),
        closing=(f"依据：{rule}。",),
        author=letter.trade.tenderee,
        proof=letter.proof,
        notes=(*_NOTICE, *letter.notes),
        mark=letter.mark,
    )
    return set_sheet(sheet, letter.issued)


def _price(label: str, fen: int) -> tuple[tuple[str, str], ...]:
    return ((label, f"¥{format_yuan(fen)}"), ("大写 / in words", capital_amount(fen)))


def _rule(trade: Trade) -> str:
    if trade.category not in _RULE:
        raise PaperError(f"no letter for the category {trade.category} / 该类别没有中标通知书")
    return _RULE[trade.category]
