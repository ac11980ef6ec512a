"""Scene 8, award notices 发放中标通知: candidates shown, an objection, letters fixed and signed."""

from __future__ import annotations

import hashlib
from datetime import datetime
from uuid import UUID

from monitor.law.rule import load
from monitor.record.disclosure import VISITOR, timeline
from trading.archive.volume import filed
from trading.award.award import award_of, issue
from trading.award.award import file as file_papers
from trading.award.candidate import Offer, publicity_of, publish
from trading.award.contract import publish as publish_contract
from trading.award.contract import sign
from trading.award.filing import file as file_objection
from trading.award.letter import Paper, letters_of
from trading.award.objection import Kind, Outcome, answer, is_suspended
from trading.award.ranking import ranking
from trading.paper.authority import make_stand_in_authority
from trading.paper.signature import sign_pdf
from webui.demo.plan import MARK
from webui.demo.play import Bidder, Play
from webui.serve.work.job.letter import printed

TITLE = "八、中标公示与通知 / Candidates and award notices"
VERIFY = "https://demo.batong.example/verify"


def show_candidates(it: Play) -> None:
    """Publish the candidates; the second objects, which suspends the award until answered."""
    stage, cast = it.stage, it.cast
    stage.narrator.scene(TITLE)
    stage.until(it.plan.at(31))
    with stage.platform.read() as session:
        order = ranking(session, it.project, it.section)
    ranked = [row for row in order if row.rank is not None][:3]
    offers = [
        Offer(
            "合格", "180 日历天", f"演示项目经理{row.rank}", f"演示证书{row.rank}", "满足招标文件"
        )
        for row in ranked
    ]
    stage.do(publish, cast.owner, it.project, section=it.section, offers=offers, channel="本平台")
    stage.say(f"公示中标候选人：{'、'.join(row.name for row in ranked)} / candidates are shown")
    with stage.platform.read() as session:
        publicity = publicity_of(session, order[0])
        it.publicity_ends = publicity.ends_at if publicity else stage.now
    if it.publicity_ends > stage.now:
        _too_early(it, ranked[0].uscc)
    else:
        stage.say("该类项目法律不设公示等待期 / the law asks for no waiting period here")
    stage.until(it.plan.at(32))
    _object(it, _named(it, ranked[1].name))


def _too_early(it: Play, uscc: str) -> None:
    stage = it.stage
    refusal = stage.refused(issue, it.cast.owner, it.project, section=it.section, uscc=uscc)
    rule = load()[refusal.rule]
    stage.say(f"公示期内不得定标（{rule.basis}：{rule.zh}） / no award while they are shown")


def _object(it: Play, objector: Bidder) -> None:
    """An objection to the result halts a works tender (条例 54), not a procurement (采法 57)."""
    stage, cast = it.stage, it.cast
    objection = stage.do(
        file_objection,
        objector.open_actor,
        it.project,
        kind=Kind.RESULT,
        text="请求复核第一名业绩加分。",
        section=it.section,
    )
    with stage.platform.read() as session:
        halted = is_suspended(session, it.project)
    told = "定标暂停 / the award is suspended" if halted else "不停止程序 / nothing stops by it"
    stage.say(f"第二名对结果提出异议（质疑），{told}")
    stage.until(it.plan.at(34))
    stage.do(
        answer,
        cast.owner,
        it.project,
        objection=objection,
        text="经评标委员会复核，加分有效，维持结果。",
        outcome=Outcome.DISMISSED,
    )
    zh, en = ("三日", "three days") if it.plan.is_works else ("七个工作日", "seven working days")
    stage.say(f"{zh}内书面答复，程序继续 / answered within {en}; the trade goes on")


def issue_letters(it: Play) -> None:
    """Fix every letter in one act, then sign and file the papers; sign the contract."""
    stage, cast = it.stage, it.cast
    stage.until(max(it.publicity_ends or stage.now, it.plan.at(36)))
    with stage.platform.read() as session:
        first = ranking(session, it.project, it.section)[0]
    stage.do(issue, cast.owner, it.project, section=it.section, uscc=first.uscc)
    stage.say(f"定标：{first.name}；中标与落标通知同时生成 / the award, all letters in one act")
    record = _record_of(it, issue.name)
    papers = _papers(it, record, stage.now)
    stage.do(
        file_papers,
        cast.owner,
        it.project,
        section=it.section,
        papers={
            key: Paper(name, hashlib.sha256(pdf).digest()) for key, (name, pdf) in papers.items()
        },
    )
    stage.settle()
    stage.say(f"{len(papers)} 份通知书签名（PAdES，含二维码）并入录 / signed PDFs are filed")


def sign_contract(it: Play) -> None:
    """Conclude the contract at the award's price."""
    stage, cast = it.stage, it.cast
    stage.narrator.scene(TITLE)
    with stage.platform.read() as session:
        price_fen = award_of(session, it.project, it.section).price_fen
    stage.until(it.plan.at(40))
    text = f"{it.plan.name} 合同（演示），{price_fen} 分\n".encode()
    it.documents.append(filed("contract", "contract.txt", "合同 / contract", text))
    stage.do(
        sign,
        cast.owner,
        it.project,
        section=it.section,
        digest=hashlib.sha256(text).digest(),
        price_fen=price_fen,
        bond_fen=price_fen // 20,
    )
    if not it.plan.is_works:
        stage.do(publish_contract, cast.owner, it.project, section=it.section)
    stage.say("订立合同，金额等于中标价 / the contract is signed at the award's price")


def _papers(it: Play, record: UUID, now: datetime) -> dict[UUID, tuple[str, bytes]]:
    authority = make_stand_in_authority(it.stage.stand_ins / "authority", now)
    signer = authority.issue(it.cast.tenderee.name, now)
    it.authority = authority.certificate
    with it.stage.platform.read() as session:
        letters = letters_of(session, it.project, it.section)
    made = {}
    for number, letter in enumerate(letters, 1):
        pdf = sign_pdf(printed(letter, number, record, VERIFY, MARK), signer, now)
        name = "award-notice.pdf" if letter.kind == "award" else f"result-{number:02d}.pdf"
        it.documents.append(filed("letter", name, f"{letter.name} 通知书 / letter", pdf))
        if letter.kind == "award":
            it.award_notice = pdf
        made[letter.id] = (name, pdf)
    return made


def _record_of(it: Play, action: str) -> UUID:
    with it.stage.platform.read() as session:
        records = timeline(session, it.project, VISITOR)
    return next(one.record_id for one in records if one.facts["action"] == action)


def _named(it: Play, name: str) -> Bidder:
    return next(bidder for bidder in it.bidders if bidder.body.name == name)
