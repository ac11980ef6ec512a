"""Pieces that are none, on a trustee's machine: what it proves, and what may be no proof."""

from __future__ import annotations

import base64
import os
import shutil
from pathlib import Path

import pytest

from bidding.envelope.age.file import encrypt_bytes
from bidding.envelope.capsule import share_text
from bidding.envelope.document import digest, read_signed, write_signed
from bidding.envelope.trustee.holder import readiness_challenge
from bidding.envelope.trustee.keydeal import (
    check_reject,
    hand_piece,
    read_deal,
    read_handed,
)
from bidding.envelope.trustee.successor import read_acceptance
from monitor.clock import SystemClock
from tests.bidding.envelope.test_capsule import _with_share
from tests.flip import flipped
from tests.webui.program.case import NUMBER, Case, a_case
from tests.webui.program.chain import PROJECT
from tests.webui.program.test_seat import a_seat, running
from webui.program.trustee.memory import Memory


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return a_case(tmp_path)


def of_no_use(file: bytes) -> bytes:
    """As a copy looks: the ephemeral key of what was sealed here elsewhere, another text."""
    return flipped(file)


def false(case: Case, by: int, to: str) -> bytes:
    """The dealer's own text with another scalar: its proof tells nothing else."""
    deal = read_deal(case.deal, case.roster, PROJECT)
    text = share_text(deal.capsule.context, deal.capsule.recipient, by, bytes(31) + b"\1")
    return encrypt_bytes(text, [to])


def signed_anew(case: Case, kind: str, data: bytes, by: int, **bent: str) -> bytes:
    members = {"keydeal": "signer capsule",
               "handedpiece": "deal acceptance recipient signer file"}[kind]  # fmt: skip
    document = read_signed(kind, data, members)
    values = {k: v for k, v in document.values.items() if k not in ("v", "signature")}
    return write_signed(kind, case.machines[by - 1].signer, **values | bent)


@pytest.mark.parametrize("copied", [True, False])
def test_no_proof_of_a_dealt_piece_leaves_that_may_open_something_else(
    case: Case, copied: bool
) -> None:
    capsule = read_signed("keydeal", case.deal, "signer capsule").text("capsule").encode()
    share = read_deal(case.deal, case.roster, PROJECT).capsule.shares[0]
    mine = case.machines[0].device.recipient
    file = of_no_use(share) if copied else false(case, 1, mine)
    spoilt = _with_share(capsule, 1, file).decode()
    case.dealt = signed_anew(case, "keydeal", case.deal, 2, capsule=spoilt)
    case.asks = {"keys": [], "successions": [], "dealt": [{"id": NUMBER, "project": PROJECT}]}
    with running(case) as url:  # type: ignore[arg-type]
        a_seat(url, case.folder).look()
    assert [name for name, _ in case.came] == ([] if copied else ["key.blame"])


def test_a_successor_proves_what_tells_only_itself_and_sets_the_rest_aside(case: Case) -> None:
    """One piece that is none keeps no other back, and no secret of a copy leaves the machine."""
    deal, word = read_deal(case.deal, case.roster, PROJECT), read_acceptance(case.word)
    folder = case.folder.parent / "successor"
    for name in ("keys.txt", "password"):
        shutil.copy(case.folder / name, folder / name)
    made = {n: hand_piece(case.machines[n - 1], case.roster.seats[n - 1], deal, word)
            for n in (1, 3, 4, 5)}  # fmt: skip
    file = read_handed(made[4], case.roster, (), deal, word).file
    made[4] = signed_anew(case, "handedpiece", made[4], 4, file=of_no_use(file).hex())
    bad = false(case, 5, word.device.recipient)
    lie = signed_anew(case, "handedpiece", made[5], 5, file=bad.hex())
    take = {"id": NUMBER, "project": PROJECT, "step": "take", "lost": "", "challenge": ""}
    case.asks = {"keys": [], "successions": [take]}
    with running(case) as url:  # type: ignore[arg-type]
        case.tells = {"challenge": base64.b64encode(sealed_call(case)).decode(),
                      "pieces": told({0: b"{}", **made, 5: lie})}  # fmt: skip
        a_seat(url, folder).look()
        assert [(name, inputs["about"]) for name, inputs in case.came] == [
            ("succession.reject", "piece-4"), ("key.blame", "piece-5"),
        ]  # fmt: skip
        rejected = base64.b64decode(case.came[0][1]["document"])
        check_reject(rejected, word.device, digest(made[4]))
        assert not (folder / "held").exists(), "two pieces are none"
        case.came.clear()
        case.tells["pieces"] = told({n: made[n] for n in (1, 3, 5)})
        a_seat(url, folder).look()
    assert [name for name, _ in case.came] == ["succession.take"]


def test_a_rebuilt_key_goes_when_no_seat_was_or_is_to_be_taken_by_it(case: Case) -> None:
    """Else the keys of all whom this machine ever followed would lie there for ever."""
    deal, word = read_deal(case.deal, case.roster, PROJECT), read_acceptance(case.word)
    memory = Memory(case.folder.parent / "successor")
    for name in ("keys.txt", "password"):
        shutil.copy(case.folder / name, memory.folder / name)
    case.tells = {"challenge": base64.b64encode(sealed_call(case)).decode(), "pieces": told(
        {n: hand_piece(case.machines[n - 1], case.roster.seats[n - 1], deal, word)
         for n in (1, 3, 4)})}  # fmt: skip
    take = {"id": NUMBER, "project": PROJECT, "step": "take", "lost": "", "challenge": ""}
    case.asks, case.refuses = {"keys": [], "successions": [take]}, True
    held = memory.folder / "held"
    with running(case) as url:  # type: ignore[arg-type]
        a_seat(url, memory.folder).look()
        assert [name for name, _ in case.came] == ["succession.take"]
        assert list(held.iterdir()) == [], "refused"
        case.refuses = False
        a_seat(url, memory.folder).look()
        [key] = held.iterdir()
        case.asks = {"keys": [], "successions": []}
        a_seat(url, memory.folder).look()
        assert list(held.iterdir()) == [key], "a platform that does not say"
        case.asks["named"] = []
        for _ in range(2):
            a_seat(url, memory.folder).look()
        assert len(memory.machines()) == 2, "not by the platform's word of a moment"
        case.asks["named"] = [case.machines[1].device.recipient]
        a_seat(url, memory.folder).look()
        assert list(held.iterdir()) == [key]
        case.asks["named"] = []
        a_seat(url, memory.folder).look()
        eight_days_ago = SystemClock().now().timestamp() - 8 * 86_400
        os.utime(key.with_suffix(".unnamed"), (eight_days_ago, eight_days_ago))
        a_seat(url, memory.folder).look()
    assert list(held.iterdir()) == []


def told(pieces: dict[int, bytes]) -> list[dict[str, str]]:
    return [{"id": f"piece-{n}", "document": base64.b64encode(data).decode()}
            for n, data in pieces.items()]  # fmt: skip


def sealed_call(case: Case) -> bytes:
    return readiness_challenge(case.roster.seats[1])[0]
