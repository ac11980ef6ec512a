"""A holder at work on a draw: opens its own piece of a share that did not come, once it is due.

It believes nothing of the platform that it can see for itself: both signatures under the header,
the side's under its commitment, and by its own clock that the time for revealing is over.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bidding.envelope.trustee.holder import Trustee
from experts.draw.encoding import DrawError, mapping, require, rows
from experts.draw.header import Header, read_signed
from experts.draw.verification import check_commits
from experts.escrow.recovery import Escrow, Piece, escrow_of, read_letter, statement
from webui.program import mail
from webui.program.client import Client

log = logging.getLogger("batong.trustee")
ACTION = "draw.open_escrow"


def open_share(client: Client, trustee: Trustee, told: Mapping[str, Any], now: datetime) -> None:
    """Open one's own piece and put it on record, or that it does not open.

    now: this machine's own time. Raises DrawError for what is not proven or not due, Refused, Away.
    """
    header, role = read_signed(told["signed"], "header"), str(told["role"])
    opened, _ = check_commits(header, told["commits"])
    x, escrow = _own_place(trustee, told["commits"], role)
    at = int(now.timestamp())
    _require_due(header, at)
    data = _piece(trustee, header, role, x, escrow)
    said = statement(opened, header.hh, role, Piece(x, at, data, ""))
    inputs = {
        "draw": told["draw"], "role": role, "at": at, "piece": data.hex(),
        "signature": trustee.signer.sign(said).hex(),
    }  # fmt: skip
    client.act(ACTION, inputs, str(told["project"]))
    log.info("%s: %s %s 份额已开启 / a share is opened", client.account, told["draw"], role)


def _own_place(trustee: Trustee, commits: object, role: str) -> tuple[int, Escrow]:
    parts = mapping(commits, "commits open", "commits")
    mine = bytes.fromhex(trustee.device.signer)
    for row in rows(parts["commits"], "commits"):
        escrow = escrow_of(row) if isinstance(row, Mapping) and row["role"] == role else None
        for x, holder in enumerate(escrow.holders if escrow else (), 1):
            if holder.sign == mine and escrow is not None:
                return x, escrow
    raise DrawError(f"escrow {role}", "this device holds no piece of it / 本机不持有该份额")


def _require_due(header: Header, at: int) -> None:
    due = header.number("t_reveal") < at < header.number("t_beacon")
    require(
        due, "t_reveal", "the time for revealing is not over, or the dice are due / 未到恢复时段"
    )


def _piece(trustee: Trustee, header: Header, role: str, x: int, escrow: Escrow) -> bytes:
    """Return the piece; empty where the letter does not open, or is of another draw or side."""
    item = f"escrow {role}"
    try:
        letter = mail.unseal_bytes(escrow.sealed[x - 1], trustee.identity, item)
        return read_letter(letter, header.hh, role, x)
    except DrawError as fault:
        log.warning("%s", fault)
        return b""
