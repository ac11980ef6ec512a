"""The inspector's agent: recomputes before it signs, and answers for one round at a time.

It holds I's keys in its own folder, on the supervision office's machine. It never sees a name. It
refuses a header whose pool, counts or attempt it cannot reproduce from its own facts, a second
answer for one round, and a round whose predecessor it has not closed.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from experts.avoidance import Case, RuleSet, Screening, screen
from experts.coverage import coverage_alarm
from experts.custody import (
    PRIVATE,
    Custody,
    Entropy,
    Papers,
    after_change,
    read_chain,
    read_key,
    write_chain,
)
from experts.dossier import Expert, registry_root
from experts.draw import seed, transcript, verification
from experts.draw.bundle import check_final, seated_value
from experts.draw.encoding import check_signature, mapping, require, rows, text, unhex
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
from experts.draw.verification import Trial
from experts.escrow.recovery import check_recovery
from experts.recheck import Seen, check_rechecks
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
        parts = mapping(filed, "header key signature", "filing")
        header, screened = read_header(parts["header"]), screen(experts, case, rules)
        check_signature(header.key(CENTRE), header.hh, parts["signature"], "filing signature")
        mine = self.custody.public()
        keys = header.value["keys"]
        require(isinstance(keys, Mapping) and keys[INSPECTOR] == mine, "header.keys.I", "not mine")
        _compare_register(header, experts, rules)
        hidden = _recomputed(header, read_key(parts["key"]), screened)
        alarms = set(coverage_alarm(experts, screened, case, rules))
        require(alarms <= explained, "coverage", ", ".join(sorted(alarms - explained)))
        signature = self.custody.sign(countersigned(header.hh, parts["signature"]))
        both: JSON = {CENTRE: str(parts["signature"]), INSPECTOR: signature}
        signed: dict[str, JSON] = {"header": dict(header.value), "signatures": both}
        self._remember(header, signed)
        papers = self._papers(header)
        papers.put(HEADER, signed)
        papers.hide(hidden)
        return signature

    def learn(self, attempts: Sequence[JSON]) -> None:
        """Take in earlier attempts of a purpose that another machine of one's own signed.

        attempts: signed headers as they stand on record, from the first. Raises DrawError where
        they are not one chain, or not what this machine remembers.
        """
        if not attempts:
            return
        headers = [read_signed(value, "chain") for value in attempts]
        check_chain(headers)
        path = self.custody.chain(headers[0])
        known = [read_signed(value, "chain").hh for value in read_chain(path)]
        told = [header.hh for header in headers]
        require(told[: len(known)] == known[: len(told)], "chain", "is not what I remember")
        if len(told) > len(known):
            write_chain(path, list(attempts))

    def share(self, draw: str) -> bytes:
        """Step 2: make and keep the own share; the same ever after."""
        papers = self.custody.papers(draw)
        if not papers.has(SHARE):
            papers.put(SHARE, {"r": self.entropy(seed.SHARE_BYTES).hex()})
        return _share(papers)

    def commit(self, draw: str, escrow: bytes = b"") -> dict[str, JSON]:
        """Step 2: return the signed commitment to the own share, with its recovery copy."""
        hh = self.custody.papers(draw).header().hh
        return self.custody.commit(hh, INSPECTOR, self.share(draw), escrow)

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

    def confirm_reveals(
        self, draw: str, told: Mapping[str, JSON], recovery: Sequence[JSON] | None = None
    ) -> str:
        """Step 4: check the closed reveals and sign them; they can never change after this.

        recovery: what the holders of a recovered share put on record, None where none was.
        """
        papers = self.custody.papers(draw)
        header, listed = papers.header(), mapping(papers.get(COMMITS), "commits open", COMMITS)
        opened, commits = verification.check_commits(header, listed)
        check_recovery(header, listed, told["reveals"], recovery)
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

    def answer(self, draw: str, request: Mapping[str, JSON], seen: Seen | None = None) -> JSON:
        """Step 6: sign for the next round only and give the proof; `seen` to re-check with."""
        papers = self.custody.papers(draw)
        trial, done = papers.trial()
        k, change = len(done), request["change"]
        require(not papers.has(FINAL), "final", "the draw is finished / 抽取已结束")
        require(request["k"] == k, "round", f"only round {k} may be asked for / 只能请求下一轮")
        require(request["prev"] == trial.before, "round prev", "is not what I closed")
        check_rechecks(papers.pool(), change, seen)
        require(after_change(trial, change).progress.open_seats > 0, "round", "no seat is open")
        papers.put(f"asks/{k:02d}.json", dict(request))
        asked = transcript.ask_statement(trial.header.hh, k, trial.before, change)
        proof = self.custody.prove_in(draw, seed.alpha(trial.beta, k))
        return {"ask": self.custody.sign(asked), "pi": proof.hex()}

    def confirm_round(self, draw: str, told: Mapping[str, JSON]) -> str:
        """Step 10: draw the round again, check all contacts, close it; the same again the same.

        told: the round with the hash of its log, and C's signature under all of it.
        """
        papers = self.custody.papers(draw)
        trial, done = papers.trial()
        body = mapping(told["round"], "ask change contacts k log outcome pi prev", "round")
        k = len(done)
        if k and body["k"] == k - 1:
            return _signed_before(papers, k - 1, body)
        asked = mapping(papers.get(f"asks/{k:02d}.json"), "change k prev", "ask")
        require(body["change"] == asked["change"], f"round {k} change", "is not what I signed")
        whole = {**body, "log": drawn_again(trial, body, k)}
        after, _ = verification.check_round(trial, whole, k)
        closed = bytes.fromhex(after.before)
        check_signature(trial.header.key(CENTRE), closed, told["signature"], "round signatures.C")
        signature = self.custody.sign(closed)
        both: JSON = {CENTRE: told["signature"], INSPECTOR: signature}
        papers.put(round_name(k), {"round": whole, "signatures": both})  # type: ignore[dict-item]
        return signature

    def confirm_finish(self, draw: str, told: Mapping[str, JSON], seen: Seen | None = None) -> str:
        """Step 11: check the final statement, sign it and forget the pool; the same once more.

        told: the statement but for who sits, which is known here, and C's signature under it all.
        """
        papers = self.custody.papers(draw)
        if papers.has(FINAL):
            return self._finished(papers, told)
        trial, done = papers.trial()
        stated = mapping(told["final"], "change order outcome prev", FINAL)
        change: JSON = stated["change"]  # type: ignore[assignment]
        check_rechecks(papers.pool(), change, seen)
        final: JSON = {**stated, "seated": seated_value(after_change(trial, change).progress)}  # type: ignore[dict-item]
        check_final(trial, done, final)
        statement = transcript.transcript_root(trial.header.hh, final)
        signer = trial.header.key(CENTRE)
        check_signature(signer, statement, told["signature"], "final signatures.C")
        signature = self.custody.sign(statement)
        papers.put(FINAL, {"final": final, "signatures": {CENTRE: told["signature"]}})
        papers.drop(PRIVATE)
        return signature

    def _finished(self, papers: Papers, told: Mapping[str, JSON]) -> str:
        """Sign the final statement again that was checked and kept, and no other."""
        final: JSON = mapping(papers.get(FINAL), "final signatures", FINAL)["final"]  # type: ignore[assignment]
        kept = dict(mapping(final, "change order outcome prev seated", FINAL))
        del kept["seated"]
        require(kept == told["final"], FINAL, "is already fixed / 已固定，不可更改")
        if papers.has(PRIVATE):
            papers.drop(PRIVATE)
        return self.custody.sign(transcript.transcript_root(papers.header().hh, final))

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


def _signed_before(papers: Papers, k: int, body: Mapping[str, object]) -> str:
    """Return the signature under a round that was closed; raises DrawError for another value."""
    kept = mapping(papers.get(round_name(k)), "round signatures", round_name(k))
    whole = mapping(kept["round"], "ask change contacts k log outcome pi prev", round_name(k))
    log: JSON = whole["log"]  # type: ignore[assignment]
    same = {**whole, "log": transcript.log_hash(log)} == body
    require(same, f"round {k}", "is closed / 本轮已关闭")
    return text(mapping(kept["signatures"], "C I", f"round {k}")[INSPECTOR], f"round {k}")


def drawn_again(trial: Trial, body: Mapping[str, object], k: int) -> list[JSON]:
    """Return the log that this round must have; raises DrawError where the centre has another."""
    progress = after_change(trial, body["change"]).progress  # type: ignore[arg-type]
    seed_k = verification.check_seed(trial, k, body["pi"])
    outcome, log = verification.draw_round(trial, seed_k, progress.need(trial.groups()))
    same = (str(outcome), transcript.log_hash(log)) == (body["outcome"], body["log"])
    require(same, f"round {k} log", "is not what I draw / 与本端重抽结果不符")
    return log


def _share(papers: Papers) -> bytes:
    return unhex(mapping(papers.get(SHARE), "r", SHARE)["r"], seed.SHARE_BYTES, SHARE)


def _compare_register(header: Header, experts: Sequence[Expert], rules: RuleSet) -> None:
    """The header must be of the register and the rules that stand here; raises DrawError."""
    registry = mapping(header.value["registry"], "n root snapshot", "header.registry")
    same = registry["root"] == registry_root(experts).hex() and registry["n"] == len(experts)
    require(same, "header.registry", "is not the register I countersigned / 专家库快照不符")
    require(header.digest("rules") == rules.digest, "header.rules", "are other rules / 规则不符")


def _recomputed(header: Header, key: bytes | None, screened: Screening) -> Pool:
    """Return the pool as hidden here; raises DrawError for the field in which the header differs.

    A leaf differs where a person, a record or a stratum does: with equal roots nobody has a
    second ticket, no record was altered, nobody was put in or left out against the rules.
    """
    require(header.hidden == (key is not None), "K_draw", "only agencies have none")
    told = [[rule, number] for rule, number in screened.counts()]
    require(header.value["excluded"] == told, "header.excluded", "counts differ / 回避人数不符")
    mine = screened.eligible
    require(header.number("n") == len(mine), "header.n", "differs / 人数不符")
    members = [[code, sum(code in e.s for e in mine)] for code, _ in header.strata]
    require(header.value["members"] == members, "header.members", "differ / 各专业人数不符")
    heaviest = max(entry.w for entry in mine)
    require(header.number("max_weight") == heaviest, "header.max_weight", "differs / 最大权重不符")
    hidden = Pool.build(key, mine)
    same = header.digest("elig_root") == root(hidden.leaves)
    require(same, "header.elig_root", "is not that of the pool I find / 候选名单与重算不符")
    return hidden
