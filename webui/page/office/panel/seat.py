"""The seat that somebody holds: its paper, dropped into a page, and how the page remembers it.

The paper is what a drawn expert was sent after CLOSE, and the secret that the seat was bound to.
Neither is kept here: the secret lies in a cookie of this browser, or comes with a program's header.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask import request

from experts.panel.attendance import seat_held
from monitor.refusal import Invalid
from monitor.role import Role
from trading.desk.docket import Matter, matter
from webui.deed.deed import SEAT
from webui.page.answer import cookie
from webui.page.view import source
from webui.page.wearer import Wearer

MEMBERS = (Role.EXPERT, Role.TENDEREE)
"""Who may hold a seat: drawn experts, and the owner's delegate."""
HEADER = "X-Seat"
_TOLD = re.compile(r"([0-9a-f-]{36})\.(e-[0-9a-f]{32})\.([0-9a-f]{64})")
_NAME = re.compile(r"(?:__Host-)?seat-([0-9a-f]{32})")
MOST = 16 * 1024


@dataclass(frozen=True, slots=True)
class Held:
    """A seat: its section, its pseudonym, and the secret that proves it."""

    section: UUID
    mask: str
    secret: str = field(repr=False)

    @property
    def inputs(self) -> dict[str, str]:
        """What every deed of this seat carries."""
        return {"section": str(self.section), "mask": self.mask, "secret": self.secret}

    def __str__(self) -> str:
        """Write it as the cookie and the header hold it."""
        return f"{self.section}.{self.mask}.{self.secret}"


@dataclass(frozen=True, slots=True)
class Paper:
    """A seat's paper as it was dropped: the seat, its project, and what proves it.

    A drawn expert's holds the opening of the leaf, a delegate's the token (hex).
    """

    project: UUID
    held: Held
    opening: Mapping[str, Any]
    token: str = field(default="", repr=False)


def read_paper(data: bytes, named: str = "paper") -> Paper:
    """Read a seat's paper; one without a secret gets a new one. Raises Invalid of that field."""
    try:
        told = json.loads(data)
        mask, secret = str(told["mask"]), str(told.get("secret") or secrets.token_hex(32))
        held = Held(UUID(str(told["section"])), mask, bytes.fromhex(secret).hex())
        token = bytes.fromhex(str(told.get("token") or "")).hex()
        paper = Paper(UUID(str(told["project"])), held, dict(told.get("opening") or {}), token)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise _wrong(named) from None
    if len(data) > MOST or not SEAT.fullmatch(mask) or len(secret) != 64:
        raise _wrong(named)
    return paper


def held(project: UUID) -> Held | None:
    """Return the seat that this request names for a project; proven by `proven` alone."""
    told = request.headers.get(HEADER, "") or cookie.read(cookie_name(project))
    found = _TOLD.fullmatch(told)
    return Held(UUID(found[1]), found[2], found[3]) if found else None


def proven(who: Wearer, project: UUID, told: Held | None = None) -> Held | None:
    """Return the seat (the request's, or the one told) if this very person holds its secret."""
    found = told or held(project)
    if found is None:
        return None
    with source().platform.read() as session:
        seat = seat_held(
            session, found.section, found.mask, who.actor.person, bytes.fromhex(found.secret)
        )
        return found if seat is not None and seat.project == project else None


def seats_of(who: Wearer) -> list[Matter]:
    """Return the trades in which this browser holds a seat of the wearer's."""
    here = source()
    names = map(_NAME.fullmatch, request.cookies)
    mine = [each for each in (UUID(name[1]) for name in names if name) if proven(who, each)]
    with here.platform.read() as session:
        return [found for each in mine if (found := matter(session, each, here.now))]


def cookie_name(project: UUID) -> str:
    """Return the name of the cookie that holds a project's seat."""
    return f"seat-{project.hex}"


def _wrong(named: str) -> Invalid:
    return Invalid(named, "不是席位凭据 / no paper of a seat", rule="webui/page/office/panel")
