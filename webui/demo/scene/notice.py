"""Scene 2, notices and consultation 信息发布咨询: publish, download, ask, answer, clarify twice."""

from __future__ import annotations

import hashlib
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.envelope.bid.letter import Bidder as Named
from bidding.envelope.document import public_key
from bidding.envelope.roster import Authority, Roster, Seat
from bidding.envelope.trustee.holder import Trustee, write_private
from bidding.identity import seal_identity
from bidding.terms import deadline, invitation
from monitor.law.workday import SHANGHAI
from monitor.role import Actor, Role
from trading.archive.volume import filed
from trading.fee.block import announce
from trading.ledger import Rate
from trading.money import format_yuan
from trading.notice.addendum import Change, answer, ask, clarify
from trading.notice.clause import Manner
from trading.notice.document import Issue, Terms, issue
from trading.notice.download import download
from trading.notice.field import required
from trading.notice.notice import Draft, NoticeKind, publish
from trading.notice.participation import join, mask_of
from trading.registration.party import assign
from webui.artefact.keys import FILE, write_keys
from webui.deed.fill.notice import LAW
from webui.demo.cast import body, person
from webui.demo.plan import Rival
from webui.demo.play import Bidder, Play

TITLE = "二、信息发布咨询 / Notices and consultation"
RATE = Rate(500, 360, "活期存款利率 0.05%（演示参数） / demand deposit rate, a demo figure")


def play(it: Play) -> None:
    """Publish the notice, issue the documents, let tenderers join and ask, clarify."""
    stage, plan = it.stage, it.plan
    announce_tender(it)
    stage.until(plan.at(2))
    for rival in plan.rivals:
        it.bidders.append(enter(it, rival))
    stage.say(
        f"潜在{plan.bidder_word}以假名获取文件；人数与名称此前对任何人保密 / "
        "tenderers obtain documents unseen"
    )
    _consult(it)


def announce_tender(it: Play) -> None:
    """Publish the notice, issue the documents with the trustees, announce the sub-accounts."""
    stage, cast, plan = it.stage, it.cast, it.plan
    stage.narrator.scene(TITLE)
    stage.until(plan.at(1))
    stage.do(publish, cast.owner, it.project, draft=_draft(it))
    stage.say("发布公告；各媒体内容一致，摘要入录 / the notice is published, its digest recorded")
    enlist(it)
    stage.do(issue, cast.owner, it.project, issue=_issue(it))
    stage.say(f"发出招标文件；投标保证金 {format_yuan(plan.deposit_fen)} 元 / documents issued")
    stage.do(
        announce, cast.cashier, it.project, section=it.section, prefix="880126", size=200, rate=RATE
    )
    stage.say("公布保证金子账户号段 / the block of deposit sub-accounts is announced")


def _draft(it: Play) -> Draft:
    plan = it.plan
    fields = {key: _field(it, key) for key in required(plan.category)}
    media = ("cebpub", "centre") if plan.is_works else ("ccgp", "centre")
    return Draft(
        kind=NoticeKind.TENDER,
        title=f"{plan.name}招标公告",
        fields=fields,
        media=media,
        supply_from=plan.at(1),
        supply_until=plan.supply_until,
        deadline=plan.deadline,
    )


def _field(it: Play, key: str) -> str:
    plan = it.plan
    said = {
        "owner": f"{plan.owner}，{plan.address}",
        "nature": f"{plan.name}；估算价 {format_yuan(plan.estimate_fen)} 元。",
        "opening": "示例市公共资源交易中心 开标一室",
        "budget": f"{format_yuan(plan.estimate_fen)} 元",
        "ceiling": f"{format_yuan(plan.ceiling_fen)} 元",
        "supervision": it.cast.department.name,
    }
    return said.get(key) or LAW.get(key, "以招标文件为准")


def enlist(it: Play) -> None:
    """Make the five trustees: each a body of its own with keys in its own folder."""
    stage, cast = it.stage, it.cast
    bodies = (cast.centre, cast.tenderee, cast.notary, cast.association, cast.other_centre)
    for number, one in enumerate(bodies, 1):
        actor = person(stage, f"受托人{number}", one, Role.TRUSTEE)
        stage.do(assign, cast.clerk, it.project, organisation=one.id, role=Role.TRUSTEE)
        folder = stage.stand_ins / f"trustee-{number}"
        it.trustees.append((actor, Trustee.create(folder)))
        keys = write_keys(stage.policy, public_key(stage.desk.signer))
        write_private(folder / FILE, keys)  # what a trustee believes of the log, from elsewhere


def roster(it: Play) -> Roster:
    """Return the roster, 3 of 5: centre, tenderee, notary, bidders' association, another centre."""
    kinds = (
        Authority.CENTRE,
        Authority.TENDEREE,
        Authority.NOTARY,
        Authority.ASSOCIATION,
        Authority.OTHER_CENTRE,
    )
    cast = it.cast
    bodies = (cast.centre, cast.tenderee, cast.notary, cast.association, cast.other_centre)
    seats = tuple(
        Seat(number, kind, one.uscc, one.name, (trustee.device,))
        for number, (kind, one, (_, trustee)) in enumerate(
            zip(kinds, bodies, it.trustees, strict=True), 1
        )
    )
    return Roster(3, seats)


def _issue(it: Play) -> Issue:
    plan = it.plan
    text = f"{plan.name}\n招标文件（演示）\n".encode()
    it.documents.append(filed("tender", "tender-document.txt", "招标文件 / tender documents", text))
    return Issue(
        name="招标文件",
        digest=hashlib.sha256(text).digest(),
        size=len(text),
        manner=Manner.BIDDERS_FIRST,
        window_minutes=plan.window_minutes,
        trustees=roster(it).to_bytes(),
        validity_days=90,
        terms={it.section: Terms(plan.deposit_fen, plan.ceiling_fen)},
    )


def enter(it: Play, rival: Rival) -> Bidder:
    """Let a tenderer join under a pseudonym and obtain the documents; return it."""
    stage = it.stage
    own = body(stage, rival.name, uscc=rival.uscc)
    actor = person(stage, f"{rival.name}授权代表", own, Role.TENDERER)
    signer = Ed25519PrivateKey.generate()
    key = signer.public_key().public_bytes_raw()
    masked = Actor(actor.person, actor.org, actor.role, mask_of(key))
    with stage.platform.read() as session:
        invited = invitation(session, it.project, it.section)
    named = Named(own.name, own.uscc)
    sealed = seal_identity(named, invited.roster, it.project, it.section, mask_of(key))
    stage.do(join, masked, it.project, public_key=key, sealed_identity=sealed)
    stage.do(download, masked, it.project)
    folder = stage.stand_ins / "tenderers" / mask_of(key)
    folder.mkdir(parents=True)
    return Bidder(rival, own, masked, actor, signer, folder)


def _consult(it: Play) -> None:
    stage, cast, plan = it.stage, it.cast, it.plan
    stage.until(plan.at(4))
    question = stage.do(
        ask, it.bidders[0].actor, it.project, text="步道铺装材料可否采用同等规格替代？"
    )
    stage.say(f"一名潜在{plan.bidder_word}提问（提问人保密） / a question, its author secret")
    stage.until(plan.at(5))
    stage.do(
        answer, cast.owner, it.project, questions=(question,), text="可以，技术指标不低于图纸要求。"
    )
    stage.say("答疑发给全部获取者 / answered, to everybody alike")
    stage.until(plan.at(8))
    stage.do(
        clarify,
        cast.owner,
        it.project,
        change=Change("澄清一", "更正第三章页码，不影响编制。", affects_bids=False),
    )
    stage.say("澄清一：不影响编制，截止时间不动 / clarification 1 moves nothing")


def move_deadline(it: Play) -> None:
    """Clarify within 15 days of the deadline: the rule moves it (招标投标法实施条例 21)."""
    stage, cast, plan = it.stage, it.cast, it.plan
    stage.narrator.scene(TITLE)
    stage.until(plan.at(14))
    before = _deadline(it)
    stage.do(
        clarify,
        cast.owner,
        it.project,
        change=Change("澄清二", "工程量清单第 7 项由 820 米改为 860 米。", affects_bids=True),
    )
    stage.say(
        f"澄清二：影响编制且不足 15 日，截止由 {before:%m-%d} 顺延至 {_deadline(it):%m-%d} / moved"
    )


def _deadline(it: Play) -> datetime:
    with it.stage.platform.read() as session:
        return deadline(session, it.project).astimezone(SHANGHAI)
