"""The inspector's agent: recomputes before it signs, and answers for one round at a time.

It holds I's keys in its own folder, on the supervision office's machine. It never sees a name. It
refuses a header whose pool, counts or attempt it cannot reproduce from its own facts, a second
answer for one round, and a round whose predecessor it has not closed.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from experts.avoidance import Case, Expert, RuleSet, registry_root, screen
from experts.coverage import coverage_alarm
from experts.custody import (
    PRIVATE,
    Custody,
    Entropy,
    Papers,
    after_change,
    read_chain,
    read_private,
    write_chain,
)
from experts.draw import seed, transcript, verification
from experts.draw.bundle import check_final
from experts.draw.encoding import DrawError, check_signature, mapping, require, rows, text, unhex
from experts.draw.header import (
    CENTRE,
    INSPECTOR,
    Header,
    check_chain,
    countersigned,
    read_header,
    read_signed,
)
from experts.draw.pool import Pool, root
from experts.draw.transcript import BEACON, COMMITS, FINAL, HEADER, REVEALS, round_name
from experts.recheck import blind_recheck
from monitor.log.canonical import JSON

SHARE = "share.json"


@dataclass(frozen=True, slots=True)
class InspectorAgent:
    """The inspector's side of every draw; `entropy` gives its shares and is injected by tests."""

    custody: Custody
    entropy: Entropy = secrets.token_bytes

    def countersign(
        self,
        filed: Mapping[str, JSON],
        experts: Sequence[Expert],
        case: Case,
        rules: RuleSet,
        explained: frozenset[str] = frozenset(),
    ) -> str:
        """Step 1: recompute pool, predicates and attempt from own facts, then countersign.

        explained: coverage alarms that a person has looked at and accepted.
        """
        parts = mapping(filed, "header private signature", "filing")
        header, hidden = read_header(parts["header"]), read_private(parts["private"])
        check_signature(header.key(CENTRE), header.hh, parts["signature"], "filing signature")
        mine = self.custody.public()
        keys = header.value["keys"]
        require(isinstance(keys, Mapping) and keys[INSPECTOR] == mine, "header.keys.I", "not mine")
        _recompute(header, hidden, experts, case, rules)
        alarms = set(coverage_alarm(experts, screen(experts, case, rules), case, rules))
        require(alarms <= explained, "coverage", ", ".join(sorted(alarms - explained)))
        signature = self.custody.sign(countersigned(header.hh, parts["signature"]))
        both: JSON = {CENTRE: str(parts["signature"]), INSPECTOR: signature}
        signed: dict[str, JSON] = {"header": dict(header.value), "signatures": both}
        self._remember(header, signed)
        papers = self._papers(header)
        papers.put(PRIVATE, parts["private"])  # type: ignore[arg-type]
        papers.put(HEADER, signed)
        return signature

    def commit(self, draw: str, escrow: bytes = b"") -> dict[str, JSON]:
        """Step 2: make and keep a share, return the signed commitment."""
        papers = self.custody.papers(draw)
        if not papers.has(SHARE):
            papers.put(SHARE, {"r": self.entropy(seed.SHARE_BYTES).hex()})
        return self.custody.commit(papers.header().hh, INSPECTOR, _share(papers), escrow)

    def reveal(self, draw: str, commits: JSON) -> str:
        """Step 4: keep the published commits and return the own share, once they are complete."""
        papers = self.custody.papers(draw)
        header = papers.header()
        _, told = verification.check_commits(header, commits)
        mine = seed.commit(header.hh, INSPECTOR, _share(papers))
        require(told[INSPECTOR] == mine, "commits I", "is not what I committed")
        latest = read_signed(read_chain(self.custody.chain(header))[-1], "chain")
        require(latest.hh == header.hh, "header", "was superseded before it opened / 已被替代")
        papers.put(COMMITS, commits)
        return _share(papers).hex()

    def confirm_reveals(self, draw: str, told: Mapping[str, JSON]) -> str:
        """Step 4: check the closed reveals and sign them; they can never change after this."""
        papers = self.custody.papers(draw)
        header = papers.header()
        opened, commits = verification.check_commits(header, papers.get(COMMITS))
        bare = {"closed": told["closed"], "reveals": told["reveals"]}
        closed, shares = verification.check_reveals(header, bare, opened, commits)
        check_signature(header.key(CENTRE), closed, told["signature"], "reveals signatures.C")
        require(shares[INSPECTOR] == _share(papers), "reveals I", "is not what I revealed")
        signature = self.custody.sign(closed)
        both: JSON = {CENTRE: told["signature"], INSPECTOR: signature}
        papers.put(REVEALS, {**bare, "signatures": both})
        return signature

    def type_dice(self, draws: Sequence[str], ceremony: Mapping[str, JSON]) -> str:
        """Step 5: sign the digits as the inspector typed them, once for each of these draws."""
        filed = {str(rows(row, BEACON)[0]): row for row in rows(ceremony["draws"], BEACON)}
        for draw in draws:
            papers = self.custody.papers(draw)
            pair = [papers.header().hh.hex(), papers.reveals()["closed"]]
            require(filed.get(str(pair[0])) == pair, "beacon.draws", "not the reveals I closed")
            papers.put("dice.json", dict(ceremony))
        return self.custody.sign(seed.dice_statement(ceremony))

    def take_beacon(self, draw: str, ceremony: JSON) -> None:
        """Step 5: check the ceremony signed by I and T, with the digits that I typed."""
        papers = self.custody.papers(draw)
        closed = unhex(papers.reveals()["closed"], 32, REVEALS)
        verification.check_beacon(papers.header(), ceremony, closed)
        papers.put(BEACON, ceremony)

    def answer(self, draw: str, request: Mapping[str, JSON], seen: "Seen | None" = None) -> JSON:
        """Step 6: sign for the next round only and give the proof; `seen` to re-check with."""
        papers = self.custody.papers(draw)
        trial, done = papers.trial()
        k, change = len(done), request["change"]
        require(not papers.has(FINAL), "final", "the draw is finished / 抽取已结束")
        require(request["k"] == k, "round", f"only round {k} may be asked for / 只能请求下一轮")
        require(request["prev"] == trial.before, "round prev", "is not what I closed")
        _check_rechecks(papers.pool(), change, seen)
        require(after_change(trial, change).progress.open_seats > 0, "round", "no seat is open")
        papers.put(f"asks/{k:02d}.json", dict(request))
        asked = transcript.ask_statement(trial.header.hh, k, trial.before, change)
        proof = self.custody.prove(seed.alpha(trial.beta, k))
        return {"ask": self.custody.sign(asked), "pi": proof.hex()}

    def confirm_round(self, draw: str, told: Mapping[str, JSON]) -> str:
        """Step 10: recompute the round with all contacts and close it; the same again the same."""
        papers = self.custody.papers(draw)
        trial, done = papers.trial()
        body = mapping(told["round"], "ask change contacts k log outcome pi prev", "round")
        k = len(done)
        if k and body["k"] == k - 1:
            return _signed_before(papers, k - 1, body)
        asked = mapping(papers.get(f"asks/{k:02d}.json"), "change k prev", "ask")
        require(body["change"] == asked["change"], f"round {k} change", "is not what I signed")
        after, _ = verification.check_round(trial, body, k)
        closed = bytes.fromhex(after.before)
        check_signature(trial.header.key(CENTRE), closed, told["signature"], "round signatures.C")
        signature = self.custody.sign(closed)
        both: JSON = {CENTRE: told["signature"], INSPECTOR: signature}
        papers.put(round_name(k), {"round": told["round"], "signatures": both})
        return signature

    def confirm_finish(
        self, draw: str, told: Mapping[str, JSON], seen: "Seen | None" = None
    ) -> str:
        """Step 11: check the final statement, sign it and forget the pool; the same once more."""
        papers = self.custody.papers(draw)
        if papers.has(FINAL):
            return self._finished(papers, told)
        trial, done = papers.trial()
        check_final(trial, done, told["final"])
        change = mapping(told["final"], "change order outcome prev seated", FINAL)["change"]
        _check_rechecks(papers.pool(), change, seen)
        statement = transcript.transcript_root(trial.header.hh, told["final"])
        signer = trial.header.key(CENTRE)
        check_signature(signer, statement, told["signature"], "final signatures.C")
        signature = self.custody.sign(statement)
        papers.put(FINAL, {"final": told["final"], "signatures": {CENTRE: told["signature"]}})
        papers.drop(PRIVATE)
        return signature

    def _finished(self, papers: Papers, told: Mapping[str, JSON]) -> str:
        """Sign the final statement again that was checked and kept, and no other."""
        kept = mapping(papers.get(FINAL), "final signatures", FINAL)["final"]
        require(kept == told["final"], FINAL, "is already fixed / 已固定，不可更改")
        if papers.has(PRIVATE):
            papers.drop(PRIVATE)
        return self.custody.sign(transcript.transcript_root(papers.header().hh, told["final"]))

    def _papers(self, header: Header) -> Papers:
        return self.custody.papers(text(header.value["draw"], "header.draw"))

    def _remember(self, header: Header, signed: JSON) -> None:
        """Refuse a gap, and a new attempt while the one before is neither finished nor dead."""
        path = self.custody.chain(header)
        earlier = read_chain(path)
        before = [read_signed(value, "chain") for value in earlier]
        if before and before[-1].hh == header.hh:
            return
        check_chain([*before, header])
        for attempt in before[-1:]:
            papers = self._papers(attempt)
            done = papers.has(FINAL) or not papers.has(COMMITS)
            require(done, "header.seq", "the attempt before is still open / 前次抽取尚未结束")
        write_chain(path, [*earlier, signed])


@dataclass(frozen=True, slots=True)
class Seen:
    """The inspector's own facts at a re-check, bidders included."""

    experts: Mapping[str, Expert]
    case: Case
    rules: RuleSet


def _signed_before(papers: Papers, k: int, body: Mapping[str, object]) -> str:
    """Return the signature under a round that was closed; raises DrawError for another value."""
    kept = mapping(papers.get(round_name(k)), "round signatures", round_name(k))
    require(kept["round"] == body, f"round {k}", "is closed / 本轮已关闭")
    return text(mapping(kept["signatures"], "C I", f"round {k}")[INSPECTOR], f"round {k}")


def _share(papers: Papers) -> bytes:
    return unhex(mapping(papers.get(SHARE), "r", SHARE)["r"], seed.SHARE_BYTES, SHARE)


def _recompute(
    header: Header, hidden: Pool, experts: Sequence[Expert], case: Case, rules: RuleSet
) -> None:
    """Compare every fact of the header with the inspector's own; raises DrawError."""
    screened = screen(experts, case, rules)
    registry = mapping(header.value["registry"], "n root snapshot", "header.registry")
    same = registry["root"] == registry_root(experts).hex() and registry["n"] == len(experts)
    require(same, "header.registry", "is not the register I countersigned / 专家库快照不符")
    require(header.digest("rules") == rules.digest, "header.rules", "are other rules / 规则不符")
    filed = {entry.u: entry for entry in hidden.entries.values()}
    mine = {entry.u: entry for entry in screened.eligible}
    require(filed == mine, "pool", _unequal(set(filed), set(mine)))
    told = [[rule, number] for rule, number in screened.counts()]
    require(header.value["excluded"] == told, "header.excluded", "counts differ / 回避人数不符")
    require(header.digest("elig_root") == root(hidden.leaves), "header.elig_root", "differs")
    require(header.number("n") == len(filed), "header.n", "differs / 人数不符")
    members = [[code, sum(code in e.s for e in mine.values())] for code, _ in header.strata]
    require(header.value["members"] == members, "header.members", "differ / 各专业人数不符")
    require(header.hidden == (hidden.key is not None), "K_draw", "only agencies have none")
    heaviest = max(entry.w for entry in mine.values())
    require(header.number("max_weight") == heaviest, "header.max_weight", "differs")


def _unequal(filed: set[str], mine: set[str]) -> str:
    """Say how two pools differ, in numbers only."""
    extra, missing = len(filed - mine), len(mine - filed)
    return f"{extra} too many, {missing} missing, the rest unequal / 候选名单与重算不符"


def _check_rechecks(hidden: Pool, change: object, seen: Seen | None) -> None:
    """Recompute each re-check of the pool; without own facts none is accepted."""
    told = mapping(change, "rechecks vacated", "change")["rechecks"]
    for recheck in rows(told, "recheck"):
        at = mapping(recheck, "at barred facts", "recheck")["at"]
        if seen is None or not isinstance(at, int):
            raise DrawError("recheck", "I have no facts to repeat it with / 无从复核")
        mine = blind_recheck(hidden, seen.experts, seen.case, seen.rules, at)
        require(recheck == mine, "recheck", "is not what I find / 复核结果不符")
