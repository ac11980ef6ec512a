"""A tenderer with its own machine: a folder beside the platform, a bid key, a pseudonym."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.desk import Answer
from bidding.envelope.bid.letter import Bidder
from bidding.envelope.bid.object import folder_objects
from bidding.envelope.bid.seal import Draft, SealedBid, seal_bid
from bidding.envelope.document import sign
from bidding.hall.unlock import release
from bidding.identity import Payer, seal_identity, seal_payer
from bidding.submission import withdraw, withdrawal
from bidding.terms import invitation, roster_of
from monitor.record.identity import secret_id
from monitor.refusal import Refusal
from monitor.role import SYSTEM, Actor, Role
from tests.builders import a_credit_code, an_actor, an_organisation
from tests.stories.world import Tender
from trading.fee.deposit import open_account, receive
from trading.fee.guarantee import guarantee
from trading.notice.addendum import ask
from trading.notice.download import download
from trading.notice.participation import join, mask_of

_NUMBERS = count(1)


@dataclass(slots=True)
class Tenderer:
    """One who joined a tender; `sealed` are the versions made, the last one stands."""

    tender: Tender
    name: str
    uscc: str
    actor: Actor
    signer: Ed25519PrivateKey
    folder: Path
    price_fen: int
    sentence: str = "施工组织设计"
    sealed: list[SealedBid] = field(default_factory=list)
    account: str = ""
    deposit: UUID | None = None

    @property
    def mask(self) -> str:
        return self.actor.mask or ""

    @property
    def last(self) -> SealedBid:
        return self.sealed[-1]

    def do(self, verb: Any, **inputs: Any) -> Any:
        return self.tender.do(verb, self.actor, **inputs)

    def refused(self, verb: Any, **inputs: Any) -> Refusal:
        return self.tender.refused(verb, self.actor, **inputs)

    def download(self) -> None:
        self.do(download)

    def ask(self, text: str) -> UUID:
        made: UUID = self.do(ask, text=text)
        return made

    def pay(self, payer: Payer | None = None) -> None:
        """Open a sub-account and have the money come in."""
        world, section = self.tender.world, self.tender.section
        self.account = self.do(open_account, section=section)
        roster = world.ask(roster_of, self.tender.id)
        told = payer or Payer(self.name, f"1399{self.uscc[-10:]}")
        sealed = seal_payer(told, roster, self.tender.id, section, self.account)
        self.deposit = self.tender.do(
            receive,
            SYSTEM,
            number=self.account,
            amount_fen=8_000_000,
            reference=f"T{self.account}",
            received_at=world.now,
            sealed_payer=sealed,
        )

    def hand_in_guarantee(self) -> None:
        self.do(
            guarantee,
            section=self.tender.section,
            number=f"BH-{next(_NUMBERS)}",
            issuer="示例担保公司",
            amount_fen=8_000_000,
            valid_until=self.tender.deadline + timedelta(days=150),
        )

    def seal(self, *, section: UUID | None = None) -> Path:
        """Seal the next version offline; the folder that holds it."""
        version = len(self.sealed) + 1
        plain, out = self.folder / f"plain-{version}", self.folder / f"sealed-{version}"
        plain.mkdir(parents=True)
        (plain / "技术标.txt").write_text(self.sentence, "utf-8")
        lot = section or self.tender.section
        invited = self.tender.world.ask(invitation, self.tender.id, lot)
        bidder = Bidder(self.name, self.uscc)
        draft = Draft(str(secret_id()), version, bidder, self.price_fen, 180, "合格")
        self.sealed.append(seal_bid(plain, out, invited, draft, self.signer))
        return out

    def send(self, folder: Path, *, section: UUID | None = None) -> Answer:
        """Send a sealed folder to the desk."""
        world = self.tender.world
        world.house.clock.wait(timedelta(seconds=1))
        return world.desk.receive(
            self.actor,
            self.tender.id,
            section or self.tender.section,
            folder_objects(folder),
            bid=self.last.bid,
            version=self.last.version,
        )

    def bid(self, *, section: UUID | None = None) -> SealedBid:
        """Seal and send; it must be received."""
        answer = self.send(self.seal(section=section), section=section)
        assert answer.refusal is None, answer.refusal
        return self.last

    def withdraw(self) -> None:
        tender = self.tender
        statement = withdrawal(tender.id, tender.section, self.last.bid)
        signature = sign("withdrawal", statement, self.signer)
        self.do(withdraw, section=tender.section, signature=signature)

    def own_capsule(self) -> bytes:
        return (self.folder / f"sealed-{self.last.version}" / "capsule.json").read_bytes()

    def release_inputs(self) -> dict[str, Any]:
        return {
            "section": self.tender.section,
            "identity": self.last.identity,
            "capsule": self.own_capsule(),
        }

    def release(self) -> None:
        self.do(release, **self.release_inputs())


def a_tenderer(tender: Tender, price_fen: int = 0, name: str = "") -> Tenderer:
    """A registered organisation that joins under a pseudonym."""
    platform, number = tender.world.house.platform, next(_NUMBERS)
    name, uscc = name or f"测试投标人{number}号公司", a_credit_code()
    org = an_organisation(platform, name=name, uscc=uscc)
    signer = Ed25519PrivateKey.generate()
    key = signer.public_key().public_bytes_raw()
    mask = mask_of(key)
    actor = an_actor(platform, Role.TENDERER, org, mask=mask)
    roster = tender.world.ask(roster_of, tender.id)
    sealed = seal_identity(Bidder(name, uscc), roster, tender.id, tender.section, mask)
    tender.do(join, actor, public_key=key, sealed_identity=sealed)
    folder = tender.world.folder / "tenderers" / mask
    folder.mkdir(parents=True)
    return Tenderer(
        tender, name, uscc, actor, signer, folder, price_fen or 700_000_000 + number * 1_000_01
    )


def bidders(tender: Tender, number: int = 3) -> list[Tenderer]:
    """As many tenderers, each with a received bid."""
    made = [a_tenderer(tender) for _ in range(number)]
    for one in made:
        one.bid()
    return made
