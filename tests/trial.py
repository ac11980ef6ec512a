"""The second trade of a demo folder on a copy of its own: what its owner and others must do first.

Everything is done by real actions; people are found by the names they sign in with.
"""

import hashlib
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import text

from bidding.envelope.roster import Authority, Roster, Seat
from bidding.envelope.trustee.close import Close
from bidding.envelope.trustee.holder import Trustee
from bidding.hall.ceremony import bid_request, note_request, open_letters, open_notes
from bidding.hall.close import close
from bidding.hall.reveal import reveal
from bidding.hall.unlock import take_batch, unlock
from bidding.identity import Payer, seal_payer
from bidding.terms import deadline, roster_of
from monitor.log.tile import TileStore
from monitor.record.action import Action
from monitor.record.demo import advance
from monitor.role import SYSTEM, Actor
from monitor.runtime.settings import Settings, load
from monitor.store import FolderStore
from tests.stories.demo.run import play_once
from trading import board
from trading.account.office.roll import roll
from trading.fee.block import announce
from trading.fee.deposit import receive
from trading.ledger import Rate
from trading.notice.addendum import Change, clarify
from trading.notice.clause import Manner
from trading.notice.document import Issue, Terms, issue
from trading.notice.field import required
from trading.notice.notice import Draft, NoticeKind, publish
from trading.notice.participation import identify
from trading.registration.party import Organisation
from trading.registration.project import Project, sections
from webui.demo.plan import fiction
from webui.demo.second import second
from webui.house import House, files_folder, log_folder, open_house, stand_in_folder

SEATS = (
    Authority.CENTRE, Authority.TENDEREE, Authority.NOTARY, Authority.ASSOCIATION,
    Authority.OTHER_CENTRE,
)  # fmt: skip
DEPOSIT, CEILING = 120_000_00, 6_750_000_00
DAY = timedelta(days=1)
PATIENCE = 60.0
WAITS = text("""
SELECT count(*) FROM record r LEFT JOIN leaf l ON l.record_id = r.id
WHERE l.idx IS NULL OR l.idx >= :size
""")


def a_copy(shared: Path, folder: Path) -> Settings:
    """Copy the demo folder of this run, so that its second trade may be played."""
    run = play_once(shared)
    assert run.status == 0, run.errors
    # `cp -a`: the database's files belong to another account where we are root.
    subprocess.run(["cp", "-a", run.out / "platform", folder / "platform"], check=True)
    return load({}, data=folder / "platform" / "data")


@contextmanager
def a_trial(settings: Settings) -> Iterator["Trial"]:
    """Open a copied folder, or join the one that is served, and find its second trade."""
    with open_house(settings) as house:
        yield Trial(settings, house)


@dataclass
class Trial:
    """The second trade and everybody who has a part in it."""

    settings: Settings
    house: House
    people: dict[str, Actor] = field(init=False)
    project: UUID = field(init=False)
    section: UUID = field(init=False)

    def __post_init__(self) -> None:
        with self.house.platform.read() as session:
            offices = roll(session, self.now)
            self.people = {
                each.account: Actor(each.person, each.org, each.role) for each in offices
            }
            found = board.find(session, second(fiction()).code)
            assert found is not None
            self.project, self.section = found, sections(session, found)[0].id

    @property
    def now(self) -> datetime:
        return self.house.platform.clock.now()

    @property
    def deadline(self) -> datetime:
        found: datetime = self.ask(deadline, self.project)
        return found

    @property
    def trustees(self) -> list[tuple[Actor, Trustee]]:
        """The five trustees, each with the keys that a stand-in keeps for it."""
        folder = stand_in_folder(self.settings)
        return [
            (self.people[f"trustee-{n}"], Trustee.load(folder / f"trustee-{n}"))
            for n in range(1, 6)
        ]

    def do(self, verb: Action[..., Any], who: Actor | str, **inputs: Any) -> Any:
        actor = self.people[who] if isinstance(who, str) else who
        return self.house.platform.perform(verb, actor, self.project, **inputs)

    def ask(self, query: Any, *args: Any) -> Any:
        with self.house.platform.read() as session:
            return query(session, *args)

    def records(self) -> int:
        """How many records there are by now."""
        with self.house.platform.read() as session:
            return int(session.scalar(text("SELECT count(*) FROM record")) or 0)

    def until(self, moment: datetime) -> None:
        self.house.platform.perform(advance, SYSTEM, None, to=moment)

    def body(self, account: str) -> Organisation:
        """The organisation of somebody who signs in."""
        with self.house.platform.read() as session:
            found = session.get(Organisation, self.people[account].org)
        assert found is not None
        return found

    def settle(self) -> None:
        """Have everything that waits sequenced and witnessed, by us or by who serves the folder."""
        until = time.monotonic() + PATIENCE
        while self._waits():
            assert time.monotonic() < until, "the log does not grow"
            self.house.publish(self.settings)
            time.sleep(0.1)

    def _waits(self) -> bool:
        note = TileStore(log_folder(self.settings)).read_checkpoint().decode()
        with self.house.platform.read() as session:
            return bool(session.scalar(WAITS, {"size": int(note.splitlines()[1])}))

    def open_bidding(self) -> None:
        """Publish the notice, issue the documents, announce the deposit's sub-accounts."""
        start = self.now + timedelta(minutes=10)
        self.until(start)
        dates = (start, start + 6 * DAY, start + 25 * DAY)
        self.do(publish, "owner", draft=self._notice(*dates))
        self.do(issue, "owner", issue=self._documents())
        rate = Rate(500, 360, "stand-in figure")
        inputs = {"section": self.section, "prefix": "880127", "size": 200, "rate": rate}
        self.do(announce, "cashier", **inputs)
        self.settle()

    def _notice(self, start: datetime, until: datetime, end: datetime) -> Draft:
        fields = {key: f"见招标文件（{key}）" for key in required("works")}
        name = self.ask(lambda session: session.get(Project, self.project)).name
        return Draft(
            NoticeKind.TENDER, f"{name}招标公告", fields, ("cebpub", "centre"), start, until, end
        )

    def _documents(self) -> Issue:
        file = "招标文件（演示）\n".encode()
        return Issue(
            "招标文件", hashlib.sha256(file).digest(), len(file), Manner.BIDDERS_FIRST, 30,
            self.roster().to_bytes(), 90, {self.section: Terms(DEPOSIT, CEILING)},
        )  # fmt: skip

    def roster(self) -> Roster:
        seats = []
        for number, (kind, (_, trustee)) in enumerate(zip(SEATS, self.trustees, strict=True), 1):
            one = self.body(f"trustee-{number}")
            seats.append(Seat(number, kind, one.uscc, one.name, (trustee.device,)))
        return Roster(3, tuple(seats))

    def clarify(self, resubmit: bool = False) -> None:
        """Issue an addendum; one after which bids must come anew, if so told."""
        change = Change("澄清", "更正第三章页码。", affects_bids=False, resubmit=resubmit)
        self.do(clarify, "owner", change=change)

    def pay(self, number: str, account: str = "newcomer", amount_fen: int = DEPOSIT) -> None:
        """Have the bank report a transfer into a sub-account."""
        payer = Payer(self.body(account).name, "139900000000001")
        roster = self.ask(roster_of, self.project)
        sealed = seal_payer(payer, roster, self.project, self.section, number)
        self.do(
            receive, SYSTEM, number=number, amount_fen=amount_fen, reference=f"T{number}",
            received_at=self.now, sealed_payer=sealed,
        )  # fmt: skip

    def close(self) -> None:
        """Let the deadline pass and write CLOSE down; then the trustees find who bids."""
        self.until(self.deadline + timedelta(minutes=1))
        self.do(close, SYSTEM, section=self.section)
        self.settle()
        request = self.ask(note_request, self.project, self.section)
        self._batches(request)
        for noted in self.ask(open_notes, self.project, self.section).bids:
            who = {"mask": noted.bid.mask, "uscc": noted.bidder.uscc, "name": noted.bidder.name}
            self.do(identify, SYSTEM, **who)
        self.settle()

    def unlock(self) -> None:
        """Have the trustees give what is missing, and declare UNLOCK."""
        notes = self.ask(open_notes, self.project, self.section).bids
        store = FolderStore(files_folder(self.settings))
        self._batches(self.ask(bid_request, self.project, self.section, notes, store))
        self.do(unlock, "owner", section=self.section)
        self.settle()

    def reveal(self) -> None:
        """Unlock, and read everything out."""
        self.unlock()
        notes = self.ask(open_notes, self.project, self.section).bids
        store = FolderStore(files_folder(self.settings))
        results = self.ask(open_letters, self.project, self.section, notes, store)
        self.do(reveal, "owner", section=self.section, results=results)
        self.settle()

    def _batches(self, request: Any) -> None:
        for actor, trustee in self.trustees[:3]:
            document = trustee.unlock(request, _believed, self.now)
            inputs = {"section": self.section, "request": request, "document": document}
            self.do(take_batch, actor, **inputs)
            self.settle()


def _believed(_: Close) -> None:
    """A trustee's own check of CLOSE is another test's subject."""
