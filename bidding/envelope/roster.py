"""The roster of trustees 解密受托人 of a tender.

Every seat belongs to one authority and has one device or more (standby), any of which serves.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from bidding.envelope.age.error import KeyStringError
from bidding.envelope.age.key import recipient_point
from bidding.envelope.document import Fields, Malformed, digest, read, write
from bidding.envelope.sharing.curve import PointError, check_u
from monitor.log.canonical import JSON


class Authority(StrEnum):
    """What kind of body holds a seat."""

    CENTRE = "centre"
    TENDEREE = "tenderee"
    AGENCY = "agency"
    NOTARY = "notary"
    ASSOCIATION = "association"
    OTHER_CENTRE = "other_centre"
    SUPERVISOR = "supervisor"


@dataclass(frozen=True, slots=True)
class Device:
    """One machine of a trustee: its age recipient and its Ed25519 key (hexadecimal)."""

    recipient: str
    signer: str


@dataclass(frozen=True, slots=True)
class Seat:
    """One share holder: number from 1, kind, stable id of the body (such as USCC), shown name."""

    index: int
    kind: Authority
    authority: str
    name: str
    devices: tuple[Device, ...]


@dataclass(frozen=True, slots=True)
class Roster:
    """All seats and how many of them open a bid."""

    threshold: int
    seats: tuple[Seat, ...]

    def to_bytes(self) -> bytes:
        """Return the canonical document that is published and whose digest capsules carry."""
        return write("trustees", threshold=self.threshold, seats=write_seats(self.seats))

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the document in hexadecimal."""
        return digest(self.to_bytes())

    def seat_of(self, device: Device, successors: Iterable[Seat] = ()) -> Seat | None:
        """Return the seat that a device belongs to, as a successor's or as the roster names it.

        A share is the same by whichever of a seat's machines it comes.
        """
        return next((seat for seat in (*successors, *self.seats) if device in seat.devices), None)

    def succeeded(self, successors: Iterable[Seat]) -> "Roster":
        """Return who holds the seats once these stand in their places: bids were sealed before.

        A successor has the seat's recipient and a signing key of its own.
        """
        by_index = {seat.index: seat for seat in successors}
        return replace(self, seats=tuple(by_index.get(seat.index, seat) for seat in self.seats))


def read_roster(data: bytes) -> Roster:
    """Read a roster document; raises Malformed for anything that could not be sealed to."""
    document = read("trustees", data, "threshold seats")
    roster = Roster(document.number("threshold"), read_seats(document))
    _check_shape(roster)
    return roster


def write_seats(seats: Iterable[Seat]) -> list[JSON]:
    """Return seats as members of a document."""
    return [
        {
            "index": seat.index,
            "kind": seat.kind.value,
            "authority": seat.authority,
            "name": seat.name,
            "devices": [{"recipient": d.recipient, "signer": d.signer} for d in seat.devices],
        }
        for seat in seats
    ]


def read_seats(document: Fields) -> tuple[Seat, ...]:
    """Read the member `seats` of a document; raises Malformed."""
    members = "index kind authority name devices"
    return tuple(_read_seat(seat) for seat in document.each("seats", members))


def _read_seat(seat: Fields) -> Seat:
    devices = tuple(
        Device(device.text("recipient"), device.hexes("signer"))
        for device in seat.each("devices", "recipient signer")
    )
    try:
        kind = Authority(seat.text("kind"))
    except ValueError as error:
        raise Malformed(f"{seat.where}.kind: 未知类别 / unknown kind") from error
    return Seat(seat.number("index"), kind, seat.text("authority"), seat.text("name"), devices)


def _check_shape(roster: Roster) -> None:
    count = len(roster.seats)
    if not 1 <= roster.threshold <= count <= 255:
        raise Malformed("trustees.threshold: 门限不可能 / no such threshold")
    if [seat.index for seat in roster.seats] != list(range(1, count + 1)):
        raise Malformed("trustees.seats: 序号须为 1…n / must be numbered 1…n")
    devices = [device for seat in roster.seats for device in seat.devices]
    if len({d.recipient for d in devices}) != len(devices) or not all(
        s.devices for s in roster.seats
    ):
        raise Malformed("trustees.devices: 缺设备或密钥重复 / no device, or a key twice")
    for device in devices:
        _check_recipient(device.recipient)


def _check_recipient(recipient: str) -> None:
    try:
        check_u(recipient_point(recipient))
    except (KeyStringError, PointError) as error:
        raise Malformed(f"trustees.recipient: {error}") from error
