"""The header of a draw, opened once for each (project, section, purpose), and its steps.

Nothing here decides who is drawn: the centre's draw service and the inspector's agent do, and
each of their steps is checked by the pure rules before it becomes a row (batong-draw/1).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from experts.ceremony.mail.machine.machine import is_lost
from experts.ceremony.roll import list_named
from experts.draw import pool
from experts.draw.encoding import VERSION, DrawError, require
from experts.draw.header import CENTRE, INSPECTOR, TENDEREE, Header, read_header, read_signed
from experts.draw.header import Kind as Drawn
from experts.draw.transcript import HEADER
from experts.escrow.succession import succeeded
from experts.pool.register import PoolSnapshot
from monitor.log import tree
from monitor.log.canonical import NotCanonical
from monitor.record.act import Act
from monitor.record.action import action
from monitor.record.identity import new_id
from monitor.record.table import Recorded
from monitor.refusal import Conflict, Invalid, NotFound, TooEarly, TooLate, WrongStage
from monitor.role import Role
from trading.notice.moment import required_project

ROLES = {Role.CENTRE: CENTRE, Role.DEPARTMENT: INSPECTOR, Role.TENDEREE: TENDEREE}
"""Who holds which of the header's keys."""


class State(StrEnum):
    """Where a draw stands; its stage within OPEN follows from its steps."""

    OPEN = "open"
    FINISHED = "finished"
    CANCELLED = "cancelled"


class Kind(StrEnum):
    """The steps that leave a document."""

    COMMIT = "commit"
    OPEN = "open"
    REVEAL = "reveal"
    ESCROW = "escrow"
    RECOVERY = "recovery"
    CLOSED = "closed"
    TYPED = "typed"
    SOURCE = "source"
    DICE = "dice"
    ASK = "ask"
    ROUND = "round"
    CLOSING = "closing"
    RECHECK = "recheck"
    CANCEL = "cancel"
    FINAL = "final"
    BUNDLE = "bundle"
    KEY_ASKED = "key_asked"
    KEY_PIECE = "key_piece"
    FALSE_PIECE = "false_piece"
    SUCCESSION = "succession"


class Draw(Recorded):
    """One attempt at a draw: its signed header and the hidden pool's leaves, 32 bytes each."""

    __tablename__ = "draw"
    __table_args__ = (
        UniqueConstraint("project", "section", "purpose", "seq"),
        UniqueConstraint("hh"),
        CheckConstraint("state IN ('open', 'finished', 'cancelled')", name="state"),
        CheckConstraint("octet_length(leaves) % 32 = 0", name="leaves"),
        Index(
            "draw_open_key", "project", "section", "purpose",
            unique=True, postgresql_where=text("state = 'open'"),
        ),
    )  # fmt: skip
    project: Mapped[UUID] = mapped_column(index=True)
    section: Mapped[UUID]
    purpose: Mapped[str]
    seq: Mapped[int]
    hh: Mapped[bytes]
    header: Mapped[dict[str, Any]]
    signatures: Mapped[dict[str, Any]]
    leaves: Mapped[bytes] = mapped_column(deferred=True)
    """Megabytes of a long list: read where they are used alone."""
    state: Mapped[str]

    def read(self) -> Header:
        """Return the header as the pure rules see it."""
        return read_header(self.header)


class DrawStep(Recorded):
    """One step's document; `role` is I or T where each has its own, `k` counts rounds."""

    __tablename__ = "draw_step"
    __table_args__ = (UniqueConstraint("draw", "kind", "k", "role"),)
    draw: Mapped[UUID] = mapped_column(ForeignKey("draw.id"))
    kind: Mapped[str]
    k: Mapped[int]
    role: Mapped[str]
    document: Mapped[dict[str, Any]]


@action("draw.open_header", by=(Role.CENTRE,))
def open_header(act: Act, *, section: UUID, signed: Mapping[str, Any], leaves: bytes) -> UUID:
    """Publish a header that centre and inspector signed, and the pool's leaves; return the id.

    Raises Invalid for what the header's rules forbid, Conflict while another attempt is open or
    the numbering has a gap.
    """
    project = required_project(act.project)
    with checked():
        header = read_signed(signed, HEADER)
        _check_keys(act.session, header)
        _check_place(header, project, section)
        _check_leaves(header, leaves)
    _check_snapshot(act, header)
    _check_attempt(act.session, header, project, section)
    for constraint in ("draw_open_key", "draw_project_section_purpose_seq_key"):
        act.on_conflict(
            constraint, lambda _: Conflict("已有进行中的抽取 / a draw is open", field="header")
        )
    draw = Draw(
        id=new_id(act.now), project=project, section=section,
        purpose=str(header.value["purpose"]), seq=header.number("seq"), hh=header.hh,
        header=dict(header.value), signatures=dict(signed["signatures"]), leaves=leaves,
        state=State.OPEN.value,
    )  # fmt: skip
    act.session.add(draw)
    act.note(
        subject=str(draw.id), section=str(section), hh=header.hh.hex(),
        header=dict(header.value), signatures=dict(signed["signatures"]),
    )  # fmt: skip
    return draw.id


@contextmanager
def checked() -> Iterator[None]:
    """Turn a broken rule of the draw into a refusal that names the item."""
    try:
        yield
    except DrawError as fault:
        raise Invalid(fault.item, f"抽取规则不符 / {fault}", rule=VERSION) from fault
    except NotCanonical as fault:
        raise Invalid("document", f"不是规范 JSON / {fault}", rule="RFC 8785") from fault


def found_draw(act: Act, draw: UUID) -> Draw:
    """Return the project's draw while it runs (a cancelled one is still completed)."""
    found = act.session.get(Draw, draw)
    if found is None or found.project != act.project:
        raise NotFound("本项目没有此次抽取 / no such draw in this project", field="draw")
    if found.state == State.FINISHED.value:
        raise WrongStage("抽取已结束 / the draw is finished", field="draw", rule=VERSION)
    return found


def put(
    act: Act, draw: Draw, kind: Kind, document: Mapping[str, Any], k: int = 0, role: str = ""
) -> None:
    """Keep a step's document; a second one of the same kind, round and role is a Conflict."""
    act.on_conflict(
        "draw_step_draw_kind_k_role_key",
        lambda _: Conflict("该步骤已完成 / this step is done already", field=kind.value),
    )
    act.session.add(
        DrawStep(
            id=new_id(act.now), draw=draw.id, kind=kind.value, k=k, role=role,
            document=dict(document),
        )
    )  # fmt: skip
    act.note(subject=str(draw.id), section=str(draw.section))


def signing(session: Session, draw: Draw) -> Header:
    """Return the header with who signs for a side whose machine was lost; raises DrawError."""
    header, told = draw.read(), steps(session, draw, Kind.SUCCESSION)
    if not told:
        return header
    commits = [row.document for row in steps(session, draw, Kind.COMMIT)]
    return succeeded(header, commits, told[-1].document)


def found_others(session: Session, draw: Draw) -> int:
    """Return how many other headers are open for the same project, section and purpose."""
    query = select(func.count(Draw.id)).where(
        Draw.project == draw.project, Draw.section == draw.section,
        Draw.purpose == draw.purpose, Draw.state == State.OPEN.value, Draw.id != draw.id,
    )  # fmt: skip
    return session.scalar(query) or 0


def steps(session: Session, draw: Draw, kind: Kind) -> list[DrawStep]:
    """Return the documents of a kind, by round and role."""
    return list(
        session.scalars(
            select(DrawStep)
            .where(DrawStep.draw == draw.id, DrawStep.kind == kind.value)
            .order_by(DrawStep.k, DrawStep.role)
        )
    )


def needed(session: Session, draw: Draw, kind: Kind) -> dict[str, Any]:
    """Return the newest document of a kind; raises WrongStage when that step is still to come."""
    found = steps(session, draw, kind)
    if not found:
        raise WrongStage(f"须先完成 {kind} / the step {kind} comes first", rule=VERSION)
    return found[-1].document


def require_before(act: Act, header: Header, limit: str) -> None:
    """Refuse what comes after a time of the header, e.g. t_commit; raises TooLate."""
    late = act.now.timestamp() > header.number(limit)
    act.require(not late, TooLate(f"已过 {limit} / after {limit}", rule=VERSION, field=limit))


def require_after(act: Act, header: Header, limit: str) -> None:
    """Refuse what comes before a time of the header; raises TooEarly."""
    early = act.now.timestamp() < header.number(limit)
    act.require(not early, TooEarly(f"未到 {limit} / before {limit}", rule=VERSION, field=limit))


def own_role(act: Act, header: Header) -> str:
    """Return I or T, whichever the actor's role holds; raises Invalid for none."""
    role = ROLES[act.actor.role]
    act.require(role in header.roles, Invalid("role", "该角色不参与抽取 / no part in this draw"))
    return role


def _check_place(header: Header, project: UUID, section: UUID) -> None:
    here = (header.value["project"], header.value["lot"]) == (str(project), str(section))
    require(here, "header.project", "is another project or section / 项目或标段不符")


def _check_keys(session: Session, header: Header) -> None:
    """A key that was put together again for one draw is known to another: it opens no other."""
    for role in (CENTRE, INSPECTOR):
        lost = is_lost(session, header.key(role), header.key(role, "vrf"))
        require(not lost, f"header.keys.{role}", "was recovered: needs a fresh key / 密钥已被恢复")


def _check_leaves(header: Header, leaves: bytes) -> None:
    require(len(leaves) == 32 * header.number("n"), "leaves", "are not n of 32 bytes")
    same = pool.root(tree.split_hashes(leaves)) == header.digest("elig_root")
    require(same, "leaves", "do not have the root of the header / 名单根不符")


def _check_snapshot(act: Act, header: Header) -> None:
    """The registry named must be a published snapshot, and no later one may be passed over.

    Where a request brought its own list, this very list.
    """
    stated = header.value["registry"]
    project, name = required_project(act.project), str(header.value["draw"])
    brought = list_named(act.session, project, name)
    if brought is not None:
        same = stated == brought.stated
        act.require(same, Invalid("registry", "不是申请所附名单 / not the request's list"))
        return
    newest = select(PoolSnapshot).order_by(PoolSnapshot.taken_at.desc()).limit(1)
    taken = act.session.scalar(newest)
    told = {} if taken is None else {
        "n": taken.n, "root": taken.root.hex(), "snapshot": str(taken.id)
    }  # fmt: skip
    act.require(
        header.kind is Drawn.EXPERT and stated == told,
        Invalid("registry", "不是最新的专家库快照 / not the newest snapshot", rule=VERSION),
    )


def _check_attempt(session: Session, header: Header, project: UUID, section: UUID) -> None:
    mine = (Draw.project == project, Draw.section == section)
    same = (*mine, Draw.purpose == str(header.value["purpose"]))
    last = session.scalar(select(Draw).where(*same).order_by(Draw.seq.desc()).limit(1))
    number = session.scalar(select(func.count()).select_from(Draw).where(*same))
    before = ("00" * 32, "") if last is None else (last.hh.hex(), last.header["draw"])
    stated = header.value.get("supersedes")
    named = stated["draw"] if isinstance(stated, Mapping) else ""
    if (header.number("seq"), header.value["prev"], named) != (number, *before):
        raise Conflict(
            "抽取序号不连续 / attempts must follow without a gap", field="header.seq", rule=VERSION
        )
