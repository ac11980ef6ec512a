"""The pool: bulk import with a report a line, nightly snapshots, and the registry of a draw.

A snapshot stamps every fact that it is the first to hold and publishes the root and the number.
What relaxes counts only once that stamp is older than the cooling (experts/avoidance.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session

from experts import dossier
from experts.ceremony.mail.machine.machine import machine_behind
from experts.draw.encoding import VERSION, DrawError, H, check_signature, u32
from experts.draw.header import INSPECTOR
from experts.pool.candidacy import Candidacy, fault_of
from experts.pool.expert import Expert, Fact, State, facts_of, proposed, stamp
from experts.pool.history import keep_facts
from monitor.law.workday import SHANGHAI
from monitor.log.canonical import JSON, canonical
from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.identity import new_id
from monitor.record.table import Recorded
from monitor.refusal import Conflict, Invalid, NotAllowed, NotFound
from monitor.role import Role

MAX_LINES = 20_000
NIGHT = 2
"""The hour, Beijing time, from which on a day's snapshot is due."""
_MEMBERS = select(Expert).where(Expert.state == State.ACTIVE.value).order_by(Expert.uid)


class PoolSnapshot(Recorded):
    """What the pool was at a moment: number of experts and Merkle root of all their facts."""

    __tablename__ = "pool_snapshot"
    __table_args__ = (
        UniqueConstraint("taken_at"),
        CheckConstraint("octet_length(root) = 32", name="root"),
    )
    taken_at: Mapped[datetime]
    n: Mapped[int]
    root: Mapped[bytes]
    countersigned: Mapped[dict[str, Any] | None]
    """Which machine of a department signed it, and its signature."""

    @property
    def statement(self) -> bytes:
        """What the inspector's machine signs once it came to the same root by itself."""
        return H("snapshot", self.id.bytes, u32(self.n), self.root)


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one line of an import: the field at fault, or "" when it was taken.

    `rule` is what it broke: an article, or where the form of a sheet is described.
    """

    number: int
    uid: str
    fault: str
    rule: str = ""


@action("pool.import", by=(Role.CENTRE,), visibility=Visibility.SECRET)
def import_pool(
    act: Act,
    *,
    candidacies: Sequence[Candidacy],
    numbers: Sequence[int] = (),
    unread: Sequence[Line] = (),
) -> tuple[Line, ...]:
    """Propose many persons at once; return a report a line. A bad line spoils no other.

    numbers: of the lines in the file, 1, 2, 3 … without them; unread: lines of the same file that
    hold no candidacy, which are put on record with the rest. Entries wait for `expert.review` by
    a second person. Raises Conflict for a uid that came in meanwhile, NotFound for no line.
    """
    lines = len(candidacies) + len(unread)
    act.require(0 < lines <= MAX_LINES, NotFound("没有可导入的行 / no lines to import"))
    known = set(act.session.scalars(select(Expert.uid)))
    act.on_conflict("expert_uid_key", lambda _: Conflict("编号已在库 / a uid is known by now"))
    report = list(unread)
    for number, candidacy in zip(numbers or count(1), candidacies, strict=False):
        line = _judged(number, candidacy, known, act.now.year)
        report.append(line)
        if not line.fault:
            known.add(candidacy.uid)
            act.session.add(proposed(act, candidacy))
    report.sort(key=lambda line: line.number)
    taken = sum(not line.fault for line in report)
    act.note(taken=taken, refused=len(report) - taken, report=_digest(report))
    return tuple(report)


@action("pool.snapshot", by=(Role.SYSTEM, Role.CENTRE))
def snapshot(act: Act) -> UUID:
    """Publish number and root of the pool as it is now; return the snapshot's id.

    Raises NotFound when nobody is in the pool, Conflict for a second one at the same moment.
    """
    rows = act.session.scalars(_MEMBERS.with_for_update()).all()
    act.require(rows, NotFound("专家库为空 / the pool is empty"))
    for row in rows:
        _stamp_all(row, stamp(act.now))
    taken = PoolSnapshot(
        id=new_id(act.now),
        taken_at=act.now,
        n=len(rows),
        root=dossier.registry_root(map(facts_of, rows)),
    )
    act.on_conflict(
        "pool_snapshot_taken_at_key",
        lambda _: Conflict("此刻已有快照 / taken at this moment before"),
    )
    act.session.add(taken)
    keep_facts(act, taken.id, [facts_of(row) for row in rows])
    act.note(subject=str(taken.id), n=taken.n, root=taken.root.hex())
    return taken.id


@action("pool.countersign", by=(Role.DEPARTMENT,), standing=False)
def countersign(act: Act, *, snapshot: UUID, signature: str) -> None:
    """Sign a snapshot as the inspector's machine that computed it again.

    Raises NotAllowed for anybody else, NotFound, Invalid for another signature, Conflict.
    """
    machine = machine_behind(act.session, act.actor)
    if machine is None or machine.role != INSPECTOR:
        raise NotAllowed("仅限监督端 / only the supervisor's machine", rule="draw.name_machine")
    taken = act.session.get(PoolSnapshot, snapshot, with_for_update=True)
    if taken is None:
        raise NotFound("没有此快照 / no such snapshot", field="snapshot")
    act.require(taken.countersigned is None, Conflict("已会签 / countersigned already"))
    try:
        check_signature(machine.sign, taken.statement, signature, "signature")
    except DrawError as fault:
        raise Invalid("signature", f"签名不符 / {fault.reason}", rule=VERSION) from fault
    taken.countersigned = {"machine": str(machine.id), "signature": signature}
    act.note(subject=str(taken.id), root=taken.root.hex(), n=taken.n, signature=signature)


def latest_snapshot(session: Session) -> PoolSnapshot:
    """Return the newest snapshot; raises NotFound before the first."""
    found = session.scalar(select(PoolSnapshot).order_by(PoolSnapshot.taken_at.desc()).limit(1))
    if found is None:
        raise NotFound("尚无专家库快照 / no snapshot of the pool yet", field="snapshot")
    return found


def snapshot_due(session: Session, now: datetime) -> bool:
    """Tell whether the night's snapshot is still to be taken: once a day, from NIGHT on."""
    local = now.astimezone(SHANGHAI)
    begins = local.replace(hour=NIGHT, minute=0, second=0, microsecond=0)
    since = begins if local >= begins else begins - timedelta(days=1)
    taken = session.scalar(select(PoolSnapshot.id).where(PoolSnapshot.taken_at >= since).limit(1))
    return taken is None and session.scalar(_MEMBERS.limit(1)) is not None


def registry(session: Session) -> tuple[dossier.Expert, ...]:
    """Return the pure facts of everybody in the pool, by uid: what a draw screens."""
    return tuple(facts_of(row) for row in session.scalars(_MEMBERS))


def _stamp_all(row: Expert, now: int) -> None:
    row.active, row.region = _stamped(row.active, now), _stamped(row.region, now)
    row.specialties = [_stamped(fact, now) for fact in row.specialties]
    row.employers = [_stamped(fact, now) for fact in row.employers]
    row.relations = [_stamped(fact, now) for fact in row.relations]
    row.suspensions = [_stamped(fact, now) for fact in row.suspensions]


def _stamped(fact: Fact, now: int) -> Fact:
    """Return the fact with the first snapshot that holds its start, and its end if it has one."""
    held = {"known": now, **fact}
    return {"end_known": now, **held} if "end" in fact else held


def _judged(number: int, candidacy: Candidacy, known: set[str], year: int) -> Line:
    if candidacy.uid in known:
        return Line(number, candidacy.uid, "uid", "expert_uid_key")
    fault = fault_of(candidacy, year)
    if fault is None:
        return Line(number, candidacy.uid, "")
    return Line(number, candidacy.uid, fault.field, fault.rule)


def _digest(report: Sequence[Line]) -> str:
    lines: list[JSON] = [[line.number, line.uid, line.fault] for line in report]
    return H("import", canonical(lines)).hex()
