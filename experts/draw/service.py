"""The centre's draw service: carries a draw out, never without the inspector's agent.

A plain class over its own folder, so that a demonstration or an HTTP program can wrap it. Every
method returns what is published or sent to the agent; `panel` and `archive` alone return persons.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from experts.avoidance import Case, RuleSet
from experts.custody import PRIVATE, ROUND, Papers, after_change
from experts.dossier import Expert
from experts.draw import seed, transcript, verification
from experts.draw.bundle import build_bundle, seated_value
from experts.draw.encoding import mapping, require, rows, whole
from experts.draw.filing import Filing
from experts.draw.header import CENTRE, INSPECTOR, Header
from experts.draw.transcript import (
    BEACON,
    COMMITS,
    FINAL,
    HEADER,
    HISTORY,
    NO_CHANGE,
    REVEALS,
    Contact,
    Left,
    round_name,
)
from experts.escrow.recovery import RECOVERY
from experts.escrow.succession import SUCCESSION
from experts.recheck import blind_recheck
from monitor.log.canonical import JSON

CHANGE, FINISHING, BUNDLE = "change.json", "finishing.json", "bundle.zip"
_BODY = "ask change contacts k log outcome pi prev"


@dataclass(frozen=True, slots=True)
class DrawService(Filing):
    """The centre's side of every draw, steps 1 to 12."""

    def leave(self, draw: str, leaf: str, why: Left, evidence: str) -> None:
        """Note that a seated member left; the seat is filled by the next round."""
        self._change(draw, "vacated", [leaf, str(why), evidence])

    def recheck(
        self, draw: str, experts: Sequence[Expert], case: Case, rules: RuleSet, now: datetime
    ) -> dict[str, JSON]:
        """Re-check the whole pool once bidders are known; returns leaves and rules, no names."""
        known = {expert.uid: expert for expert in experts}
        hidden = self.custody.papers(draw).pool()
        found = blind_recheck(hidden, known, case, rules, int(now.timestamp()))
        self._change(draw, "rechecks", found)
        return found

    def open_seats(self, draw: str) -> int:
        """Return how many seats the next round must fill, changes noted so far included."""
        papers = self.custody.papers(draw)
        return after_change(papers.trial()[0], _pending(papers)).progress.open_seats

    def request(self, draw: str) -> dict[str, JSON]:
        """Step 6: return what the agent must sign before round k can be drawn."""
        papers = self.custody.papers(draw)
        trial, done = papers.trial()
        return {"change": _pending(papers), "k": len(done), "prev": trial.before}

    def draw(self, draw: str, answer: Mapping[str, JSON]) -> dict[str, JSON]:
        """Steps 6-8: draw round k with the agent's proof; returns counts and hashes, no leaf."""
        papers = self.custody.papers(draw)
        trial, done = papers.trial()
        k, change = len(done), _pending(papers)
        pi = {CENTRE: self.custody.prove(seed.alpha(trial.beta, k)).hex(), INSPECTOR: answer["pi"]}
        seed_k = verification.check_seed(trial, k, pi)
        need = after_change(trial, change).progress.need(trial.groups())
        outcome, log = verification.draw_round(trial, seed_k, need)
        body: dict[str, JSON] = {"ask": answer["ask"], "change": change, "contacts": []}
        body |= {"k": k, "log": log, "outcome": str(outcome), "pi": pi, "prev": trial.before}
        asked = transcript.ask_statement(trial.header.hh, k, trial.before, change)
        trial.header.check(INSPECTOR, asked, answer["ask"], f"round {k} ask")
        papers.put(ROUND, body)
        return _published(trial.header, body, seed_k)

    def panel(self, draw: str) -> list[tuple[int, str, str]]:
        """Step 9, private: accepted of the open round as (stratum, leaf, uid), for the notifier."""
        papers = self.custody.papers(draw)
        people = papers.pool().entries
        accepted = transcript.read_round(papers.get(ROUND), len(papers.rounds())).accepted
        return [(look.stratum, look.leaf.hex(), people[look.leaf].u) for look in accepted]

    def contact(
        self, draw: str, leaf: str, outcome: Contact, evidence: str, attempts: Sequence[int]
    ) -> None:
        """Step 9: note how a contact ended, for good; attempts in unix seconds.

        Contacts end in any order and are kept in that of the panel.
        """
        papers = self.custody.papers(draw)
        body = dict(mapping(papers.get(ROUND), _BODY, ROUND))
        row: list[JSON] = [leaf, str(outcome), evidence, list(attempts)]
        kept = {str(rows(one, ROUND)[0]): one for one in rows(body["contacts"], ROUND)}
        require(kept.setdefault(leaf, row) == row, ROUND, "this contact has ended / 联络已有结果")
        accepted = transcript.read_round(body, len(papers.rounds())).accepted
        order = [look.leaf.hex() for look in accepted]
        require(leaf in order, ROUND, "nobody of this panel / 非本轮入选")
        body["contacts"] = [kept[one] for one in order if one in kept]
        papers.replace(ROUND, body)  # type: ignore[arg-type]

    def settle(self, draw: str) -> None:
        """Finish what a kill left half done: destroy what a step, once kept, has used up."""
        papers = self.custody.papers(draw)
        if papers.has(ROUND) and papers.has(round_name(_number(papers.get(ROUND)))):
            papers.drop(ROUND)
        if papers.has(BUNDLE) and papers.has(PRIVATE):
            papers.drop(PRIVATE)

    def close_round(self, draw: str) -> dict[str, JSON]:
        """Step 10: check all contacts; returns the body and C's signature for the agent.

        Of the log, which the agent draws by itself, only the hash: a log may be long.
        """
        body, closed = self._checked(draw)
        told: JSON = {**body, "log": transcript.log_hash(body["log"])}
        return {"round": told, "signature": self.custody.sign(closed)}

    def confirm_round(self, draw: str, signature: str) -> dict[str, JSON]:
        """Step 10: take I's signature; returns the closing hash and counts to publish."""
        papers, (body, closed) = self.custody.papers(draw), self._checked(draw)
        papers.header().check(INSPECTOR, closed, signature, "round signatures.I")
        both: JSON = {CENTRE: self.custody.sign(closed), INSPECTOR: signature}
        # The round holds its own change: were it noted on, a kill here would apply it twice.
        papers.replace(CHANGE, dict(NO_CHANGE))
        papers.put(round_name(len(papers.rounds())), {"round": dict(body), "signatures": both})
        papers.drop(ROUND)
        outcomes = Counter(str(rows(row, ROUND)[1]) for row in rows(body["contacts"], ROUND))
        return {"closing": closed.hex(), "contacts": dict(sorted(outcomes.items()))}

    def finish(self, draw: str, order: str = "") -> dict[str, JSON]:
        """Step 11: returns the final statement, signed by C; order: hash of a cancelling order.

        Not who sits: the agent knows, and there may be many.
        """
        papers = self.custody.papers(draw)
        require(not papers.has(ROUND), ROUND, "is still open / 本轮尚未关闭")
        trial, done = papers.trial()
        change = _pending(papers)
        progress = after_change(trial, change).progress
        outcome = transcript.final_outcome(progress, done, order)
        final: dict[str, JSON] = {"change": change, "order": order, "outcome": str(outcome)}
        final |= {"prev": trial.before}
        stated: dict[str, JSON] = {**final, "seated": seated_value(progress)}
        signature = self.custody.sign(transcript.transcript_root(trial.header.hh, stated))
        papers.replace(FINISHING, {"final": stated, "signature": signature})
        return {"final": final, "signature": signature}

    def confirm_finish(self, draw: str, signature: str) -> str:
        """Step 11: take I's signature, make the bundle, destroy K_draw; returns the root."""
        papers = self.custody.papers(draw)
        told, header = mapping(papers.get(FINISHING), "final signature", FINISHING), papers.header()
        final: JSON = told["final"]  # type: ignore[assignment]
        statement = transcript.transcript_root(header.hh, final)
        header.check(INSPECTOR, statement, signature, "final signatures.I")
        both: JSON = {CENTRE: str(told["signature"]), INSPECTOR: signature}
        papers.put(FINAL, {"final": final, "signatures": both})
        names = [HEADER, HISTORY, COMMITS, REVEALS, BEACON, FINAL]
        names += [name for name in (RECOVERY, SUCCESSION) if papers.has(name)]
        names += [round_name(k) for k in range(len(papers.rounds()))]
        papers.keep(BUNDLE, build_bundle({n: papers.get(n) for n in names}, papers.pool()))
        papers.drop(PRIVATE)
        return statement.hex()

    def archive(self, draw: str) -> JSON:
        """Return K_draw and all entries for the 2-of-3 archive, until the draw is finished."""
        return self.custody.papers(draw).get(PRIVATE)

    def bundle(self, draw: str) -> bytes:
        """Step 12: return the bundle; for experts not before the evaluation has ended."""
        return self.custody.papers(draw).data(BUNDLE)

    def _checked(self, draw: str) -> tuple[Mapping[str, JSON], bytes]:
        """Return the open round, whole and checked, and what both sign of it."""
        papers = self.custody.papers(draw)
        trial, done = papers.trial()
        after, body = verification.check_round(trial, papers.get(ROUND), len(done))
        return body.value, bytes.fromhex(after.before)

    def _change(self, draw: str, kind: str, row: JSON) -> None:
        papers = self.custody.papers(draw)
        require(not papers.has(ROUND), ROUND, "is still open / 本轮尚未关闭")
        change = _pending(papers)
        change = {**change, kind: [*rows(change[kind], kind), row]}  # type: ignore[list-item]
        after_change(papers.trial()[0], change)
        papers.replace(CHANGE, change)


def _number(body: object) -> int:
    return whole(mapping(body, _BODY, ROUND)["k"], ROUND)


def _pending(papers: Papers) -> dict[str, JSON]:
    """Return the departures and re-checks noted since the last round was closed."""
    if not papers.has(CHANGE):
        return dict(NO_CHANGE)
    return dict(mapping(papers.get(CHANGE), "rechecks vacated", CHANGE))  # type: ignore[arg-type]


def _published(header: Header, body: Mapping[str, JSON], seed_k: bytes) -> dict[str, JSON]:
    """Return what the public sees of a drawn round; the seed only where nobody is hidden."""
    verdicts = Counter(str(rows(row, ROUND)[2]) for row in rows(body["log"], ROUND))
    told: dict[str, JSON] = {"k": body["k"], "outcome": body["outcome"]}
    told |= {"counts": dict(sorted(verdicts.items())), "log": transcript.log_hash(body["log"])}
    told["seedc"] = seed.seed_commitment(seed_k).hex()
    return told if header.hidden else {**told, "pi": body["pi"], "seed": seed_k.hex()}
