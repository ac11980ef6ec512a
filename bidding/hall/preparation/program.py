"""Which programs seal bids: their digests in the log, so that one that was altered is found.

A page that is served altered to one reader shows another digest than the record, or shows a digest
that its scripts have not: whoever computes it by the command on the page sees it.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from monitor.record.act import Act
from monitor.record.action import action
from monitor.record.moment import Done, last
from monitor.record.platform import Platform
from monitor.refusal import Conflict, Invalid
from monitor.role import NOBODY, SYSTEM, Role

PUBLISH = "program.publish"


@action(PUBLISH, by=(Role.SYSTEM,), standing=False)
def publish(act: Act, *, frame: str, offline: str) -> UUID:
    """Say which programs seal from now on: SHA-256 in hexadecimal; return the record.

    Raises Invalid for no digest, Conflict for what is said already.
    """
    for name, told in (("frame", frame), ("offline", offline)):
        act.require(_is_digest(told), Invalid(name, "应为 SHA-256 / must be a SHA-256"))
    known = published(act.session)
    act.require(
        known is None or _facts(known) != (frame, offline),
        Conflict("已公布 / these programs are published already", rule="batong-bid/1"),
    )
    act.note(subject=frame, frame=frame, offline=offline)
    return act.record_id


def published(session: Session) -> Done | None:
    """Return what was last said of the programs, or None."""
    return last(session, NOBODY, None, PUBLISH)


def publish_programs(platform: Platform, frame: str, offline: str) -> None:
    """Put the digests of the programs that are here in the record, unless they are there."""
    with platform.read() as session:
        known = published(session)
    if known is None or _facts(known) != (frame, offline):
        platform.perform(publish, SYSTEM, None, frame=frame, offline=offline)


def _facts(done: Done) -> tuple[str, str]:
    return str(done.body["facts"]["frame"]), str(done.body["facts"]["offline"])


def _is_digest(told: str) -> bool:
    return len(told) == 64 and set(told) <= set("0123456789abcdef")
