"""The shares of a draw: commit, open, reveal, recover, close; all public at once.

Inspector and tenderee commit before either sees the other's; the reveals are closed and signed
before the dice may fall, so that withholding a share is blind.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from experts.ceremony.header import (
    Draw,
    Kind,
    checked,
    found_draw,
    needed,
    own_role,
    put,
    require_after,
    require_before,
    signing,
    steps,
)
from experts.draw import seed
from experts.draw.encoding import require, unhex
from experts.draw.header import Header
from experts.draw.seed import How
from experts.draw.verification import check_both, check_commit, check_reveals
from experts.escrow.holder import holders_for
from experts.escrow.opening import commitment_of, kept_escrow, settled
from monitor.record.act import Act
from monitor.record.action import action
from monitor.refusal import Conflict, Invalid, TooLate, WrongStage
from monitor.role import Role


@action("draw.commit", by=(Role.DEPARTMENT, Role.TENDEREE))
def commit(act: Act, *, draw: UUID, told: Mapping[str, Any]) -> None:
    """Take the own role's signed commitment and escrow, by t_commit; raises Invalid, TooLate.

    Where the side has named holders, its recovery copy must be sealed to them and to nobody else.
    """
    found = found_draw(act, draw)
    header = found.read()
    require_before(act, header, "t_commit")
    role = own_role(act, header)
    with checked():
        check_commit(header, role, told)
    _require_escrow(act, role, told)
    put(act, found, Kind.COMMIT, told, role=role)
    act.note(role=role, c=told["c"])


@action("draw.open", by=(Role.CENTRE,))
def open_commits(act: Act, *, draw: UUID) -> str:
    """Fix all commitments under one hash; return it (hex). Raises WrongStage if one is missing."""
    found = found_draw(act, draw)
    header = found.read()
    commits = {row.role: row.document for row in steps(act.session, found, Kind.COMMIT)}
    act.require(
        set(commits) == set(header.roles),
        WrongStage("尚有角色未提交承诺 / a commitment is missing", field="commits"),
    )
    opened = _opened(header, commits)
    put(act, found, Kind.OPEN, {"open": opened.hex()})
    act.note(open=opened.hex())
    return opened.hex()


@action("draw.reveal", by=(Role.DEPARTMENT, Role.TENDEREE))
def reveal(act: Act, *, draw: UUID, share: str) -> None:
    """Reveal the own share (hex) by t_reveal; raises Invalid, TooLate."""
    found = found_draw(act, draw)
    header = found.read()
    require_before(act, header, "t_reveal")
    _keep(act, found, own_role(act, header), How.REVEALED, share)


@action("draw.recover", by=(Role.CENTRE,))
def recover(act: Act, *, draw: UUID, role: str, share: str) -> None:
    """After t_reveal put the committed share in from its escrow, or its default where that fails.

    share: hex as recovered, or "" for the default. Neither leaves anybody a choice: what is in
    escrow with named holders is what two of them opened on record (experts/escrow/opening.py).
    """
    found = found_draw(act, draw)
    require_after(act, found.read(), "t_reveal")
    commitment = commitment_of(act.session, found, role)
    if commitment.escrow is not None:
        share = settled(act, found, commitment, share)
    _keep(act, found, role, How.RECOVERED if share else How.DEFAULT, share)


@action("draw.close_reveals", by=(Role.CENTRE,))
def close_reveals(act: Act, *, draw: UUID, document: Mapping[str, Any]) -> None:
    """Close the reveals, signed by both, before t_beacon; raises Invalid, WrongStage, TooLate."""
    found = found_draw(act, draw)
    header = found.read()
    late = act.now.timestamp() >= header.number("t_beacon")
    act.require(not late, TooLate("骰子可能已掷 / the dice may have fallen", field="t_beacon"))
    rows = {row.role: row.document for row in steps(act.session, found, Kind.REVEAL)}
    act.require(set(rows) == set(header.roles), WrongStage("尚有份额未公开 / a share is missing"))
    bare = {"closed": document.get("closed"), "reveals": [rows[role] for role in header.roles]}
    commits = {row.role: row.document for row in steps(act.session, found, Kind.COMMIT)}
    with checked():
        values = {role: unhex(told["c"], 32, role) for role, told in commits.items()}
        opened = _opened(header, commits)
        closed, _ = check_reveals(header, bare, opened, values)
        check_both(signing(act.session, found), closed, document.get("signatures"), "reveals")
    put(act, found, Kind.CLOSED, {**bare, "signatures": document["signatures"]})
    act.note(closed=closed.hex())


def _require_escrow(act: Act, role: str, told: Mapping[str, Any]) -> None:
    """The copy must be for the side's own holders, or for none where it named none."""
    copy, named = kept_escrow(told), holders_for(act.session, role, act.actor.org)
    act.require(
        named == ([] if copy is None else list(copy.holders)),
        Invalid(
            "escrow", "份额须托管给本方登记的三位持有人 / must be held by the three named",
            rule="draw.name_holders",
        ),
    )  # fmt: skip


def _keep(act: Act, draw: Draw, role: str, how: How, share: str) -> None:
    needed(act.session, draw, Kind.OPEN)
    closed = steps(act.session, draw, Kind.CLOSED)
    act.require(not closed, Conflict("份额已封存 / the reveals are closed", field="share"))
    commits = {row.role: row.document for row in steps(act.session, draw, Kind.COMMIT)}
    with checked():
        require(role in commits, role, "has no part in this draw / 角色不符")
        known = unhex(commits[role]["c"], 32, role)
        value = share or seed.default_share(known).hex()
        fits = how is How.DEFAULT or seed.commit(draw.hh, role, unhex(value, 32, role)) == known
        require(fits, f"reveals {role}", "does not fit the commitment / 与承诺不符")
    put(act, draw, Kind.REVEAL, {"how": str(how), "r": value, "role": role}, role=role)
    act.note(role=role, how=str(how), r=value)


def _opened(header: Header, commits: Mapping[str, Mapping[str, Any]]) -> bytes:
    values = {role: unhex(told["c"], 32, role) for role, told in commits.items()}
    return seed.opened(header.hh, values)
