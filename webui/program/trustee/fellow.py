"""A trustee among its fellows: it deals its key to them, checks theirs, hands a piece on, follows.

Nothing of a key leaves this machine on the platform's word alone. Among whom the key is dealt, and
to which successor a piece goes, the trustee's own person has to have agreed to, here: whoever runs
the platform could otherwise name machines of its own, and collect what only a quorum may have.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bidding.envelope.age.error import AgeError
from bidding.envelope.capsule import Gap, ShareError
from bidding.envelope.document import EnvelopeError
from bidding.envelope.roster import Roster, Seat, read_roster
from bidding.envelope.trustee.disclosure import tells_only_itself
from bidding.envelope.trustee.holder import Trustee, TrusteeError
from bidding.envelope.trustee.keydeal import (
    blame_piece,
    deal_key,
    hand_piece,
    open_handed,
    own_piece,
    read_deal,
    read_handed,
    rebuild,
    reject_piece,
)
from webui.program.client import Client, Refused
from webui.program.trustee.memory import Memory
from webui.program.trustee.succession import Following, read_following

log = logging.getLogger("batong.trustee")
WAYS = "/api/v1/trustee"
Agrees = Callable[[str], bool]
"""Tells whether the trustee's own person has agreed to the document of this digest."""


class Unagreed(EnvelopeError):
    """The person has not agreed to it on this machine: nothing is given."""

    doing = "agree"


class OtherSet(EnvelopeError):
    """The key was dealt among another set of trustees."""

    doing = "other_set"


@dataclass(frozen=True, slots=True)
class Fellow:
    """What one machine does with the keys of its fellows."""

    client: Client
    memory: Memory
    agrees: Agrees

    def deal(self, told: Mapping[str, Any]) -> None:
        """Deal this machine's own key to the set of a trade; raises Unagreed, OtherSet, Refused."""
        data, project = str(told["trustees"]).encode(), str(told["project"])
        trustee = self.memory.trustee()
        if told["recipient"] != trustee.device.recipient:
            return
        roster = read_roster(data)
        self._require_agreed(roster.digest, "trustees")
        if self.memory.own_set(roster.digest) != roster.digest:
            raise OtherSet("trustees: 密钥已在另一名册中分存 / dealt among another set")
        document = self.memory.kept_deal(project, lambda: deal_key(trustee, roster, project))
        self.client.act("key.deal", {"document": _text(document)}, project)
        log.info("%s: 密钥已分存 / the key is dealt", self.client.account)

    def check(self, told: Mapping[str, Any]) -> None:
        """Check the piece that a fellow dealt to this machine; prove it where it is none."""
        found = self.client.read(f"{WAYS}/keys/{told['id']}")
        roster = read_roster(str(found["trustees"]).encode())
        deal = read_deal(base64.b64decode(found["document"]), roster, str(told["project"]))
        for machine in self.memory.machines():
            seat = _seat_with(roster, machine)
            if seat is None or seat.index == deal.seat.index:
                continue
            try:
                own_piece(deal, seat, machine.identity)
            except ShareError as fault:
                if fault.gap is Gap.NOT_MINE and len(seat.devices) > 1:
                    continue
                file = deal.capsule.shares[seat.index - 1]
                if self._may_prove(file, fault, str(told["id"])):
                    self._blame(machine, file, deal.digest, str(told["id"]), str(told["project"]))

    def call(self, told: Mapping[str, Any]) -> None:
        """Answer the last call to this seat, by whichever of its machines: it keeps its seat."""
        for machine in self.memory.machines():
            try:
                answer = machine.answer(base64.b64decode(told["challenge"]))
            except TrusteeError:  # not sealed to this key
                continue
            self._act("succession.answer", told, answer)
            return

    def hand(self, told: Mapping[str, Any]) -> None:
        """Hand this machine's piece on to the successor that was confirmed and agreed to."""
        found = read_following(self.client.read(f"{WAYS}/successions/{told['id']}"))
        held = found.check(self.memory.policy())
        machine, seat = self._own_seat(found.roster, held)
        self._require_agreed(found.acceptance.digest, "acceptance")
        document = hand_piece(machine, seat, found.deal, found.acceptance)
        self._act("succession.hand", told, document)
        log.info("%s: 分片已交出 / the piece is handed on", self.client.account)

    def take(self, told: Mapping[str, Any]) -> None:
        """Rebuild the lost key from the pieces handed on, keep it, and take the seat by it."""
        found = read_following(self.client.read(f"{WAYS}/successions/{told['id']}"))
        held, own = found.check(self.memory.policy()), self.memory.trustee()
        pieces = self._pieces(found, held, own)
        if len(pieces) < found.roster.threshold:
            return
        identity = rebuild(found.deal, pieces)
        new = self.memory.keep_identity(identity)
        answer = replace(own, identity=identity).answer(found.challenge)
        try:
            self._act("succession.take", told, answer)
        except Refused:
            if new:
                self.memory.drop_identity(identity)
            raise
        log.info("%s: 已接任席位 / took the seat %s", self.client.account, found.deal.seat.index)

    def _pieces(self, found: Following, held: tuple[Seat, ...], own: Trustee) -> dict[int, bytes]:
        """Return the true pieces by seat; a false one is proven to be so, or else rejected."""
        good = dict[int, bytes]()
        for each in found.pieces:
            try:
                piece = read_handed(each.document, found.roster, held, found.deal, found.acceptance)
            except EnvelopeError as fault:  # one that is not to be read keeps no other back
                log.warning("%s: %s: %s", self.client.account, each.id, fault)
                continue
            try:
                good[piece.seat.index] = open_handed(piece, found.deal, own.identity)
            except ShareError as fault:
                if self._may_prove(piece.file, fault, each.id):
                    self._blame(own, piece.file, piece.digest, each.id, found.project)
                else:
                    document = reject_piece(own, piece.digest)
                    self._say("succession.reject", each.id, document, found.project)
        return good

    def _may_prove(self, file: bytes, fault: ShareError, name: str) -> bool:
        """Tell whether the proof of a false piece tells nothing of what was sealed here before."""
        if tells_only_itself(file, fault.gap):
            return True
        log.warning("%s: %s 分片无法打开 / does not open: %s", self.client.account, name, fault)
        return False

    def _blame(self, machine: Trustee, file: bytes, about: str, name: str, project: str) -> None:
        """Prove that a piece is none; what cannot be proven, or was, keeps nothing else back."""
        try:
            document = blame_piece(machine, file, about)
        except (AgeError, EnvelopeError) as fault:
            log.warning("%s: %s: %s", self.client.account, name, fault)
        else:
            self._say("key.blame", name, document, project)

    def _say(self, action: str, about: str, document: bytes, project: str) -> None:
        """Put on record what a piece is; a refusal keeps nothing else back."""
        try:
            self.client.act(action, {"about": about, "document": _text(document)}, project)
            log.warning(
                "%s: %s 分片有误，已公示 / of no use, on record", self.client.account, about
            )
        except Refused as fault:
            log.warning("%s: %s: %s", self.client.account, about, fault)

    def _own_seat(self, roster: Roster, held: tuple[Seat, ...]) -> tuple[Trustee, Seat]:
        for machine in self.memory.machines():
            if roster.seat_of(machine.device, held) is not None:
                seat = _seat_with(roster, machine)
                if seat is not None:
                    return machine, seat
        raise Unagreed("trustees: 本机不在名单中 / this machine has no seat")

    def _require_agreed(self, told: str, what: str) -> None:
        if not self.agrees(told):
            raise Unagreed(
                f"{what} {told[:16]}…: 请本人核对后执行 trustee agree / "
                "the trustee's own person has to agree to it on this machine"
            )

    def _act(self, action: str, told: Mapping[str, Any], document: bytes) -> None:
        inputs = {"succession": str(told["id"]), "document": _text(document)}
        self.client.act(action, inputs, str(told["project"]))


def _seat_with(roster: Roster, machine: Trustee) -> Seat | None:
    """Return the seat that a machine's key is of, whoever signs for it now."""
    key = machine.device.recipient
    return next((s for s in roster.seats if key in [d.recipient for d in s.devices]), None)


def _text(document: bytes) -> str:
    return base64.b64encode(document).decode()
