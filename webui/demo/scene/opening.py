"""Scene 6, the opening 开标: CLOSE, seal check, unlock, UNLOCK, reveal all at once, record."""

from __future__ import annotations

from pathlib import Path

from bidding.attachment import attach
from bidding.envelope.bid.object import CAPSULE
from bidding.envelope.trustee.batch import Request
from bidding.envelope.trustee.close import Close
from bidding.hall.attaching import unsealed
from bidding.hall.ceremony import bid_request, note_request, open_letters, open_notes
from bidding.hall.close import close
from bidding.hall.reveal import reveal
from bidding.hall.seal import check_seal
from bidding.hall.unlock import release, take_batch, unlock
from monitor.log.proof import LogProof
from monitor.record.disclosure import VISITOR, Disclosed, timeline
from monitor.role import SYSTEM
from trading.fee.deposit import identify as identify_payer
from trading.money import format_yuan
from trading.notice.participation import identify
from webui.demo.play import Bidder, Play

TITLE = "六、开标 / Opening"


class NotWitnessed(Exception):
    """A trustee does not find this CLOSE under a cosigned checkpoint."""


def close_and_identify(it: Play) -> None:
    """Write CLOSE down, have it witnessed, and let the trustees open who takes part."""
    stage = it.stage
    stage.narrator.scene(TITLE)
    statement = stage.do(close, SYSTEM, it.project, section=it.section)
    stage.settle()
    stage.say(
        f"CLOSE：{statement.bids.count} 份投标，根 {statement.bids.root[:16]}… 已见证 / witnessed"
    )
    with stage.platform.read() as session:
        request = note_request(session, it.project, it.section)
    give_batches(it, request, seats=3)
    with stage.platform.read() as session:
        notes = open_notes(session, it.project, it.section)
    it.notes = notes.bids
    for item in it.notes:
        stage.do(
            identify,
            SYSTEM,
            it.project,
            mask=item.bid.mask,
            uscc=item.bidder.uscc,
            name=item.bidder.name,
        )
    masks = {item.bid.mask for item in it.notes}
    for bidder in it.bidders:
        if bidder.deposit in notes.payers and bidder.mask in masks:
            payer = notes.payers[bidder.deposit]
            stage.do(
                identify_payer,
                SYSTEM,
                it.project,
                deposit=bidder.deposit,
                payer=payer.name,
                payer_account=payer.account,
            )
    stage.say(
        f"三名受托人打开{it.plan.bidder_word}身份（投标内容仍密封） / "
        "trustees open who bids, nothing else"
    )


def unlock_and_reveal(it: Play) -> None:
    """Check the seals, release, let trustees open the absent one's, declare UNLOCK, reveal."""
    stage = it.stage
    stage.narrator.scene(TITLE)
    check_seals(it)
    released = [b for b in standing(it) if b.rival.manner != "absent"]
    for bidder in released:
        release_key(it, bidder)
    absent = len(standing(it)) - len(released)
    stage.say(
        f"{len(released)} 家自行解密，{absent} 家缺席 / "
        f"{len(released)} release their keys, {absent} absent"
    )
    open_the_rest(it)
    digest = show_all(it)
    for result in sorted(it.results, key=lambda r: r.noted.bid.arrived_at):
        if result.letter is not None:
            price = format_yuan(result.letter.letter.price_fen)
            stage.say(f"唱标：{result.noted.bidder.name} {price}")
    stage.settle()
    stage.say(f"开标记录公布，摘要 {digest[:16]}… / the opening record is published")
    open_attachments(it)


def open_the_rest(it: Play) -> None:
    """Let three trustees give the shares of what was not released, then declare UNLOCK."""
    stage = it.stage
    with stage.platform.read() as session:
        request = bid_request(session, it.project, it.section, it.notes, stage.store)
    give_batches(it, request, seats=3)
    stage.say(
        "缺席者的份额由三名受托人给出，份额公开核验 / trustees give the shares, checked in public"
    )
    stage.do(unlock, it.cast.owner, it.project, section=it.section)
    stage.settle()
    stage.say(
        "UNLOCK 入录并见证；此前无人见过任何报价 / UNLOCK is witnessed; no price was seen yet"
    )


def show_all(it: Play) -> str:
    """Open every letter and show all rows at once; return the opening record's digest."""
    stage = it.stage
    with stage.platform.read() as session:
        it.results = open_letters(session, it.project, it.section, it.notes, stage.store)
    return stage.do(reveal, it.cast.owner, it.project, section=it.section, results=it.results)


def open_attachments(it: Play) -> None:
    """Open what was sealed beside the letters, as a worker does after a reveal."""
    stage, count = it.stage, 0
    for result in it.results:
        if result.letter is None:
            continue
        files = list(unsealed(result.noted, result.identity, stage.store, stage.settings.data))
        told = result.noted.bid.id
        stage.do(attach, SYSTEM, it.project, section=it.section, bid=told, files=files)
        count += len(files)
    stage.say(f"投标附件 {count} 份打开并核对 / attachments opened and compared")


def give_batches(it: Play, request: Request, seats: int) -> None:
    """Let the first trustees answer in turn; each answer is in the log before the next."""
    stage = it.stage
    for actor, trustee in it.trustees[:seats]:
        document = trustee.unlock(request, lambda said: _witnessed(it, said), stage.now)
        stage.do(
            take_batch, actor, it.project, section=it.section, request=request, document=document
        )
        stage.settle()


def _witnessed(it: Play, statement: Close) -> None:
    """A trustee's own check: the public CLOSE record, proven under a cosigned checkpoint."""
    with it.stage.platform.read() as session:
        records = timeline(session, it.project, VISITOR)
    for record in records:
        if _declares(record, statement):
            proof = LogProof.parse(it.stage.proof(record.record_id).encode())
            proof.verify(record.commitment, it.stage.policy)
            return
    raise NotWitnessed(statement.digest)


def _declares(record: Disclosed, statement: Close) -> bool:
    body = record.facts
    return (body["action"], body["facts"].get("close")) == ("opening.close", statement.digest)


def check_seals(it: Play) -> None:
    """Let the first bidder confirm the seals before anything is unlocked."""
    stage = it.stage
    stage.do(check_seal, standing(it)[0].actor, it.project, section=it.section)
    stage.say(
        f"{it.plan.bidder_word}核对回执均在 CLOSE 根下，密封完好 / "
        "bidders find their receipts under the root"
    )


def standing(it: Play) -> list[Bidder]:
    """Return the tenderers whose bids CLOSE counted, in the order in which they joined."""
    masks = {item.bid.mask for item in it.notes}
    return [bidder for bidder in it.bidders if bidder.mask in masks]


def release_key(it: Play, bidder: Bidder) -> None:
    """Let a tenderer give the key of its bid."""
    sealed = bidder.sealed[-1]
    capsule = Path(bidder.folder / f"sealed-{sealed.version}" / CAPSULE).read_bytes()
    it.stage.do(
        release,
        bidder.actor,
        it.project,
        section=it.section,
        identity=sealed.identity,
        capsule=capsule,
    )
