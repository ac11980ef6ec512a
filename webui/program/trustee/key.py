"""A holder at work on VRF keys: looks at each piece it is dealt, hands one on once it is due.

It believes nothing of the platform that it can see for itself: the header's keys and signatures,
that the lost machine itself dealt this piece and named this deputy, and that the piece fits.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bidding.envelope.trustee.holder import Trustee
from experts.draw.encoding import DrawError, check_signature, mapping, require, text
from experts.draw.header import INSPECTOR, read_signed
from experts.draw.verification import check_commits
from experts.escrow.key import Deal, asked_statement, handed_letter, read_deal, read_dealt
from experts.escrow.succession import statement
from webui.program import mail
from webui.program.client import Client

log = logging.getLogger("batong.trustee")


def check_piece(client: Client, trustee: Trustee, told: Mapping[str, Any]) -> None:
    """Say on record whether one's piece opens and fits. Raises DrawError, Refused, Away."""
    deal = read_deal(told["document"], bytes.fromhex(str(told["signer"])))
    x = _own_place(trustee, deal)
    try:
        fits = bool(_piece(trustee, deal, x))
    except DrawError as fault:
        log.warning("%s", fault)
        fits = False
    client.act("draw.check_piece", {"deal": told["deal"], "x": x, "fits": fits})
    log.info("%s: 密钥分片已核对 / a piece is looked at: %s", client.account, fits)


def hand_on(client: Client, trustee: Trustee, told: Mapping[str, Any], now: datetime) -> None:
    """Seal one's piece of a lost machine's key to its deputy, and sign that it succeeds.

    now: this machine's own time. Raises DrawError for what is not proven or not due, Refused, Away.
    """
    header = read_signed(told["signed"], "header")
    check_commits(header, told["commits"])
    deal = read_deal(told["deal"], header.key(INSPECTOR))
    same = (deal.role, deal.vrf) == (INSPECTOR, header.key(INSPECTOR, "vrf"))
    require(same, "key", "is not the header's / 不是抬头的密钥")
    asked = mapping(told["asked"], "deal recipient sig sign", "asked")
    heir = asked["sign"] == deal.heir.hex() and deal.heir != b""
    require(heir, "asked", "is not the deputy that the lost machine named / 非其登记的备用端")
    recipient = text(asked["recipient"], "asked")
    check_signature(deal.heir, asked_statement(header.hh, recipient), asked["sig"], "asked")
    at = int(now.timestamp())
    due = at > header.number("t_reveal")
    require(due, "t_reveal", "the draw does not need this key yet / 未到使用密钥之时")
    x = _own_place(trustee, deal)
    letter = handed_letter(header.hh, deal, x, _piece(trustee, deal, x), _sign(trustee))
    said = statement(header.hh, INSPECTOR, deal.heir, x, at)
    inputs = {
        "draw": told["draw"], "at": at, "sealed": mail.seal_bytes(letter, recipient),
        "signature": trustee.signer.sign(said).hex(),
    }  # fmt: skip
    client.act("draw.hand_on_key", inputs, str(told["project"]))
    log.info("%s: %s 密钥分片已交付 / a piece is handed on", client.account, told["draw"])


def _sign(trustee: Trustee) -> Any:
    return lambda digest: trustee.signer.sign(digest).hex()


def _own_place(trustee: Trustee, deal: Deal) -> int:
    mine = bytes.fromhex(trustee.device.signer)
    for x, holder in enumerate(deal.escrow.holders, 1):
        if holder.sign == mine:
            return x
    raise DrawError("key", "this device holds no piece of it / 本机不持有该分片")


def _piece(trustee: Trustee, deal: Deal, x: int) -> bytes:
    letter = mail.unseal_bytes(deal.escrow.sealed[x - 1], trustee.identity, "key")
    return read_dealt(letter, deal, x)
