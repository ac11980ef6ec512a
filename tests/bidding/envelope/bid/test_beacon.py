"""No beacon: nothing that is sealed waits for one, and nobody can make a bid wait for one."""

import io
import json
import socket
from pathlib import Path

import pytest

from bidding.envelope.age.header import Stanza, read_header, write_header
from bidding.envelope.bid.acceptance import accept
from bidding.envelope.bid.letter import SIZE
from bidding.envelope.bid.object import CAPSULE, LETTER
from bidding.envelope.bid.opening import open_bid
from bidding.envelope.capsule import read_capsule
from bidding.envelope.trustee.batch import check_batch, combine_batches
from bidding.envelope.trustee.holder import Trustee
from tests.bidding.envelope.bid.test_bid import resealed, text
from tests.bidding.envelope.world import CLOSED, Bid, request_for, witnessed

TLOCK = Stanza(("tlock", "4294967295", "52db9ba7" * 8), bytes(128))
"""What tlock writes for a round of a chain (drand's quicknet)."""


def readers(bid: Bid) -> set[str]:
    """Every kind of key that anything of a bid is sealed to."""
    files = [path.read_bytes() for path in bid.folder.glob("*.age")]
    files += read_capsule((bid.folder / CAPSULE).read_bytes()).shares
    return {stanza.type for file in files for stanza in read_header(io.BytesIO(file)).stanzas}


def test_everything_of_a_bid_is_sealed_to_keys_that_people_hold(bid: Bid) -> None:
    assert readers(bid) == {"X25519"}
    assert set(json.loads((bid.folder / CAPSULE).read_bytes())) == {
        "v", "recipient", "threshold", "trustees", "context", "commitments", "shares",
    }  # fmt: skip


@pytest.mark.parametrize("name", [LETTER, "att-001.age"])
def test_a_bidder_cannot_tie_its_bid_to_a_beacon_of_its_own_choice(bid: Bid, name: str) -> None:
    """A chain that dies, or that it holds itself, would be a key to keep its bid shut."""
    [own] = read_header(io.BytesIO((bid.folder / name).read_bytes())).stanzas
    for stanzas in ((TLOCK,), (own, TLOCK), (TLOCK, own)):
        sealed = write_header(stanzas, bytes(16)) + bytes(16 + SIZE + 16)
        assert f"{name}: stanza" in text(accept(resealed(bid, name, sealed), bid.expected))


def test_an_opening_asks_nobody_over_a_network(
    bid: Bid, trustees: list[Trustee], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unplugged(*_: object, **__: object) -> None:
        raise OSError("no network here")

    monkeypatch.setattr(socket.socket, "connect", unplugged)
    monkeypatch.setattr(socket, "getaddrinfo", unplugged)
    request = request_for([bid])
    answers = [one.unlock(request, witnessed, CLOSED) for one in trustees[:3]]
    keys = combine_batches(request, [check_batch(answer, request) for answer in answers])
    opened = open_bid(bid.objects, str(keys["bid-1"]), bid.sealed.manifest, tmp_path / "out")
    assert opened.opened.letter.price_fen == 1_234_567
