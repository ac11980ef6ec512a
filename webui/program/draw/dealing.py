"""An agent's own VRF key, put in escrow by itself whenever those who are to hold it changed."""

from __future__ import annotations

from experts.custody import Custody
from experts.draw.encoding import rows, unhex
from experts.draw.header import INSPECTOR
from experts.escrow.recovery import Holder
from webui.program import mail
from webui.program.client import Client, Refused
from webui.program.draw.side import log

WAY = "/api/v1/draws/escrow"


def deal(client: Client, custody: Custody) -> None:
    """Deal the key to the holders on record, unless it lies with these. Raises Away, Refused."""
    told = client.read(WAY)["wanted"]
    if not told:
        return
    holders = [
        Holder(str(one["recipient"]), unhex(one["sign"], 32, "holders"))
        for one in rows(told["holders"], "holders")
        if isinstance(one, dict)
    ]
    heir = bytes.fromhex(str(told["heir"]))
    try:
        client.act(
            "draw.deal_key", {"deal": custody.deal(INSPECTOR, holders, heir, mail.seal_bytes)}
        )
        log.info("%s: VRF 密钥已托管 / the VRF key is in escrow", client.account)
    except Refused as refused:
        log.warning("%s: %s", client.account, refused)
