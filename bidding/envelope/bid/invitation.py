"""The invitation: what a bidder's offline tool must know of a tender to seal a bid for it."""

from dataclasses import dataclass

from bidding.envelope.document import Malformed, read, write
from bidding.envelope.roster import Roster, read_roster


@dataclass(frozen=True, slots=True)
class Invitation:
    """Tender, lot, digest of the tender documents with all addenda, and the trustees.

    `earlier` are digests before an addendum that did not ask to submit again: still good, flagged.
    """

    tender: str
    lot: str
    notice: str
    earlier: tuple[str, ...]
    roster: Roster

    def to_bytes(self) -> bytes:
        """Return the canonical document to publish."""
        return write(
            "invitation",
            tender=self.tender,
            lot=self.lot,
            notice=self.notice,
            earlier=list(self.earlier),
            trustees=self.roster.to_bytes().decode(),
        )


def read_invitation(data: bytes) -> Invitation:
    """Read an invitation document; raises Malformed."""
    document = read("invitation", data, "tender lot notice earlier trustees")
    if not document.text("tender") or not document.text("lot"):
        raise Malformed("invitation: 缺招标项目或标段 / no tender or no lot")
    return Invitation(
        document.text("tender"),
        document.text("lot"),
        document.hexes("notice"),
        document.texts("earlier"),
        read_roster(document.text("trustees").encode()),
    )
