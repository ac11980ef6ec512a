"""Drawn experts at work: answer, check in, and in a demo promise, score, sign and report.

A seat for which a person has promised is that person's: the program leaves it alone, and leaves
the report to them too. Every step may be cut off and done again.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from experts.ceremony.mail.paper import Step
from experts.draw.encoding import DrawError
from webui.program.client import Client, Refused
from webui.program.expert.folder import Folder
from webui.program.mail import unseal

log = logging.getLogger("batong.expert")
PRICE = "报价高于最高限价 / above the price ceiling"
REASON = "演示评分：按招标文件所列标准评定 / demo: judged by the criteria as published"
Paper = Mapping[str, Any]
View = Mapping[str, Any]
Views = Mapping[str, View | None]
"""What each seat sees, by its pseudonym; None where it is no longer held."""


@dataclass(slots=True)
class Experts:
    """A folder of experts, each with an account named by the own uid."""

    url: str
    folder: Folder
    _clients: dict[str, Client] = field(default_factory=dict)
    _letters: dict[str, tuple[str, Paper] | None] = field(default_factory=dict)
    _over: set[str] = field(default_factory=set)

    def look(self) -> bool:
        """Do what is next for everybody; tell whether something was done. Raises Away, Refused."""
        done = self._read_letters()
        papers = [paper for paper in self.folder.papers() if paper["mask"] not in self._over]
        views = {str(paper["mask"]): self._view(paper) for paper in papers}
        for paper in papers:
            view = views[paper["mask"]]
            done = (view is not None and self._tend(paper, view, papers, views)) or done
        return done

    def _read_letters(self) -> bool:
        """Open what is for one of ours; each letter is tried with every key, as experts do."""
        identities = self.folder.identities()
        someone = self._client(min(identities).lower())
        done = False
        for letter in someone.read("/api/v1/letters")["letters"]:
            sealed = str(letter["sealed"])
            if sealed not in self._letters:
                self._letters[sealed] = _opened(sealed, identities)
            found = self._letters[sealed]
            if found is not None and self._follow(*found):
                self._letters[sealed], done = None, True
        return done

    def _follow(self, uid: str, told: Paper) -> bool:
        if told["what"] == Step.INVITATION.value:
            inputs = {"mask": told["mask"], "token": told["token"], "accepts": True}
            return self._act(uid, "draw.answer", inputs)
        if told["what"] != Step.SEAT.value:
            return False
        paper = self.folder.keep(uid, told)
        inputs = {name: paper[name] for name in ("mask", "section", "opening", "secret")}
        return self._act(uid, "panel.check_in", inputs, paper["project"])

    def _view(self, paper: Paper) -> View | None:
        """Return the evaluation as this seat sees it; None where the seat is no longer held."""
        seat = {"X-Seat": f"{paper['section']}.{paper['mask']}.{paper['secret']}"}
        try:
            view: View = self._client(paper["account"]).read(
                f"/api/v1/panel/{paper['project']}", seat
            )
        except Refused:
            return None
        if view["state"] == "reported":
            self._over.add(paper["mask"])
        return view

    def _tend(self, paper: Paper, view: View, papers: Sequence[Paper], views: Views) -> bool:
        mask = paper["mask"]
        if view["state"] != "open" or (view["promised"] and not self.folder.claimed(mask)):
            return False
        if not view["promised"]:
            return self._promise(paper, view)
        if not view["signed"]:
            return self._judge(paper, view)
        ready = view["signatures"] == view["members"]
        return ready and self._chairs(paper, papers, views) and self._do(paper, "evaluation.report")

    def _promise(self, paper: Paper, view: View) -> bool:
        self.folder.claim(paper["mask"])
        done = self._do(paper, "panel.promise", statement=view["statement"])
        if not done:
            self.folder.yield_(paper["mask"])
        return done

    def _judge(self, paper: Paper, view: View) -> bool:
        """Vote on what is above the ceiling, score the rest, sign once nothing is left."""
        standing = [bid for bid in view["bids"] if not bid["rejected"]]
        for bid in standing:
            if bid["over_ceiling"] and not bid["voted"]:
                told = {"bid": bid["bid"], "ground": "price", "reason": PRICE}
                return self._do(paper, "evaluation.reject", **told)
            if not bid["over_ceiling"] and not bid["scored"]:
                return self._score(paper, view, bid)
        if any(not bid["scored"] for bid in standing):
            return False  # what is above the ceiling waits for the others' votes
        return self._do(paper, "evaluation.sign")

    def _score(self, paper: Paper, view: View, bid: Mapping[str, Any]) -> bool:
        points = {
            code: _points(f"{paper['mask']} {bid['bid']} {code}", int(full))
            for code, full in view["criteria"].items()
        }
        reasons = dict.fromkeys(points, REASON)
        return self._do(paper, "evaluation.score", bid=bid["bid"], points=points, reasons=reasons)

    def _chairs(
        self, paper: Paper, papers: Sequence[Paper], views: Mapping[str, View | None]
    ) -> bool:
        """Tell whether this seat hands in the report: the first, where nobody else sits."""
        seats = [str(one["mask"]) for one in papers if one["section"] == paper["section"]]
        held = [mask for mask in seats if views[mask] is not None]
        strangers = [mask for mask in held if not self.folder.claimed(mask)]
        return not strangers and paper["mask"] == min(held)

    def _do(self, paper: Paper, action: str, **inputs: Any) -> bool:
        own = {name: paper[name] for name in ("mask", "section", "secret")}
        return self._act(paper["account"], action, own | inputs, paper["project"])

    def _act(
        self, uid: str, action: str, inputs: Mapping[str, Any], project: str | None = None
    ) -> bool:
        """Act; what was done before, or is not to be done any more, is nothing done."""
        try:
            self._client(uid.lower()).act(action, inputs, project)
        except Refused as refused:
            log.info("%s: %s", action, refused)
            return False
        log.info("%s %s", inputs.get("mask"), action)
        return True

    def _client(self, account: str) -> Client:
        if account not in self._clients:
            self._clients[account] = Client(self.url, account, self.folder.path)
        return self._clients[account]


def _opened(sealed: str, identities: Mapping[str, str]) -> tuple[str, Paper] | None:
    for uid, identity in identities.items():
        try:
            return uid, dict(unseal(sealed, identity, "letter"))
        except DrawError:
            continue
    return None


def _points(seed: str, full: int) -> str:
    """Return invented points between 70 and 100 % of the full ones, to the half point."""
    share = 70 + hashlib.sha256(seed.encode()).digest()[0] % 31
    given = full * share // 100 // 50 * 50
    return f"{given // 100}.{given % 100:02d}"
