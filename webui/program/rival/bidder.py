"""One stand-in rival at work: joins, obtains, pays, seals, hands in; checks its seal and releases.

Each step is written down in its own folder, so that one that was cut off is gone on with.
"""

from __future__ import annotations

import base64
import json
import logging
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bidding.envelope.bid.invitation import Invitation, read_invitation
from bidding.envelope.bid.seal import Draft, seal_bid
from bidding.envelope.capsule import Kind
from bidding.envelope.document import EnvelopeError
from bidding.envelope.trustee.close import check_accepted, read_close
from monitor.log.commitment import commit
from monitor.log.proof import LogProof
from monitor.log.tree import BadProof, BadTree
from monitor.record.identity import secret_id
from monitor.runtime.secret import write_once
from webui.program.client import Client, Refused
from webui.program.rival.folder import Folder, Trade
from webui.program.rival.mask import Masked

log = logging.getLogger("batong.rival")
DONE = "conflict"
DAYS, QUALITY = 180, "合格"


class SealBroken(EnvelopeError):
    """The own bid is not where it must be under the root of CLOSE."""


@dataclass(slots=True)
class Rival:
    """One account with one folder."""

    client: Client
    folder: Folder
    _masked: dict[str, Masked] = field(default_factory=dict)

    def look(self, entry: Mapping[str, Any]) -> bool:
        """Do what is next in a trade of the board; tell whether it goes on there.

        Raises Away, Refused, and what the offline tool raises.
        """
        project, stage = str(entry["id"]), entry["stage"]
        if stage == "bidding":
            self._bid(entry, self.folder.trade(project))
            return True
        if not self.folder.has(project):
            return False
        trade = self.folder.trade(project)
        if stage == "closed" and trade.state().get("receipt") and not trade.state().get("released"):
            self._open(project, trade)
            return True
        return False

    def _at(self, project: str, trade: Trade) -> Masked:
        if project not in self._masked:
            self._masked[project] = Masked(self.client, project, trade.signer)
        return self._masked[project]

    def _bid(self, entry: Mapping[str, Any], trade: Trade) -> None:
        project, masked = str(entry["id"]), self._at(str(entry["id"]), trade)
        facts = _facts(self.client.read(f"/api/v1/projects/{project}"))
        if "document.issue" not in facts:
            return
        invited = read_invitation(self.client.send("GET", f"/bid/{project}/invitation.json", None))
        self._join(masked, trade, invited)
        if "deposit.announce" in facts:
            self._pay(masked, trade, invited)
        sealed_for = trade.state().get("notice")
        if sealed_for not in (invited.notice, *invited.earlier):
            self._seal(trade, invited, _ceiling(facts, entry))
        if not trade.state().get("receipt"):
            self._send(masked, trade, invited)

    def _join(self, masked: Masked, trade: Trade, invited: Invitation) -> None:
        if trade.state().get("joined"):
            return
        self._once(masked, "participation.join", section=invited.lot, public_key=masked.key.hex())
        self._once(masked, "document.download")
        trade.keep(joined=True)
        log.info("%s: 已参加 / joined %s", self.client.account, invited.tender)

    def _pay(self, masked: Masked, trade: Trade, invited: Invitation) -> None:
        if trade.state().get("paid"):
            return
        if "account" not in trade.state():
            number = self._once(masked, "deposit.open", section=invited.lot)
            trade.keep(account=number or "")
        if trade.state()["account"]:
            told = {"project": invited.tender, "number": trade.state()["account"]}
            try:
                self.client.send("POST", "/demo/pay", json.dumps(told).encode())
            except Refused as refused:
                if refused.code != DONE:
                    raise
        trade.keep(paid=True)

    def _seal(self, trade: Trade, invited: Invitation, ceiling: int) -> None:
        """Seal the next version by the offline tool's own code; its key stays in this folder."""
        profile, version = self.folder.profile(), int(trade.state().get("version", 0)) + 1
        plain, out = trade.path / f"plain-{version}", trade.path / f"sealed-{version}"
        for path in (plain, out):  # a sealing that was cut off is begun anew
            shutil.rmtree(path, ignore_errors=True)
        plain.mkdir()
        (plain / "商务标.txt").write_text(f"{profile.bidder.name} 商务标（演示）\n", "utf-8")
        (plain / "技术标.txt").write_text("施工组织设计（演示）\n" * 40, "utf-8")
        price = ceiling * profile.offer // 1000 // 100 * 100
        draft = Draft(str(secret_id()), version, profile.bidder, price, DAYS, QUALITY)
        sealed = seal_bid(plain, out, invited, draft, trade.signer)
        rescue = Path(f"{out}.identity.txt")
        rescue.unlink(missing_ok=True)
        write_once(rescue, sealed.identity)
        told = {name: value for name, value in asdict(sealed).items() if name != "identity"}
        trade.keep(bid=told, version=version, notice=invited.notice, receipt="")

    def _send(self, masked: Masked, trade: Trade, invited: Invitation) -> None:
        answer = masked.send(invited.lot, trade.path / f"sealed-{trade.state()['version']}")
        trade.keep(receipt=answer["receipt"])
        log.info("%s: 已投标，取得回执 / bid, with a receipt", self.client.account)

    def _open(self, project: str, trade: Trade) -> None:
        """After a witnessed CLOSE: check the own seal, confirm it once, give the own key."""
        masked = self._at(project, trade)
        told = masked.read(f"/bid/{project}/seal.json")
        proven = self.client.read(f"/api/v1/records/{told['record']}")
        self._check(trade, told, proven)
        facts = _facts(self.client.read(f"/api/v1/projects/{project}"))
        lot = read_close(str(told["close"]).encode()).lot
        if not facts.keys() & {"opening.check_seal", "opening.lapse_seals"}:
            self._once(masked, "opening.check_seal", section=lot)
        if not self.folder.profile().silent:
            rescue = trade.path / f"sealed-{trade.state()['version']}.identity.txt"
            key = rescue.read_text("utf-8").strip()
            self._once(masked, "opening.release", section=lot, identity=key)
        trade.keep(released=True)
        log.info("%s: 已核对密封 / the seal is checked", self.client.account)

    def _check(self, trade: Trade, told: Mapping[str, Any], proven: Mapping[str, Any]) -> None:
        """Raise NoteError, SealBroken unless CLOSE is witnessed and the own bid lies in it."""
        close = read_close(str(told["close"]).encode())
        salt, body = bytes.fromhex(proven["salt"]), base64.b64decode(proven["body"])
        LogProof.parse(str(proven["proof"] or "")).verify(commit(salt, body), self.folder.policy())
        if json.loads(body)["facts"].get("close") != close.digest:
            raise SealBroken("close: 不是入册的 CLOSE / not the CLOSE in the log")
        if told["leaf"] != trade.state()["bid"]["leaf"]:
            raise SealBroken("leaf: 不是本投标 / another bid's leaf")
        path = [bytes.fromhex(each) for each in told["path"]]
        try:
            check_accepted(
                close.accepted(Kind.BID), bytes.fromhex(told["leaf"]), int(told["index"]), path
            )
        except (BadTree, BadProof) as broken:
            raise SealBroken(f"root: {broken}") from broken

    def _once(self, masked: Masked, action: str, **inputs: Any) -> Any:
        """Do a deed that may have been done before this program was started anew."""
        try:
            return masked.act(action, **inputs)
        except Refused as refused:
            if refused.code != DONE:
                raise
            return None


def _facts(told: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the facts of the last public act of each name."""
    bodies = [json.loads(base64.b64decode(each["body"])) for each in told["records"]]
    return {body["action"]: body["facts"] for body in bodies if "done" in body["outcome"]}


def _ceiling(facts: Mapping[str, Mapping[str, Any]], entry: Mapping[str, Any]) -> int:
    """Return the published ceiling in fen; a round sum where there is none."""
    told = [row["ceiling_fen"] for row in facts["document.issue"]["terms"]]
    log.info("%s: 限价 / ceiling %s", entry["code"], told)
    return int(told[0] or 100_000_000)
