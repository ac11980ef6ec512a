"""Deeds of papers 纸质公告: have one read, and confirm field by field what was read of it."""

from __future__ import annotations

from uuid import UUID

from trading.desk.body import bodies
from trading.intake.paper.handover import RECEIVERS, give
from trading.intake.paper.price import MOST_ROWS
from trading.intake.paper.taken import PRICES
from trading.intake.paper.taking import confirm, put_aside, read, take_up
from trading.intake.paper.value import NAMES
from trading.intake.pdf.limit import LIMITS
from trading.registration.catalogue import load
from webui.deed.brought import Blob
from webui.deed.choice import Choice, Several
from webui.deed.deed import Case, Deed
from webui.deed.field import Ident, Moment, Money, Text
from webui.deed.fill.choice import Pairs
from webui.deed.fill.price import CELLS
from webui.deed.fill.taking import against_law, compared, dropped
from webui.deed.rows import Rows
from webui.page.language import text
from webui.page.show import said


def _categories(_: Case) -> Pairs:
    return [(key, said(f"{each.zh} / {each.en}")) for key, each in load().categories.items()]


def _names(_: Case) -> Pairs:
    fields = [(name, text(f"paper.field.{name}")) for name in NAMES]
    return [*fields, (PRICES, text("paper.prices"))]


def _receivers(case: Case) -> Pairs:
    """Return the owners and agencies, with the roles that they act in."""
    found: dict[str, tuple[str, list[str]]] = {}
    with case.source.platform.read() as session:
        for role in RECEIVERS:
            for body in bodies(session, role, case.now):
                found.setdefault(str(body.id), (body.name, []))[1].append(f"role.{role.value}")
    return [
        (key, name + text("part.brackets", words=text("part.list").join(map(text, roles))))
        for key, (name, roles) in found.items()
        if key != str(case.actor.org)
    ]


def _back(_: Case, paper: UUID) -> str:
    return f"/paper/{paper}"


FIELDS = (
    Text("name", required=False, words="项目名称 / name of the project"),
    Text("code", required=False, most=50, words="项目编号 / project code"),
    Choice("category", required=False, options=_categories, words="交易类别 / category"),
    Text("region", required=False, most=6, words="地区代码（6 位） / region code, six figures"),
    Text("method", required=False, most=60, words="招标（采购）方式 / method"),
    Text("owner", required=False, words="招标人（采购人） / owner"),
    Text("agency", required=False, words="代理机构 / agency"),
    Money("budget", required=False, words="预算或估算价 / budget or estimate"),
    Money("ceiling", required=False, words="最高限价 / price ceiling"),
    Money("deposit", required=False, words="投标保证金 / bid deposit"),
    Moment("sale_from", required=False, words="文件获取开始 / documents from"),
    Moment("sale_until", required=False, words="文件获取截止 / documents until"),
    Moment("deadline", required=False, words="投标截止 / deadline"),
    Moment("opening", required=False, words="开标时间 / opening"),
    Text("place", required=False, words="开标地点 / place of the opening"),
)
"""What is confirmed, a field each; an empty one is left out."""

DEEDS = (
    Deed(
        read,
        (Blob("file", most=LIMITS.file, accept=".pdf,application/pdf", hint="paper.file_hint"),),
        dropped,
        whole=True,
        after=lambda _, result: f"/paper/{result['paper']}",
    ),
    Deed(
        confirm,
        (
            Ident("paper"),
            *FIELDS,
            Rows("price_head", columns=CELLS, shown=0, most=1, required=False),
            Rows("prices", columns=CELLS, shown=2, most=MOST_ROWS, required=False),
            Several("compared", required=False, options=_names),
        ),
        compared,
        whole=True,
        after=_back,
        cautions=against_law,
    ),
    Deed(
        give,
        (Ident("paper"), Choice("organisation", options=_receivers, kind=UUID)),
        whole=True,
        after=_back,
    ),
    Deed(put_aside, (Ident("paper"),), whole=True, after=_back),
    Deed(take_up, (Ident("paper"),), whole=True, after=_back),
)
