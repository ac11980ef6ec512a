"""The tenderee's machine: its own share, and the dice as it sees them. A stand-in in a demo.

It holds one signing key and a secret share a draw; it learns nothing of the pool.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from experts.ceremony.mail.agenda import Todo
from experts.ceremony.mail.paper import Step
from experts.ceremony.mail.view import View
from experts.custody import Papers
from experts.draw import seed
from experts.draw.encoding import mapping, require, sign, signing_public, unhex
from experts.draw.header import TENDEREE, Header
from experts.draw.verification import check_commits
from experts.escrow.recovery import sealed_copy
from monitor.log.canonical import JSON
from webui.program import mail
from webui.program.draw.side import Handler, Side

SIGN, SHARE = "sign.key", "share.json"
SIMULATED = "模拟骰子 / simulated dice"


@dataclass(slots=True)
class Owner(Side):
    """The tenderee's side of every draw; `folder` holds its key and its papers."""

    folder: Path
    role: ClassVar[str] = TENDEREE

    def handlers(self) -> Mapping[str, Handler]:
        """Return what the tenderee's machine does."""
        return {
            "commit": self._promise,
            "reveal": self._reveal,
            "dice": self._throw,
            "type": self._type,
        }

    def public(self) -> bytes:
        """Return the public key that the tenderee names for this machine."""
        return signing_public(self._key())

    def _promise(self, view: View, _: Todo) -> None:
        """Step 2: commit to a share of one's own, once the header is seen to be in order."""
        header, share = self._header(view), self._share(view)
        copy = sealed_copy(header.hh, TENDEREE, share, view.holders(TENDEREE), mail.seal_bytes)
        told = seed.commit_value(header.hh, TENDEREE, share, copy, self._key())
        self.step(view, "draw.commit", told=told)

    def _reveal(self, view: View, _: Todo) -> None:
        """Step 4: reveal it, once all commitments stand under one hash, one's own among them."""
        header = self._header(view)
        told = check_commits(header, view.commits(header))[1]
        mine = seed.commit(header.hh, TENDEREE, self._share(view))
        require(told[TENDEREE] == mine, "commits T", "is not what I committed")
        self.step(view, "draw.reveal", share=self._share(view).hex())

    def _throw(self, view: View, _: Todo) -> None:
        """Step 5: throw the dice before everybody's eyes; here they are simulated, and say so."""
        closed = view.step("closed") or {}
        pair: JSON = [self._header(view).hh.hex(), str(closed["closed"])]
        told: dict[str, JSON] = {
            "at": view.now,
            "digits": "".join(str(secrets.randbelow(10)) for _ in range(seed.DICE_DIGITS)),
            "draws": [pair],
            "kind": "dice",
            "session": "am",
            "witness": SIMULATED,
        }
        self.post(view, Step.DICE, told)

    def _type(self, view: View, _: Todo) -> None:
        """Step 5: type what lies on the table, and sign it."""
        told = dict(view.parcel(Step.DICE, TENDEREE) or {})
        signature = sign(self._key(), seed.dice_statement(told))
        self.step(view, "draw.throw_dice", ceremony=told, signature=signature)

    def _header(self, view: View) -> Header:
        header = view.signed_header()
        here = (header.value["project"], header.value["lot"], header.value["draw"])
        same = here == (view.project, view.value["section"], view.name)
        require(same, "header", "is of another draw / 抬头不属于本次抽取")
        require(header.key(TENDEREE) == self.public(), "header.keys.T", "not mine / 不是我的公钥")
        return header

    def _share(self, view: View) -> bytes:
        papers = Papers(self.folder / "draws" / view.name)
        if not papers.has(SHARE):
            papers.put(SHARE, {"r": secrets.token_bytes(seed.SHARE_BYTES).hex()})
        return unhex(mapping(papers.get(SHARE), "r", SHARE)["r"], seed.SHARE_BYTES, SHARE)

    def _key(self) -> bytes:
        return (self.folder / SIGN).read_bytes()
