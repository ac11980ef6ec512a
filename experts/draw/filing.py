"""Filing a draw: the centre's steps 1 to 5, from the header to the dice.

Nothing here knows a seed. Each method returns what is published or sent to the agent.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from experts.avoidance import Case, RuleSet, Screening, screen
from experts.custody import (
    Custody,
    Entropy,
    Papers,
    read_chain,
    write_chain,
)
from experts.dossier import Expert, registry_root
from experts.draw import seed, verification
from experts.draw.curve.drand import CHAINS, QUICKNET
from experts.draw.encoding import VERSION, mapping, require, rows, unhex
from experts.draw.header import (
    BOTH,
    CENTRE,
    DRAND,
    INSPECTOR,
    SUITE,
    ZERO,
    Header,
    Kind,
    check_chain,
    read_header,
    read_signed,
)
from experts.draw.pool import KEY_BYTES, Pool, root
from experts.draw.seed import How
from experts.draw.transcript import BEACON, COMMITS, HEADER, HISTORY, REVEALS
from experts.escrow.recovery import RECOVERY
from experts.escrow.succession import SUCCESSION, succeeded
from monitor.log.canonical import JSON

FILED = "filed.json"


@dataclass(frozen=True, slots=True)
class Plan:
    """What the centre asks for; times in unix seconds, contact gap in seconds.

    keys: role -> public keys of everybody but C; reason: why a later attempt is made, else "".
    """

    draw: str
    project: str
    lot: str
    purpose: str
    kind: Kind
    strata: tuple[tuple[int, int], ...]
    caps: Mapping[str, int]
    keys: Mapping[str, JSON]
    times: tuple[int, int, int]
    snapshot: str
    freshness: str
    verifier: str
    stand_in: bool
    max_rounds: int = 10
    contact: tuple[int, int] = (3, 300)
    beacon: str = "dice"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Filing:
    """The centre's side up to the dice; `entropy` gives K_draw and is injected by tests."""

    custody: Custody
    entropy: Entropy = secrets.token_bytes

    def file(
        self, plan: Plan, experts: Sequence[Expert], case: Case, rules: RuleSet
    ) -> dict[str, JSON]:
        """Step 1: screen, hide, sign. Returns header and signature, and K_draw for the agent.

        K_draw (hex, "" of public agencies) is all that the agent cannot find out by itself.
        """
        papers, screened = self.custody.papers(plan.draw), screen(experts, case, rules)
        key = None if plan.kind is Kind.AGENCY else self.entropy(KEY_BYTES)
        hidden = Pool.build(key, screened.eligible)
        value = _plan_value(plan) | _pool_value(plan, hidden, screened)
        registry = registry_root(experts).hex()
        value["registry"] = {"n": len(experts), "root": registry, "snapshot": plan.snapshot}
        value["keys"] = {**plan.keys, CENTRE: self.custody.public()}
        value["rules"] = rules.digest.hex()
        header, earlier = self._attempt(plan, value)
        signature = self.custody.sign(header.hh)
        require(not papers.has(HEADER), HEADER, "is countersigned already / 抬头已会签")
        papers.replace(HISTORY, earlier)
        papers.hide(hidden)
        papers.replace(FILED, {"header": value, "signature": signature})
        return {"header": value, "key": "" if key is None else key.hex(), "signature": signature}

    def publish(self, draw: str, signature: str) -> JSON:
        """Step 1: take the inspector's countersignature; returns header.json for everybody."""
        papers = self.custody.papers(draw)
        filed = mapping(papers.get(FILED), "header signature", FILED)
        both = {CENTRE: str(filed["signature"]), INSPECTOR: signature}
        signed: dict[str, JSON] = {"header": filed["header"], "signatures": both}  # type: ignore[dict-item]
        path = self.custody.chain(read_signed(signed, HEADER))
        earlier = rows(papers.get(HISTORY), HISTORY)
        write_chain(path, [*earlier, signed])  # type: ignore[list-item]
        return papers.put(HEADER, signed)

    def commit(self, draw: str, told: Mapping[str, JSON], now: datetime) -> None:
        """Step 2: take one role's signed commitment by t_commit; raises DrawError."""
        role = str(told.get("role"))
        papers, header = self._at(draw, role)
        in_time = now.timestamp() <= header.number("t_commit")
        require(in_time, f"commits {role}", "after t_commit / 逾期")
        verification.check_commit(header, role, told)
        papers.put(f"commit-{role}.json", dict(told))

    def open(self, draw: str) -> JSON:
        """Step 3: returns commits.json with `open`, which goes to every outsider at once."""
        papers = self.custody.papers(draw)
        header = papers.header()
        told = [papers.get(f"commit-{role}.json") for role in header.roles]
        by_role = zip(header.roles, told, strict=True)
        commits = {role: verification.check_commit(header, role, row) for role, row in by_role}
        value: JSON = {"commits": told, "open": seed.opened(header.hh, commits).hex()}
        return papers.put(COMMITS, value)

    def reveal(self, draw: str, role: str, share: str, now: datetime) -> None:
        """Step 4: take a revealed share by t_reveal; a late one is refused."""
        _, header = self._at(draw, role)
        in_time = now.timestamp() <= header.number("t_reveal")
        require(in_time, f"reveals {role}", "after t_reveal / 逾期")
        self._share(draw, role, share, How.REVEALED)

    def recover(self, draw: str, role: str, share: str) -> None:
        """Step 4: take a missing share from its escrow; it can only be the committed one."""
        self._share(draw, role, share, How.RECOVERED)

    def keep_recovery(self, draw: str, told: JSON) -> None:
        """Step 4: keep what the holders' pieces were, for the bundle; [] where none were used."""
        if told:
            self.custody.papers(draw).put(RECOVERY, told)

    def keep_succession(self, draw: str, told: JSON) -> None:
        """Keep who took a lost machine's part, once two holders' signatures are seen to fit."""
        papers = self.custody.papers(draw)
        listed = mapping(papers.get(COMMITS), "commits open", COMMITS)
        succeeded(papers.header(), listed["commits"], told)
        papers.put(SUCCESSION, told)

    def close_reveals(self, draw: str, now: datetime) -> dict[str, JSON]:
        """Step 4: give missing shares their default; returns reveals and C's signature for I."""
        papers = self.custody.papers(draw)
        header = papers.header()
        early = now.timestamp() < header.number("t_beacon")
        require(early, "reveals", "the dice may have fallen / 骰子可能已掷")
        _, commits = verification.check_commits(header, papers.get(COMMITS))
        told = [_told(papers, role, commits[role]) for role in header.roles]
        all_in = all(how is not How.DEFAULT for _, how, _ in told)
        over = now.timestamp() > header.number("t_reveal")
        require(all_in or over, "reveals", "shares are missing before t_reveal / 尚未到期")
        opened = seed.opened(header.hh, commits)
        closed = seed.closed(opened, {role: (how, r) for role, how, r in told})
        listed: list[JSON] = [{"how": str(h), "r": r.hex(), "role": role} for role, h, r in told]
        return {"closed": closed.hex(), "reveals": listed, "signature": self.custody.sign(closed)}

    def confirm_reveals(self, draw: str, told: Mapping[str, JSON], signature: str) -> JSON:
        """Step 4: take the inspector's signature; returns reveals.json for everybody."""
        papers = self.custody.papers(draw)
        closed = unhex(told["closed"], 32, "reveals closed")
        papers.header().check(INSPECTOR, closed, signature, "reveals signatures.I")
        both: JSON = {CENTRE: told["signature"], INSPECTOR: signature}
        return papers.put(
            REVEALS, {"closed": told["closed"], "reveals": told["reveals"], "signatures": both}
        )

    def beacon(self, draw: str, ceremony: Mapping[str, JSON]) -> JSON:
        """Step 5: take the witnessed dice, or the chain's round; returns beacon.json."""
        papers = self.custody.papers(draw)
        told = mapping(papers.get(REVEALS), "closed reveals signatures", "reveals")
        closed = unhex(told["closed"], 32, "reveals closed")
        verification.check_beacon(papers.header(), ceremony, closed)
        return papers.put(BEACON, dict(ceremony))

    def _attempt(self, plan: Plan, value: dict[str, JSON]) -> tuple[Header, list[JSON]]:
        """Number the attempt after those before it for the same project, lot and purpose."""
        draft = {**value, "prev": ZERO, "seq": 0}
        earlier = read_chain(self.custody.chain(read_header(draft)))
        before = [read_signed(signed, HISTORY) for signed in earlier]
        value |= {"prev": before[-1].hh.hex() if before else ZERO, "seq": len(before)}
        if before:
            require(plan.reason != "", "plan.reason", "a later attempt needs one / 须说明原因")
            value["supersedes"] = {"draw": before[-1].value["draw"], "reason": plan.reason}
        header = read_header(value)
        check_chain([*before, header])
        return header, earlier

    def _at(self, draw: str, role: str) -> tuple[Papers, Header]:
        papers = self.custody.papers(draw)
        header = papers.header()
        require(role in header.roles, role, "has no part in this draw / 角色不符")
        return papers, header

    def _share(self, draw: str, role: str, share: str, how: How) -> None:
        papers, header = self._at(draw, role)
        _, commits = verification.check_commits(header, papers.get(COMMITS))
        fits = seed.commit(header.hh, role, unhex(share, 32, role)) == commits[role]
        require(fits, f"reveals {role}", "does not fit the commitment / 与承诺不符")
        papers.put(f"share-{role}.json", {"how": str(how), "r": share})


def _told(papers: Papers, role: str, c: bytes) -> tuple[str, How, bytes]:
    """Return a role's share as known, or the default of its commitment."""
    if not papers.has(f"share-{role}.json"):
        return role, How.DEFAULT, seed.default_share(c)
    told = mapping(papers.get(f"share-{role}.json"), "how r", role)
    return role, How(str(told["how"])), unhex(told["r"], 32, role)


def _plan_value(plan: Plan) -> dict[str, JSON]:
    t_commit, t_reveal, t_beacon = plan.times
    return {
        "beacon": beacon_value(plan.beacon, t_beacon),
        "caps": dict(plan.caps),
        "contact": {"attempts": plan.contact[0], "gap": plan.contact[1]},
        "draw": plan.draw,
        "freshness": plan.freshness,
        "kind": str(plan.kind),
        "lot": plan.lot,
        "max_rounds": plan.max_rounds,
        "project": plan.project,
        "purpose": plan.purpose,
        "stand_in": plan.stand_in,
        "strata": [[code, seats] for code, seats in plan.strata],
        "suite": SUITE,
        "t_beacon": t_beacon,
        "t_commit": t_commit,
        "t_reveal": t_reveal,
        "v": VERSION,
        "verifier": plan.verifier,
    }


def beacon_value(kind: str, t_beacon: int) -> dict[str, JSON]:
    """Return the header's beacon: dice, the first round of the pinned chain from t_beacon, both."""
    if kind not in (DRAND, BOTH):
        return {"kind": kind}
    chain = CHAINS[QUICKNET.hash]
    return {"chain": chain.hash, "kind": kind, "round": chain.round_at(t_beacon)}


def _pool_value(plan: Plan, hidden: Pool, screened: Screening) -> dict[str, JSON]:
    entries = hidden.entries.values()
    members = [(code, sum(code in entry.s for entry in entries)) for code, _ in plan.strata]
    return {
        "elig_root": root(hidden.leaves).hex(),
        "excluded": [[rule, number] for rule, number in screened.counts()],
        "max_weight": max(entry.w for entry in entries),
        "members": [[code, number] for code, number in members],
        "n": len(hidden.entries),
    }
