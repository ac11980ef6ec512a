"""The bundle of a draw: one canonical zip that anyone can re-compute without us.

Every member is used by a check, and each check is exact: no opening too many, none missing. The
steps are container, header, history, pool, commits, reveals, beacon, openings, rounds, final.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from experts.draw import pool, transcript, verification
from experts.draw.curve.vrf import VrfError, validate_key
from experts.draw.encoding import DrawError, mapping, read, require, rows, unhex
from experts.draw.header import BOTH, CENTRE, INSPECTOR, Header, check_chain, read_signed
from experts.draw.transcript import Outcome, Progress, Round, round_name
from experts.draw.verification import Trial, check_both
from experts.escrow.recovery import RECOVERY, check_recovery
from experts.escrow.succession import SUCCESSION, lost_words, succeeded
from monitor.log import tree
from monitor.log.canonical import JSON, canonical
from trading.archive.canonical_zip import ZipError, canonical_zip, read_canonical

_ALWAYS = {
    transcript.NOTE,
    transcript.HEADER,
    transcript.HISTORY,
    transcript.LEAVES,
    transcript.COMMITS,
    transcript.REVEALS,
    transcript.BEACON,
    transcript.OPENINGS,
    transcript.FINAL,
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a verification and what was found."""

    name: str
    good: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Report:
    """All steps up to the first failure, whose item and reason are named."""

    steps: tuple[Step, ...]
    item: str = ""
    reason: str = ""

    @property
    def ok(self) -> bool:
        """Whether every step holds."""
        return not self.item


@dataclass(slots=True)
class _Case:
    """What the steps hand to each other."""

    data: bytes
    trusted: Mapping[str, JSON] | None
    members: dict[str, bytes] = field(default_factory=dict)
    values: dict[str, JSON] = field(default_factory=dict)
    signed: list[Header] = field(default_factory=list)
    leaves: tuple[bytes, ...] = ()
    opened: bytes = b""
    closed: bytes = b""
    commits: dict[str, bytes] = field(default_factory=dict)
    shares: dict[str, bytes] = field(default_factory=dict)
    trials: list[Trial] = field(default_factory=list)
    done: list[Round] = field(default_factory=list)

    def value(self, name: str) -> JSON:
        return self.values[name]

    @property
    def header(self) -> Header:
        return self.signed[-1]

    @property
    def rounds(self) -> int:
        return len(self.members) - len(_ALWAYS) - len({RECOVERY, SUCCESSION} & set(self.members))


def build_bundle(documents: Mapping[str, JSON], hidden: pool.Pool) -> bytes:
    """Return the bundle of a finished draw; documents: member name -> JSON, openings are added."""
    header = read_signed(documents[transcript.HEADER], transcript.HEADER)
    names = sorted(name for name in documents if name.startswith("rounds/"))
    done = [_body(documents[name], k) for k, name in enumerate(names)]
    shown = transcript.required(header, hidden.leaves, done)
    openings: list[JSON] = [hidden.open(leaf, shown[leaf]) for leaf in sorted(shown)]
    members = {name: canonical(value) for name, value in documents.items()}
    members[transcript.OPENINGS] = canonical(openings)
    members[transcript.LEAVES] = b"".join(hidden.leaves)
    members[transcript.NOTE] = transcript.note(header)
    return canonical_zip(members)


def verify_bundle(data: bytes, trusted: Mapping[str, JSON] | None = None) -> Report:
    """Re-compute a bundle; trusted: role -> registered keys, compared with the header if given."""
    case, steps = _Case(data, trusted), list[Step]()
    for name, check in _STEPS:
        try:
            detail = check(case)
        except (DrawError, ZipError) as fault:
            steps.append(Step(name, False, str(fault)))
            return Report(tuple(steps), fault.item, fault.reason)
        steps.append(Step(name, True, detail))
    return Report(tuple(steps))


def _body(value: JSON, k: int) -> Round:
    return transcript.read_round(mapping(value, "round signatures", f"round {k}")["round"], k)


def _container(case: _Case) -> str:
    case.members = read_canonical(case.data)
    missing = _ALWAYS - set(case.members)
    require(not missing, next(iter(sorted(missing)), ""), "is missing / 缺失")
    expected = _ALWAYS | {RECOVERY, SUCCESSION} | {round_name(k) for k in range(case.rounds)}
    extra = sorted(set(case.members) - expected)
    require(not extra, next(iter(extra), ""), "is not part of a draw / 多余")
    said = {round_name(k): f"round {k}" for k in range(case.rounds)}
    papers = (name for name in sorted(case.members) if name.endswith(".json"))
    case.values = {name: read(case.members[name], said.get(name, name)) for name in papers}
    return f"{len(case.members)} members, canonical"


def _header(case: _Case) -> str:
    header = read_signed(case.value(transcript.HEADER), transcript.HEADER)
    case.signed = [header]
    for role in (CENTRE, INSPECTOR):
        try:
            validate_key(header.key(role, "vrf"))
        except VrfError as fault:
            raise DrawError(f"header.keys.{role}.vrf", str(fault)) from fault
    told = case.members[transcript.NOTE] == transcript.note(header)
    require(told, transcript.NOTE, "does not say what the header says / 与抬头不符")
    return f"{header.hh.hex()}, {_compared(header, case.trusted)}"


def _compared(header: Header, trusted: Mapping[str, JSON] | None) -> str:
    if trusted is None:
        return "keys as the header states them, not compared with a register"
    same = header.value["keys"] == trusted
    require(same, "header.keys", "are not the registered keys / 与登记的公钥不符")
    return "keys are the registered ones"


def _history(case: _Case) -> str:
    earlier = rows(case.value(transcript.HISTORY), transcript.HISTORY)
    before = [
        read_signed(value, f"{transcript.HISTORY} attempt {k}") for k, value in enumerate(earlier)
    ]
    case.signed = [*before, case.header]
    check_chain(case.signed)
    return f"attempt {len(case.signed)} of this project, lot and purpose"


def _pool(case: _Case) -> str:
    data = case.members[transcript.LEAVES]
    require(len(data) % 32 == 0, transcript.LEAVES, "is not a whole number of leaves")
    case.leaves = tree.split_hashes(data)
    counted = len(case.leaves) == case.header.number("n")
    require(counted, transcript.LEAVES, "is not as many leaves as the header says")
    same = pool.root(case.leaves) == case.header.digest("elig_root")
    require(same, transcript.LEAVES, "does not have the root of the header / 名单根不符")
    return f"{len(case.leaves)} leaves"


def _commits(case: _Case) -> str:
    value = case.value(transcript.COMMITS)
    case.opened, case.commits = verification.check_commits(case.header, value)
    said = f"open {case.opened.hex()}"
    if SUCCESSION not in case.values:
        return said
    commits, told = mapping(value, "commits open", "commits"), case.values[SUCCESSION]
    case.signed[-1] = succeeded(case.header, commits["commits"], told)
    return f"{said}; {lost_words(told)}"


def _reveals(case: _Case) -> str:
    parts = mapping(case.value(transcript.REVEALS), "closed reveals signatures", "reveals")
    bare = {"closed": parts["closed"], "reveals": parts["reveals"]}
    found = verification.check_reveals(case.header, bare, case.opened, case.commits)
    case.closed, case.shares = found
    check_both(case.header, case.closed, parts["signatures"], "reveals")
    commits = mapping(case.value(transcript.COMMITS), "commits open", "commits")
    check_recovery(case.header, commits, parts["reveals"], case.values.get(RECOVERY))
    ways = [
        str(row["how"]) for row in rows(parts["reveals"], "reveals") if isinstance(row, Mapping)
    ]
    return f"{', '.join(ways)}; closed {case.closed.hex()}"


def _beacon(case: _Case) -> str:
    told = case.value(transcript.BEACON)
    beta = verification.base(case.header, case.opened, case.shares, told, case.closed)
    progress, before = Progress(case.header), case.closed.hex()
    case.trials = [Trial(case.header, case.leaves, beta, before, progress)]
    return _words(case.header, told)


def _words(header: Header, told: JSON) -> str:
    """Say what the beacon was; raises no more, since it was checked."""
    parts = told if isinstance(told, Mapping) else {}
    if header.beacon["kind"] == BOTH:
        dice, chain = (dict(parts[one]) for one in header.sources)  # type: ignore[arg-type]
        rolled = f"{'simulated ' if header.stand_in else ''}dice {dice['digits']}"
        return f"{rolled} and drand round {chain['round']}, its signature verified"
    if header.beacon["kind"] == "drand":
        return f"drand round {parts['round']}, its signature verified by the pinned key"
    return f"{'simulated ' if header.stand_in else ''}dice {parts['digits']}"


def _openings(case: _Case) -> str:
    case.done = [_body(case.value(round_name(k)), k) for k in range(case.rounds)]
    told = rows(case.value(transcript.OPENINGS), transcript.OPENINGS)
    opened = [pool.read_opening(v, f"{transcript.OPENINGS} {k}") for k, v in enumerate(told)]
    order = [one.leaf for one in opened]
    require(order == sorted(set(order)), transcript.OPENINGS, "must ascend without repeats")
    wanted = transcript.required(case.header, case.leaves, case.done)
    for one in opened:
        exact = wanted.get(one.leaf) == set(one.values)
        require(exact, f"{transcript.OPENINGS} {one.leaf.hex()}", "opens too much or too little")
    require(set(wanted) == set(order), transcript.OPENINGS, "some are missing / 缺少开示")
    require(set(order) <= set(case.leaves), transcript.OPENINGS, "opens a leaf outside the pool")
    trial = case.trials[0]
    known = {one.leaf: one.values for one in opened}
    case.trials = [
        Trial(trial.header, trial.leaves, trial.beta, trial.before, trial.progress, known)
    ]
    return f"{len(opened)} leaves opened, fields as the verdicts name them, no person"


def _rounds(case: _Case) -> str:
    trial = case.trials[0]
    for k in range(case.rounds):
        parts = mapping(case.value(round_name(k)), "round signatures", f"round {k}")
        trial, _ = verification.check_round(trial, parts["round"], k)
        check_both(case.header, bytes.fromhex(trial.before), parts["signatures"], f"round {k}")
    case.trials = [trial]
    skipped = sum(look.verdict.startswith("SKIP") for one in case.done for look in one.looks)
    return f"{case.rounds} rounds, {skipped} passed over, each for a stated reason"


def _final(case: _Case) -> str:
    parts = mapping(case.value(transcript.FINAL), "final signatures", transcript.FINAL)
    progress, outcome = check_final(case.trials[0], case.done, parts["final"])
    statement = transcript.transcript_root(case.header.hh, parts["final"])  # type: ignore[arg-type]
    check_both(case.header, statement, parts["signatures"], transcript.FINAL)
    return f"{outcome}: {len(progress.seated)} seated, {progress.open_seats} seats open"


def check_final(trial: Trial, done: Sequence[Round], value: object) -> tuple[Progress, Outcome]:
    """Check the final statement against the rounds; raises DrawError."""
    parts = mapping(value, "change order outcome prev seated", "final")
    require(parts["prev"] == trial.before, "final prev", "is not the last closing")
    progress = trial.progress.changed(parts["change"], frozenset(trial.leaves), "final change")
    order = parts["order"]
    if order != "":
        unhex(order, 32, "final order")
    outcome = transcript.final_outcome(progress, done, str(order))
    require(parts["outcome"] == outcome, "final outcome", f"must be {outcome}")
    require(parts["seated"] == seated_value(progress), "final seated", "is not who holds a seat")
    return progress, outcome


def seated_value(progress: Progress) -> list[JSON]:
    """Return who sits as JSON rows of stratum and leaf, ascending by stratum and leaf."""
    return [[s, leaf.hex()] for leaf, s in sorted(progress.seated.items(), key=lambda x: x[::-1])]


_STEPS: Sequence[tuple[str, Callable[[_Case], str]]] = (
    ("container", _container),
    ("header", _header),
    ("history", _history),
    ("pool", _pool),
    ("commits", _commits),
    ("reveals", _reveals),
    ("beacon", _beacon),
    ("openings", _openings),
    ("rounds", _rounds),
    ("final", _final),
)
