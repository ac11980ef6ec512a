"""Scene 5, sealed bids 投标: sealed on each tenderer's own machine, sent in, receipted."""

from __future__ import annotations

from pathlib import Path

from bidding.envelope.bid.letter import Bidder as Named
from bidding.envelope.bid.object import folder_objects
from bidding.envelope.bid.seal import Draft, SealedBid, seal_bid
from bidding.envelope.document import sign
from bidding.submission import withdraw, withdrawal
from bidding.terms import deadline, invitation
from monitor.record.identity import secret_id
from monitor.role import SYSTEM
from trading.fee.refund import confirm_refund, return_early
from webui.demo.play import Bidder, Play

TITLE = "五、密封投标 / Sealed bids"
EARLY = frozenset({"before_addendum"})
LAST = frozenset({"late", "unsealed"})


def seal_early(it: Play) -> None:
    """One tenderer seals before the addendum: its bid stays valid and is flagged."""
    it.stage.narrator.scene(TITLE)
    it.stage.until(it.plan.at(12))
    for bidder in _of(it, EARLY):
        send(it, bidder, seal(it, bidder))
        it.stage.say(f"{_short(it, bidder)} 在补遗前密封递交 / one is sealed before an addendum")


def play(it: Play) -> None:
    """The others seal and send; one replaces, one withdraws, one comes unsealed, one late."""
    stage, plan = it.stage, it.plan
    with stage.platform.read() as session:
        end = deadline(session, it.project)
        it.invitation = invitation(session, it.project, it.section).to_bytes()
    stage.narrator.scene(TITLE)
    stage.until(plan.at(28, "10:00"))
    for bidder in it.bidders:
        if bidder.rival.manner not in EARLY | LAST:
            send(it, bidder, seal(it, bidder))
    stage.settle()
    stage.say(
        f"其余{plan.bidder_word}在本机密封、上传并取得回执 / the others seal, send and get receipts"
    )
    for bidder in _of(it, {"replaces"}):
        send(it, bidder, seal(it, bidder, cheaper=plan.cut_fen))
        stage.say("一家替换投标文件，旧版失效 / one replaces its bid")
    for bidder in _of(it, {"withdraws"}):
        _withdraw(it, bidder)
        stage.say("一家撤回投标，保证金原路退回 / one withdraws, its deposit goes straight back")
    for bidder in _of(it, {"unsealed"}):
        refusal = _send_plain(it, bidder)
        stage.say(
            f"未密封文件被拒收（{refusal}），出具拒收回执 / unsealed: refused, with a receipt"
        )
    stage.until(end.replace(second=4))
    for bidder in _of(it, {"late"}):
        answer = send(it, bidder, seal(it, bidder))
        stage.say(f"逾期 4 秒被拒收（{answer}），出具逾期回执 / 4 s late: refused, with a receipt")
    stage.settle()


def seal(it: Play, bidder: Bidder, cheaper: int = 0) -> SealedBid:
    """Seal one version in the tenderer's own folder, by the offline tool's code."""
    version = len(bidder.sealed) + 1
    plain = bidder.folder / f"plain-{version}"
    plain.mkdir()
    (plain / "商务标.txt").write_text(f"{bidder.rival.name} 商务标（演示）\n", "utf-8")
    (plain / "技术标.txt").write_text("施工组织设计（演示）\n" * 40, "utf-8")
    with it.stage.platform.read() as session:
        invited = invitation(session, it.project, it.section)
    draft = Draft(
        bid=str(secret_id()),
        version=version,
        bidder=Named(bidder.body.name, bidder.body.uscc),
        price_fen=bidder.rival.price_fen - cheaper,
        period_days=180,
        quality="合格",
    )
    sealed = seal_bid(plain, _sealed_folder(bidder, version), invited, draft, bidder.signer)
    bidder.sealed.append(sealed)
    return sealed


def send(it: Play, bidder: Bidder, sealed: SealedBid) -> str:
    """Send a sealed folder to the desk; return the rule of a refusal, or an empty text."""
    answer = it.stage.desk.receive(
        bidder.actor,
        it.project,
        it.section,
        folder_objects(_sealed_folder(bidder, sealed.version)),
        bid=sealed.bid,
        version=sealed.version,
    )
    bidder.answers.append(answer)
    return answer.refusal.rule if answer.refusal else ""


def _send_plain(it: Play, bidder: Bidder) -> str:
    folder = bidder.folder / "unsealed"
    folder.mkdir()
    (folder / "投标文件.pdf").write_bytes(b"%PDF-1.7 a plain file\n")
    answer = it.stage.desk.receive(
        bidder.actor,
        it.project,
        it.section,
        folder_objects(folder),
        bid=str(secret_id()),
        version=1,
    )
    bidder.answers.append(answer)
    return answer.refusal.rule if answer.refusal else ""


def _withdraw(it: Play, bidder: Bidder) -> None:
    statement = withdrawal(it.project, it.section, bidder.sealed[-1].bid)
    signature = sign("withdrawal", statement, bidder.signer)
    it.stage.do(withdraw, bidder.actor, it.project, section=it.section, signature=signature)
    it.stage.desk.sweep(it.project)
    if bidder.deposit is not None:
        refund = it.stage.do(return_early, SYSTEM, it.project, deposit=bidder.deposit)
        it.stage.do(
            confirm_refund, SYSTEM, it.project, refund=refund, reference=f"R{bidder.sub_account}"
        )


def _sealed_folder(bidder: Bidder, version: int) -> Path:
    return bidder.folder / f"sealed-{version}"


def _of(it: Play, manners: frozenset[str] | set[str]) -> list[Bidder]:
    return [bidder for bidder in it.bidders if bidder.rival.manner in manners]


def _short(it: Play, bidder: Bidder) -> str:
    return f"{it.plan.bidder_word} {bidder.mask[:8]}…"
