"""Scene 4, the draw 专家抽取: a hidden pool, dice and two VRFs, a decline, a blind re-check."""

from __future__ import annotations

import hashlib
import secrets
from uuid import UUID

from experts.ceremony.closing import publish_bundle
from experts.draw.transcript import Contact
from experts.panel.attendance import check_in
from experts.panel.committee import form
from experts.pool.expert import Verdict, person_of, review
from experts.pool.intake.application import name_keepers
from experts.pool.register import import_pool, snapshot
from experts.pool.stand_in import StandIn, stand_in_pool
from monitor.role import Actor, Role
from trading.paper.keeping import Stored
from trading.registration.party import Kind
from webui.demo.cast import body
from webui.demo.drawing import Drawing
from webui.demo.play import Play

POOL = 520
BEFORE = "〇、准备 / Before the trade"
TITLE = "四、专家抽取（演示密钥、模拟骰子） / The draw (stand-in keys, simulated dice)"


def fill_pool(it: Play, drawing: Drawing) -> list[StandIn]:
    """Import and review the stand-in pool, and commit its first snapshot."""
    stage, cast = it.stage, it.cast
    stage.narrator.scene(BEFORE)
    people = stand_in_pool(POOL, b"batong demo")
    keeper = body(stage, "示例省评标专家库（演示）", Kind.INSTITUTION)
    stage.do(name_keepers, cast.administrator, None, recipient=drawing.keepers)
    stage.do(
        import_pool,
        cast.clerk,
        None,
        candidacies=[one.sealed(drawing.seal) for one in people],
    )
    stage.do(
        review,
        cast.clerk_two,
        None,
        uids=[one.facts.uid for one in people],
        verdict=Verdict.APPROVED,
        organisation=keeper.id,
    )
    stage.do(snapshot, cast.clerk, None)
    it.keeper = keeper.id
    stage.say(f"专家库 {POOL} 名演示专家入库、复核、快照入录 / the stand-in pool is committed")
    return people


def play(it: Play, drawing: Drawing) -> None:
    """Draw five, one declines, a replacement round under a fresh seed."""
    stage = it.stage
    stage.narrator.scene(TITLE)
    stage.do(snapshot, it.cast.clerk, None)
    count = drawing.file_header()
    stage.say(f"抽取头公布：{count} 个隐名叶子，监督端重算并会签 / header countersigned")
    drawing.commit_and_reveal()
    stage.say("监督与业主先盲提交、后揭示 / supervisor and owner commit blind, then reveal")
    digits = drawing.throw()
    stage.say(f"掷骰 {digits}，两人分别录入一致 / 24 dice, typed by two roles")
    drawing.round()
    drawing.call(Contact.DECLINED)
    stage.say("首轮抽出 5 席，1 人谢绝；中心看不到姓名 / five drawn, one declines, names unseen")
    drawing.round()
    drawing.call()
    stage.say("新种子补抽 1 席 / one seat drawn again from a fresh seed")


def recheck(it: Play, drawing: Drawing) -> None:
    """After CLOSE check the seated blind against the bidders; a linked round fills what falls."""
    it.stage.narrator.scene(TITLE)
    bidders = frozenset(item.bidder.uscc for item in it.notes)
    barred = drawing.recheck(bidders)
    it.stage.say(f"截止后盲核回避：{barred} 人须回避 / blind re-check against the bidders")
    if barred:
        drawing.round()
        drawing.call()
        it.stage.say("关联轮次补足 / a linked round fills the seats")


def sit(it: Play, drawing: Drawing) -> None:
    """The members check in under their pseudonyms, and the committee is formed."""
    stage = it.stage
    stage.narrator.scene(TITLE)
    for mask, uid in drawing.sitting().items():
        actor = Actor(_person(it, uid), it.keeper, Role.EXPERT, mask)
        secret = secrets.token_bytes(32)
        stage.do(
            check_in,
            actor,
            it.project,
            section=it.section,
            opening=drawing.opening(uid),
            secret=secret,
        )
        it.experts[mask] = actor
        it.seat_secrets[mask] = secret
    it.draw_root = drawing.finish()
    stage.do(form, it.cast.clerk, it.project, section=it.section)
    stage.say("五名专家以席位签到，评标委员会组成 / the committee sits, still unnamed")


def publish(it: Play, drawing: Drawing) -> None:
    """After the result: the bundle that anybody can recompute."""
    it.stage.narrator.scene(TITLE)
    it.draw_bundle = drawing.bundle()
    digest, title = hashlib.sha256(it.draw_bundle), "抽取包 / draw bundle"
    paper = Stored(
        "draw", f"draw-{digest.hexdigest()[:12]}.zip", title, digest.digest(),
        len(it.draw_bundle), it.stage.store.put(it.draw_bundle),
    )  # fmt: skip
    it.stage.do(
        publish_bundle, it.cast.clerk, it.project, draw=drawing.id, sha256=digest.hexdigest(),
        root=it.draw_root, paper=paper,
    )  # fmt: skip
    it.stage.say("结果确定后公布抽取全包，任何人可重算 / the whole draw is published")


def _person(it: Play, uid: str) -> UUID:
    with it.stage.platform.read() as session:
        return person_of(session, uid)
