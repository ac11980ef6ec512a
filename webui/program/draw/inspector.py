"""The inspector's agent as a program: it recomputes, signs, and asks for one round at a time.

It holds the inspector's keys on the supervision office's machine and never sees a name. Without it
the centre cannot draw.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from experts.ceremony.mail.agenda import Todo
from experts.ceremony.mail.paper import Step, departure_evidence, evidence
from experts.ceremony.mail.view import View
from experts.custody import Custody, Papers
from experts.dossier import registry_root
from experts.draw.encoding import H, mapping, require, rows, u32, unhex, whole
from experts.draw.filing import beacon_value
from experts.draw.header import CENTRE, INSPECTOR
from experts.draw.pool import mask_of
from experts.draw.transcript import BEACON, Contact
from experts.escrow.recovery import sealed_copy
from experts.inspector import InspectorAgent
from experts.pool.fact import read_expert
from experts.recheck import Seen
from monitor.log.canonical import JSON
from webui.program import mail
from webui.program.client import Refused
from webui.program.draw.case import REGISTRY, case_of, compared, pool_of
from webui.program.draw.dealing import deal
from webui.program.draw.side import Handler, Side, log

SEEN, AT, EXPLAINED = "seen.json", "at.json", "explained.json"
MOST_REASON = 500
CONTACTS = {True: Contact.CONFIRMED, False: Contact.DECLINED}


@dataclass(slots=True)
class Agent(Side):
    """The inspector's side of every draw."""

    agent: InspectorAgent
    role: ClassVar[str] = INSPECTOR

    def handlers(self) -> Mapping[str, Handler]:
        """Return what the agent does."""
        return {
            "hello": self._hello,
            "countersign": self._countersign,
            "commit": self._promise,
            "reveal": self._reveal,
            "reveals": self._confirm_reveals,
            "type": self._type,
            "ask": self._ask,
            "answer": self._answer,
            "closing": self._confirm_round,
            "final": self._confirm_finish,
        }

    def attend(self) -> None:
        """Put the own VRF key in escrow where its holders changed; countersign the snapshot."""
        deal(self.client, self.agent.custody)
        self._countersign_snapshot()

    def _countersign_snapshot(self) -> None:
        """Countersign the newest snapshot of the pool, once it comes out the same here."""
        taken = self.client.read("/api/v1/draws/snapshot")
        if taken["countersigned"]:
            return
        experts = tuple(map(read_expert, self.client.read(REGISTRY)["experts"]))
        same = (registry_root(experts).hex(), len(experts)) == (taken["root"], taken["n"])
        number, root = UUID(taken["snapshot"]), bytes.fromhex(taken["root"])
        statement = H("snapshot", number.bytes, u32(int(taken["n"])), root)
        if not same:
            log.warning("the pool changed since its snapshot: not countersigned")
            return
        inputs = {"snapshot": str(number), "signature": self.agent.custody.sign(statement)}
        try:
            self.client.act("pool.countersign", inputs)
        except Refused as refused:
            if refused.code != "conflict":
                raise

    def catch_up(self, view: View) -> None:
        """Take in the dice, and the facts of a re-check while they are what it was made from."""
        papers = self._papers(view)
        dice = view.step("dice")
        if dice and not papers.has(BEACON):
            self.agent.take_beacon(view.name, dict(dice))
        if view.steps("recheck") and not papers.has(SEEN):
            papers.put(SEEN, self._seen_now(view))
        if view.state == "finished" and papers.has(mail.KEY):
            papers.drop(mail.KEY)

    def _hello(self, view: View, todo: Todo) -> None:
        self.post(view, Step.HELLO, {"recipient": mail.recipient(self._papers(view))}, todo.k)

    def _countersign(self, view: View, todo: Todo) -> None:
        """Step 1: recompute pool, rules and attempt from what the inspector itself reads."""
        told = dict(self._opened(view, Step.FILING, todo.k))
        at = whole(told.pop("at", None), "filing at")
        require(view.value["asked"] <= at <= view.now, "filing at", "is no time of this draw")
        _require_asked_for(view, told["header"])
        self._papers(view).replace(AT, {"at": at})
        self.agent.learn(view.value.get("attempts", ()))
        _, experts = pool_of(self.client, view)
        case, rules = case_of(view, at), view.purpose.rules
        papers = self._papers(view)
        looked_at = explained(papers)
        signature = self.agent.countersign(told, experts, case, rules, frozenset(looked_at))
        checked = compared(papers.header(), papers.pool(), len(experts))
        document: dict[str, JSON] = {"checked": checked, "signature": signature}
        if looked_at:
            document["explained"] = dict(looked_at)
        self.post(view, Step.COUNTERSIGN, document, todo.k)

    def _promise(self, view: View, _: Todo) -> None:
        """Step 2: commit to a share, to the very header that was countersigned."""
        mine = self._papers(view).header().hh
        require(view.signed_header().hh == mine, "header", "is not what I countersigned / 抬头不符")
        copy = sealed_copy(
            mine, self.role, self.agent.share(view.name), view.holders(self.role), mail.seal_bytes
        )
        self.step(view, "draw.commit", told=self.agent.commit(view.name, copy))

    def _reveal(self, view: View, _: Todo) -> None:
        commits = view.commits(self._papers(view).header())
        self.step(view, "draw.reveal", share=self.agent.reveal(view.name, commits))

    def _confirm_reveals(self, view: View, _: Todo) -> None:
        told = dict(view.parcel(Step.REVEALS, CENTRE) or {})
        signature = self.agent.confirm_reveals(view.name, told, view.recovery or None)
        self.post(view, Step.REVEALS, {"signature": signature})

    def _type(self, view: View, _: Todo) -> None:
        """Step 5: type the dice as they lie on the table."""
        told = dict(view.parcel(Step.DICE, "T") or {})
        signature = self.agent.type_dice([view.name], told)
        self.step(view, "draw.throw_dice", ceremony=told, signature=signature)

    def _ask(self, view: View, todo: Todo) -> None:
        """Step 6: ask for this round, the next, and no other."""
        request = self._opened(view, Step.REQUEST, todo.k)
        answer = self._answered(view, request)
        if todo.k == 0:
            self.step(view, "draw.ask", signature=answer["ask"])
        else:
            change = request["change"]
            self.step(view, "draw.replace", change=change, signature=answer["ask"])

    def _answer(self, view: View, todo: Todo) -> None:
        """Step 6: the proof for this round, for the centre's machine alone."""
        answer = self._answered(view, self._opened(view, Step.REQUEST, todo.k))
        sealed = mail.seal({"pi": answer["pi"]}, _recipient(view))
        self.post(view, Step.ANSWER, {"sealed": sealed}, todo.k)

    def _confirm_round(self, view: View, todo: Todo) -> None:
        """Step 10: recompute the round; each contact must have the evidence that it names."""
        told = dict(self._opened(view, Step.CLOSING, todo.k))
        body = mapping(told.get("round"), "ask change contacts k log outcome pi prev", "round")
        for row in rows(body["contacts"], "contacts"):
            _check_contact(view, rows(row, "contacts"))
        signature = self.agent.confirm_round(view.name, told)
        self.post(view, Step.CLOSING, {"signature": signature}, todo.k)

    def _confirm_finish(self, view: View, _: Todo) -> None:
        told = dict(self._opened(view, Step.FINAL, 0))
        stated = mapping(told["final"], "change order outcome prev", "final")
        gone = _require_departed(view, stated["change"])
        sits = {str(one["mask"]) for one in view.leaving} - gone
        require(not sits, "vacated", "one who left is said to sit / 已离席者仍列为在席")
        signature = self.agent.confirm_finish(view.name, told, self._seen(view))
        self.post(view, Step.FINAL, {"signature": signature})

    def _answered(self, view: View, request: Mapping[str, Any]) -> Mapping[str, Any]:
        _require_departed(view, request.get("change"))
        answer = self.agent.answer(view.name, request, self._seen(view))
        return mapping(answer, "ask pi", "answer")

    def _opened(self, view: View, step: Step, k: int) -> Mapping[str, Any]:
        sealed = self.sealed(view, step, k)
        return mail.unseal(sealed, mail.own_key(self._papers(view)), step.value)

    def _papers(self, view: View) -> Papers:
        return self.agent.custody.papers(view.name)

    def _seen_now(self, view: View) -> JSON:
        registry = self.client.read("/api/v1/draws/registry")
        return {"bidders": list(view.bidders or ()), "experts": registry["experts"]}

    def _seen(self, view: View) -> Seen | None:
        """Return the facts that the agent itself read when the re-check came."""
        papers = self._papers(view)
        if not papers.has(SEEN):
            return None
        told = mapping(papers.get(SEEN), "bidders experts", SEEN)
        experts = map(read_expert, rows(told["experts"], SEEN))
        bidders = frozenset(str(one) for one in rows(told["bidders"], SEEN))
        at = whole(mapping(papers.get(AT), "at", AT)["at"], AT)
        return Seen(
            {one.uid: one for one in experts}, case_of(view, at, bidders), view.purpose.rules
        )


def explain(custody: Custody, draw: str, alarm: str, why: str) -> None:
    """Keep the reason of the agent's own person for one coverage alarm of a draw, word for word.

    It is told with the countersignature. Raises DrawError for a draw unknown here, no reason, or
    one too long.
    """
    papers, said = custody.papers(draw), why.strip()
    require(draw in custody.draws(), "draw", "is not known here / 本监督端没有此抽取")
    require(0 < len(said) <= MOST_REASON, "why", f"1 to {MOST_REASON} characters / 须写明原因")
    require(bool(alarm.strip()), "alarm", "names none / 未指明告警")
    papers.replace(EXPLAINED, {**explained(papers), alarm.strip(): said})


def explained(papers: Papers) -> dict[str, str]:
    """Return the coverage alarms that a person has looked at, each with the reason given."""
    told = papers.get(EXPLAINED) if papers.has(EXPLAINED) else {}
    return {name: str(why) for name, why in dict(told).items()} if isinstance(told, dict) else {}


def _require_asked_for(view: View, header: object) -> None:
    """The header must be of this request: its place, its seats, and the keys that were named."""
    value = header if isinstance(header, Mapping) else {}
    wanted = {
        "draw": view.name,
        "project": view.project,
        "lot": view.value["section"],
        "purpose": view.value["purpose"],
        "strata": view.value["strata"],
        "keys": view.value["machines"],
        "kind": view.purpose.kind,
        "caps": view.purpose.caps,
        "contact": dict(zip(("attempts", "gap"), view.purpose.contact, strict=True)),
        "beacon": beacon_value(str(view.value["beacon"]), whole(value.get("t_beacon"), "t_beacon")),
    }
    for name, told in wanted.items():
        require(value.get(name) == told, f"header.{name}", "is not what was asked for / 与申请不符")


def _check_contact(view: View, row: Sequence[object]) -> None:
    """An answer stands as it was given; where there is none, nobody answered all the calls."""
    leaf, outcome, told, calls = row
    mask = mask_of(unhex(leaf, 32, "contacts"))
    tries = [whole(at, "contacts") for at in rows(calls, "contacts")]
    require(tries[:1] == _invited(view, mask), "contacts", "no call before its letter / 先函后呼")
    answer = view.answer(mask)
    if answer is None:
        silent = outcome == Contact.NO_ANSWER
        require(silent, "contacts", "nobody answered so / 专家并未如此答复")
        patience = mapping(view.signed_header().value["contact"], "attempts gap", "header.contact")
        waited = view.now - tries[-1] >= whole(patience["gap"], "header.contact")
        require(waited, "contacts", "the last call may still be answered / 最后一次呼叫尚可答复")
        return
    accepts, token = bool(answer["accepts"]), bytes.fromhex(answer["token"])
    same = (CONTACTS[accepts], evidence(mask, token, accepts=accepts)) == (outcome, told)
    require(same, "contacts", "is not what was answered / 与专家答复不符")


def _invited(view: View, mask: str) -> list[int]:
    """Return when the letter to a drawn expert was put on record, in a list; [] for none."""
    places = {int(seat["place"]) for seat in view.seats() if seat["mask"] == mask}
    letters = [one for one in view.parcels(Step.INVITATION) if one["role"] == CENTRE]
    return [int(one["at"]) for one in letters if one["k"] in places]


def _require_departed(view: View, change: object) -> set[str]:
    """Return who left by a change: each by an act on record, of the member or of supervision.

    What the centre says alone takes no seat back.
    """
    parts = mapping(change, "rechecks vacated", "change")
    on_record = {one["mask"]: one for one in view.value.get("departures", ())}
    gone = set()
    for row in rows(parts["vacated"], "vacated"):
        leaf, why, told = rows(row, "vacated")
        mask = mask_of(unhex(leaf, 32, "vacated"))
        one = on_record.get(mask, {})
        same = one and told == departure_evidence(mask, str(why), str(one["record"]))
        require(bool(same) and why == one["why"], "vacated", "nobody left so / 没有离席的记录")
        gone.add(mask)
    return gone


def _recipient(view: View) -> str:
    """Return what the centre's machine has its mail sealed to."""
    return str((view.hello(CENTRE) or {}).get("recipient"))
