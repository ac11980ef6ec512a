"""The story: the ten scenes in the order of their dates."""

from __future__ import annotations

from monitor.record.identity import new_id
from webui.demo.cast import assemble
from webui.demo.drawing import Drawing
from webui.demo.plan import Plan
from webui.demo.play import Play
from webui.demo.scene import (
    archive,
    award,
    bid,
    draw,
    evaluation,
    fee,
    notice,
    opening,
    registration,
    venue,
)
from webui.demo.stage import Stage

DEPARTMENTS = {"works": "示例市住房和城乡建设局（演示）", "procurement": "示例市财政局（演示）"}


def play(stage: Stage, plan: Plan) -> Play:
    """Play one whole trade; return what it left behind."""
    stage.until(plan.at(0, "08:30"))
    cast = assemble(
        stage, plan.owner, plan.category, DEPARTMENTS.get(plan.category, "示例市主管部门（演示）")
    )
    it = Play(stage, cast, plan, new_id(stage.now))
    drawing = Drawing.prepare(it)
    draw.fill_pool(it, drawing)
    before_deadline(it, drawing)
    opening.close_and_identify(it)
    draw.recheck(it, drawing)
    opening.unlock_and_reveal(it)
    draw.sit(it, drawing)
    after_opening(it, drawing)
    return it


def after_opening(it: Play, drawing: Drawing) -> None:
    """Evaluation to refunds; what was secret is published once the award is issued."""
    evaluation.play(it)
    award.show_candidates(it)
    award.issue_letters(it)
    draw.publish(it, drawing)
    award.sign_contract(it)
    fee.refund_all(it)
    archive.play(it)


def before_deadline(it: Play, drawing: Drawing) -> None:
    """Registration to the deadline."""
    registration.play(it)
    notice.play(it)
    evaluation.publish_method(it)
    venue.play(it)
    fee.pay_deposits(it)
    bid.seal_early(it)
    notice.move_deadline(it)
    venue.rebook(it)
    it.stage.until(it.plan.at(28))
    draw.play(it, drawing)
    bid.play(it)
