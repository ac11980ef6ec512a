"""What a trustee is asked, as the document that travels to its machine."""

from bidding.envelope.capsule import Kind
from bidding.envelope.document import EnvelopeError, Fields, Malformed, read, write
from bidding.envelope.roster import read_roster, read_seats, write_seats
from bidding.envelope.trustee.batch import Request
from bidding.envelope.trustee.close import Locked, read_close

MEMBERS = "close trustees kind items released seats"
"""`seats` are those that successors hold."""


def write_request(request: Request) -> bytes:
    """Return the canonical document of a request."""
    items = [
        {"subject": item.subject, "leaf": item.leaf.hex(), "capsule": item.capsule.decode()}
        for item in request.items
    ]
    return write(
        "request",
        close=request.close.to_bytes().decode(),
        trustees=request.roster.to_bytes().decode(),
        kind=request.kind.value,
        items=items,
        released=sorted(request.released),
        seats=write_seats(request.successors),
    )


def read_request(data: bytes) -> Request:
    """Read a request; whether it is the set of CLOSE, its `capsules` tell. Raises Malformed."""
    document = read("request", data, MEMBERS)
    try:
        kind = Kind(document.text("kind"))
        close = read_close(document.text("close").encode())
        roster = read_roster(document.text("trustees").encode())
    except (EnvelopeError, ValueError) as error:
        raise Malformed(f"request: {error}") from error
    items = tuple(_item(each) for each in document.each("items", "subject leaf capsule"))
    released = frozenset(document.texts("released"))
    return Request(close, roster, kind, items, released, read_seats(document))


def _item(item: Fields) -> Locked:
    leaf = bytes.fromhex(item.hexes("leaf"))
    return Locked(item.text("subject"), leaf, item.text("capsule").encode())
