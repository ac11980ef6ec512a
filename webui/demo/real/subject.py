"""The trade of a real notice: each field as read, or a substitute that says what it stands for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from monitor.law.limit import holds, number
from monitor.law.rule import Enforcement, Rules, Unit
from monitor.law.rule import load as load_rules
from trading.intake.finding import Intake, Proposal, Severity
from trading.intake.notice import read_notice
from trading.money import format_yuan
from trading.registration.catalogue import judge
from trading.registration.catalogue import load as load_catalogue
from webui.demo.cast import credit_code
from webui.demo.plan import Plan, fiction, project_code
from webui.demo.real.moment import settle_dates
from webui.demo.real.opening import amounts, least_ceiling, middle, read_rows
from webui.demo.real.remark import Remarks
from webui.demo.real.rival import cut_of, invented_rivals, real_rivals
from webui.intake.portal import Item, said, subject_kind

Rows = Sequence[Mapping[str, str]]
PLAYABLE = ("works", "procurement")
INVENTED_FEN = 5_000_000_00
STORY = "问答、澄清、专家、评分、异议、合同、退款: 均为演示虚构 / all of these are the play's own"
TENDERS = ("公开招标", "邀请招标")


class NotTender(ValueError):
    """The notice opens no tender or procurement: a result, a contract, a correction, a sale."""


def plan_from(item: Item | None, rows: Rows = ()) -> Plan:
    """Return the plan of a notice (the demo's own trade for None) with the bidders of `rows`.

    Whatever is missing, broken or moved is a line of `Plan.remarks`. Raises NotTender.
    """
    if item is None:
        plan, remarks = amounts(fiction(), rows), Remarks(Intake("", Proposal()))
        remarks.lines += plan.remarks
    else:
        remarks = Remarks(_tender(item))
        plan = _trade(item, rows, remarks)
    rivals = real_rivals(plan, rows, remarks) if rows else invented_rivals(plan, remarks)
    remarks.tell(STORY)
    return replace(plan, rivals=tuple(rivals), remarks=tuple(remarks.lines))


def _tender(item: Item) -> Intake:
    intake = read_notice(item)
    opens = all(one.severity is Severity.READ for one in intake.of("kind"))
    if not opens or intake.fields.category not in PLAYABLE:
        kind = f"{said(item, 'business_type')}·{said(item, 'info_type')}"
        raise NotTender(
            f"{said(item, 'record_id')}: 不是招标或采购公告 / this notice is not a tender or "
            f"procurement notice: {kind}《{said(item, 'title')[:40]}》"
        )
    return intake


def _trade(item: Item, rows: Rows, remarks: Remarks) -> Plan:
    fields = remarks.intake.fields
    remarks.taken("text", "可读部分 / what can be read")
    category = fields.category or ""
    name = _name(item, remarks)
    kind = _kind(category, name, remarks)
    _method(remarks)
    region = _text("region", fields.region, "139900", remarks)
    estimate = _estimate(remarks)
    estimate, ceiling = _room(estimate, _ceiling(category, estimate, remarks), rows, remarks)
    _tell_sides(remarks)
    owner = _text("owner", fields.owner, f"演示招标人{credit_code(name)[-6:]}（虚构）", remarks)
    remarks.add("招标人信用代码 / owner's credit code", "", credit_code(owner), "虚构 / invented")
    code = _text("code", fields.code, project_code(remarks.intake.source), remarks)
    plan = Plan(
        name=name,
        code=code,
        category=category,
        kind=kind,
        region=region,
        owner=owner,
        estimate_fen=estimate,
        ceiling_fen=ceiling,
        deposit_fen=0,
        rivals=(),
        address="地址见原公告 / address as in the notice",
    )
    rules = _rules(plan)
    remarks.add("统一交易标识码 / unified trade code", "", plan.trade_code, "虚构 / invented")
    deposit = _deposit(plan, rules, remarks)
    plan = replace(plan, deposit_fen=deposit, cut_fen=cut_of(plan.ceiling_fen))
    return settle_dates(plan, rules, remarks)


def _rules(plan: Plan) -> Rules:
    kind = load_catalogue().kind(plan.category, plan.kind)
    must = judge(kind, plan.estimate_fen, state_funds=True).must_tender
    return load_rules().applying(plan.category, plan.start, must_tender=must, region=plan.region)


def _name(item: Item, remarks: Remarks) -> str:
    name = remarks.intake.fields.name
    if name is not None:
        remarks.taken("name", name)
        return name
    title = said(item, "title") or f"演示项目（公告 {remarks.intake.source[:8]}）"
    remarks.replaced("name", title, "以公告标题代 / the title stands in")
    return title


def _text(field: str, read: str | None, substitute: str, remarks: Remarks) -> str:
    if read is None:
        remarks.replaced(field, substitute, "虚构 / invented")
        return substitute
    remarks.taken(field, read)
    return read


def _kind(category: str, name: str, remarks: Remarks) -> str:
    kind = subject_kind(category, name)
    shown = load_catalogue().kind(category, kind)
    why = "由项目名称推断，须人工核对 / guessed from the name"
    remarks.add("标的种类 / kind of subject", "", f"{shown.zh} / {shown.en}", why)
    why = "照从严推定 / taken as the stricter case"
    remarks.add("国有资金 / state funds", "", "是 / yes", why)
    return kind


def _method(remarks: Remarks) -> None:
    if remarks.intake.fields.method not in TENDERS:
        why = "演示只演招标程序，不演该方式 / the play has the tender procedure only"
        remarks.replaced("method", "公开招标 / open tender", why)
    else:
        remarks.taken("method", "公开招标 / open tender")


def _tell_sides(remarks: Remarks) -> None:
    """Tell of what the play does its own way, whatever the notice says."""
    why = "演示不设代理机构 / no agency in the play"
    remarks.replaced("agency", "招标人自行办理 / the owner itself", why)
    remarks.replaced("place", "示例市公共资源交易中心 开标一室", "演示场地 / the play's own room")


def _estimate(remarks: Remarks) -> int:
    fields = remarks.intake.fields
    if fields.budget_fen is not None:
        remarks.taken("budget_fen", _yuan(fields.budget_fen))
        return fields.budget_fen
    estimate = fields.ceiling_fen or INVENTED_FEN
    why = "以最高限价代 / the ceiling stands in" if fields.ceiling_fen else "虚构 / invented"
    remarks.replaced("budget_fen", _yuan(estimate), why)
    return estimate


def _ceiling(category: str, estimate: int, remarks: Remarks) -> int:
    ceiling = remarks.intake.fields.ceiling_fen
    if ceiling is None:
        why = "以预算或估算价为限 / the budget or estimate is the limit"
        remarks.replaced("ceiling_fen", _yuan(estimate), why)
        return estimate
    if category == "procurement" and ceiling > estimate:
        remarks.replaced("ceiling_fen", _yuan(estimate), "不得超过预算 / not above the budget")
        return estimate
    remarks.taken("ceiling_fen", _yuan(ceiling))
    return ceiling


def _room(estimate: int, ceiling: int, rows: Rows, remarks: Remarks) -> tuple[int, int]:
    """Make room for a record that is plainly of another trade: most of it above the ceiling."""
    entries = read_rows(rows, [])
    if middle(entries) <= ceiling:
        return estimate, ceiling
    wanted = least_ceiling(entries)
    remarks.tell(
        f"预算、最高限价: 演示采用 {_yuan(max(wanted, estimate))}、{_yuan(wanted)}（虚构："
        f"报价中位数 {_yuan(middle(entries))} 高于公告限价 {_yuan(ceiling)}，"
        "公告与开标记录显非同一宗交易 / notice and record are plainly of two trades）"
    )
    return max(wanted, estimate), wanted


def _deposit(plan: Plan, rules: Rules, remarks: Remarks) -> int:
    stated = remarks.intake.fields.deposit_fen
    if not stated:
        deposit = max(plan.estimate_fen // 100 // 10_000 * 10_000, 1_00)
        why = "通告不收取，" if stated == 0 else ""
        reason = f"{why}按约 1% 虚构，以演示收退 / invented, about 1 %, to play the refunds"
        remarks.replaced("deposit_fen", _yuan(deposit), reason)
        return deposit
    for rule in rules.measuring("deposit"):
        strict = rule.unit is Unit.PERCENT and rule.enforcement is Enforcement.BLOCK
        if strict and not holds(rule, stated, plan.estimate_fen):
            most = number(rule, plan.estimate_fen)
            remarks.replaced("deposit_fen", _yuan(most), f"{rule.zh}（{rule.basis}）")
            return most
    remarks.taken("deposit_fen", _yuan(stated))
    return stated


def _yuan(fen: int) -> str:
    return f"{format_yuan(fen)} 元"
