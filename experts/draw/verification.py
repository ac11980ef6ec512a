"""The checks of a draw, step by step: commits, reveals, beacon, seeds, verdict logs, rounds.

Each raises DrawError naming the item and the rule. The bundle's verifier, the draw service and the
inspector's agent all use these; what differs is only how much of the pool is known to them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from experts.draw import seed, transcript
from experts.draw.curve import drand, vrf
from experts.draw.encoding import (
    DrawError,
    check_signature,
    mapping,
    require,
    rows,
    text,
    unhex,
    whole,
)
from experts.draw.header import BOTH, CENTRE, DRAND, INSPECTOR, TENDEREE, Header
from experts.draw.selection import (
    Candidate,
    Infeasible,
    Need,
    Verdict,
    feasible,
    judge,
    named,
    ordered,
    seat,
    select,
)
from experts.draw.transcript import Outcome, Progress, Round
from monitor.log.canonical import JSON, canonical


@dataclass(frozen=True, slots=True)
class Trial:
    """What was established so far; `known` holds opened fields: leaf -> field -> value."""

    header: Header
    leaves: tuple[bytes, ...]
    beta: bytes
    before: str
    progress: Progress
    known: Mapping[bytes, Mapping[str, JSON]] = field(default_factory=dict)

    def groups(self) -> dict[bytes, bytes]:
        """Return leaf -> value of the capped field, as far as opened."""
        cap = self.header.cap[0] if self.header.cap else ""
        told = {leaf: v[cap] for leaf, v in self.known.items() if cap in v}
        shared: dict[object, bytes] = {}
        for value in told.values():
            if isinstance(value, str) and value not in shared:
                shared[value] = canonical(value)
        return {
            leaf: shared[value] if isinstance(value, str) else canonical(value)
            for leaf, value in told.items()
        }

    def candidates(self) -> list[Candidate]:
        """Return every leaf as a candidate; what is not opened is assumed to fit."""
        groups, codes = self.groups(), frozenset(code for code, _ in self.header.strata)
        heavy, nothing = self.header.number("max_weight") > 1, dict[str, JSON]()
        alike: dict[str, frozenset[int]] = {}
        found = []
        for leaf in self.leaves:
            values = self.known.get(leaf, nothing)
            name = repr(values["s"]) if "s" in values else ""
            if name not in alike:
                alike[name] = strata(values, codes)
            tickets = weight(values, self.header) if heavy else 1
            found.append(Candidate(leaf, alike[name], groups.get(leaf, leaf), tickets))
        return found


def strata(values: Mapping[str, JSON], default: frozenset[int]) -> frozenset[int]:
    """Return the strata of an opened leaf, or the default when `s` is not opened."""
    if "s" not in values:
        return default
    return frozenset(whole(code, "openings s") for code in rows(values["s"], "openings s"))


def weight(values: Mapping[str, JSON], header: Header) -> int:
    """Return the weight of a leaf: 1 unless the header allows more, then as opened."""
    most = header.number("max_weight")
    found = whole(values["w"], "openings w") if most > 1 else 1
    require(1 <= found <= most, "openings w", "beyond the header's max_weight")
    return found


def check_seed(trial: Trial, k: int, proofs: object) -> bytes:
    """Verify both VRF proofs of round k and return seed_k; raises DrawError."""
    both = mapping(proofs, "C I", f"round {k} pi")
    alpha = seed.alpha(trial.beta, k)
    outputs = [output(trial.header, role, alpha, both[role], k) for role in (CENTRE, INSPECTOR)]
    return seed.seed(trial.beta, k, outputs[0], outputs[1])


def output(header: Header, role: str, alpha: bytes, proof: object, k: int) -> bytes:
    """Verify one VRF proof and return its output; raises DrawError."""
    item = f"round {k} pi.{role}"
    try:
        return vrf.verify(header.key(role, "vrf"), alpha, unhex(proof, vrf.PROOF_BYTES, item))
    except vrf.VrfError as fault:
        raise DrawError(item, str(fault)) from fault


def check_round(trial: Trial, value: object, k: int) -> tuple[Trial, Round]:
    """Re-compute one round from its body; raises DrawError naming round and line."""
    item = f"round {k}"
    require(k < trial.header.number("max_rounds"), item, "more rounds than the header allows")
    done = transcript.read_round(value, k)
    require(done.value["prev"] == trial.before, f"{item} prev", "is not what went before")
    change = done.value["change"]
    asked = transcript.ask_statement(trial.header.hh, k, trial.before, change)
    trial.header.check(INSPECTOR, asked, done.value["ask"], f"{item} ask")
    require(k > 0 or change == transcript.NO_CHANGE, f"{item} change", "nothing can precede it")
    progress = trial.progress.changed(change, frozenset(trial.leaves), f"{item} change")
    require(progress.open_seats > 0, item, "no seat is open")
    seed_k = check_seed(trial, k, done.value["pi"])
    _check_log(trial, progress.need(trial.groups()), seed_k, done)
    closed = transcript.closing(trial.header.hh, dict(done.value)).hex()
    return replace(trial, before=closed, progress=progress.after(done)), done


def _check_log(trial: Trial, need: Need, seed_k: bytes, done: Round) -> None:
    item, everyone = f"round {done.k} log", trial.candidates()
    if done.outcome is Outcome.INFEASIBLE:
        require(not done.looks and not feasible(need, everyone), item, "a panel was possible")
        return
    at = 0
    for code, seats in need.seats:
        line = ordered(seed_k, code, everyone) if seats else iter(())
        while dict(need.seats)[code]:
            require(at < len(done.looks), item, "ends before the seats are filled")
            need, at = (
                _check_look(trial, need, done, at, (code, next(line, None), everyone)),
                at + 1,
            )
    require(at == len(done.looks), f"{item} line {at}", "goes on after the seats are filled")


def _check_look(
    trial: Trial,
    need: Need,
    done: Round,
    at: int,
    drawn: tuple[int, Candidate | None, Sequence[Candidate]],
) -> Need:
    """Check one line of a log: the right leaf in ticket order, and a verdict that is true."""
    code, candidate, everyone = drawn
    item, look = f"round {done.k} log line {at}", done.looks[at]
    if candidate is None or (look.stratum, look.leaf) != (code, candidate.leaf):
        raise DrawError(item, "is not the next ticket / 不是下一张票")
    verdict = judge(need, candidate, code)
    after = seat(need, candidate, code) if verdict is Verdict.ACCEPT else need
    if look.verdict == Verdict.INFEASIBLE and verdict is Verdict.ACCEPT:
        blocked = not feasible(after, everyone)
        verdict = Verdict.INFEASIBLE if blocked else verdict
    require(look.verdict == named(verdict, need, look.leaf), item, "verdict untrue / 判定不实")
    if verdict is not Verdict.ACCEPT:
        return need
    opened = trial.known.get(look.leaf, {})
    shown = "s" in opened and (need.cap is None or need.cap[0] in opened)
    require(shown, item, "accepted without opening what was checked")
    return after


def draw_round(trial: Trial, seed_k: bytes, need: Need) -> tuple[Outcome, list[JSON]]:
    """Select a round with full knowledge; returns the outcome and the verdict log."""
    try:
        return Outcome.FILLED, transcript.log_value(select(seed_k, need, trial.candidates()))
    except Infeasible:
        return Outcome.INFEASIBLE, []


def check_commits(header: Header, value: object) -> tuple[bytes, dict[str, bytes]]:
    """Check all commits and `open`; returns open and role -> c; raises DrawError."""
    parts = mapping(value, "commits open", "commits")
    commits = {}
    for role, told in _by_role(header, parts["commits"], "commits"):
        commits[role] = check_commit(header, role, told)
    opened = seed.opened(header.hh, commits)
    require(parts["open"] == opened.hex(), "commits open", "is not the hash of the commits")
    return opened, commits


def check_commit(header: Header, role: str, told: object) -> bytes:
    """Check one role's signed commitment and return c; raises DrawError."""
    item = f"commits {role}"
    fields = mapping(told, "c escrow role sig", item)
    require(fields["role"] == role and role in header.roles, item, "wrong role / 角色不符")
    escrow = text(fields["escrow"], item)
    require(not set(escrow) - set("0123456789abcdef"), item, "escrow must be lower-case hex")
    require(len(escrow) % 2 == 0, item, "escrow must be whole bytes of hex")
    c = unhex(fields["c"], 32, item)
    statement = seed.commit_statement(header.hh, role, c, bytes.fromhex(escrow))
    check_signature(header.key(role), statement, fields["sig"], item)
    return c


def check_reveals(
    header: Header, value: object, opened: bytes, commits: Mapping[str, bytes]
) -> tuple[bytes, dict[str, bytes]]:
    """Check all reveals; returns closed and role -> share; raises DrawError."""
    parts = mapping(value, "closed reveals", "reveals")
    told = {}
    for role, row in _by_role(header, parts["reveals"], "reveals"):
        told[role] = _share(header.hh, role, row, commits[role])
    closed = seed.closed(opened, told)
    require(parts["closed"] == closed.hex(), "reveals closed", "is not the hash of the reveals")
    return closed, {role: share for role, (_, share) in told.items()}


def check_beacon(header: Header, value: object, closed: bytes) -> bytes:
    """Check the beacon that the header names and return its bytes; raises DrawError."""
    if len(header.sources) == 1:
        return check_source(header, header.sources[0], value, closed)
    parts = mapping(value, "dice drand kind", "beacon")
    require(parts["kind"] == BOTH, "beacon.kind", "must be both")
    return b"".join(check_source(header, one, parts[one], closed) for one in header.sources)


def check_source(header: Header, source: str, value: object, closed: bytes) -> bytes:
    """Check one of the beacon's sources, dice or drand, and return its bytes; raises DrawError."""
    if source == DRAND:
        return _check_round_of_chain(header, value)
    return seed.dice(_check_dice(header, value, closed))


def base(
    header: Header, opened: bytes, shares: Mapping[str, bytes], value: object, closed: bytes
) -> bytes:
    """Return β of the shares and the checked beacon; raises DrawError."""
    drawn = check_beacon(header, value, closed)
    return seed.base(opened, shares, str(header.beacon["kind"]), drawn)


def _check_round_of_chain(header: Header, value: object) -> bytes:
    """Check one signature of drand against the pinned key; no other paper can replace it."""
    parts = mapping(value, "chain kind round signature", "beacon")
    named = {key: parts[key] for key in ("chain", "kind", "round")}
    due = {**header.beacon, "kind": DRAND}
    require(named == due, "beacon.round", "is not what the header names / 轮次不符")
    signature = unhex(parts["signature"], drand.SIGNATURE_BYTES, "beacon.signature")
    chain, number = drand.CHAINS[str(parts["chain"])], whole(parts["round"], "beacon.round")
    good = drand.verified(chain, number, signature)
    require(good, "beacon.signature", "is not this round's / 不是该轮的签名")
    return drand.randomness(signature)


def _check_dice(header: Header, value: object, closed: bytes) -> str:
    names = "at digits draws kind session signatures witness"
    parts = mapping(value, names, "beacon")
    require(parts["kind"] == "dice", "beacon.kind", "must be dice")
    text(parts["session"], "beacon.session")
    text(parts["witness"], "beacon.witness")
    filed = [rows(row, "beacon.draws") for row in rows(parts["draws"], "beacon.draws")]
    pairs = [[text(part, "beacon.draws") for part in row] for row in filed]
    require(pairs == sorted(pairs), "beacon.draws", "must ascend")
    mine = [pair for pair in pairs if pair[:1] == [header.hh.hex()]]
    require(mine == [[header.hh.hex(), closed.hex()]], "beacon.draws", "not rolled for this draw")
    rolled = whole(parts["at"], "beacon.at") >= header.number("t_beacon")
    require(rolled, "beacon.at", "rolled before its time / 早于约定时间")
    seed.dice(text(parts["digits"], "beacon.digits"))
    both = mapping(parts["signatures"], f"{INSPECTOR} {TENDEREE}", "beacon.signatures")
    statement = seed.dice_statement(parts)  # type: ignore[arg-type]
    for role in (INSPECTOR, TENDEREE):
        header.check(role, statement, both[role], f"beacon.signatures.{role}")
    return str(parts["digits"])


def _share(hh: bytes, role: str, row: object, c: bytes) -> tuple[seed.How, bytes]:
    item = f"reveals {role}"
    fields = mapping(row, "how r role", item)
    require(fields["how"] in list(seed.How), item, "unknown how")
    how, share = seed.How(str(fields["how"])), unhex(fields["r"], 32, item)
    default = how is seed.How.DEFAULT
    fits = share == seed.default_share(c) if default else seed.commit(hh, role, share) == c
    require(fits, item, "does not fit the commitment / 与承诺不符")
    return how, share


def _by_role(header: Header, value: object, item: str) -> list[tuple[str, Mapping[str, object]]]:
    told = [row for row in rows(value, item) if isinstance(row, Mapping)]
    roles = tuple(str(row.get("role")) for row in told)
    same = roles == header.roles and len(told) == len(rows(value, item))
    require(same, item, "must be one a role, in byte order")
    return list(zip(roles, told, strict=True))


def check_both(header: Header, statement: bytes, signatures: object, item: str) -> None:
    """Check that centre and inspector both signed a statement; raises DrawError."""
    both = mapping(signatures, f"{CENTRE} {INSPECTOR}", f"{item} signatures")
    for role in (CENTRE, INSPECTOR):
        header.check(role, statement, both[role], f"{item} signatures.{role}")
