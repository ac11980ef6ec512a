"""Which draws still run: something is to be signed in them, and a lost key may be wanted."""

from __future__ import annotations

from sqlalchemy import ColumnElement, select

from experts.ceremony.header import Draw, DrawStep, Kind, State


def runs() -> ColumnElement[bool]:
    """What is true of a draw in which something is still to be signed.

    A cancelled one is completed once its commitments were opened; before, it is over.
    """
    ended, opened = (
        select(DrawStep.id)
        .where(DrawStep.draw == Draw.id, DrawStep.kind == kind.value)
        .correlate(Draw)
        .exists()
        for kind in (Kind.FINAL, Kind.OPEN)
    )
    return ~ended & ((Draw.state == State.OPEN.value) | opened)
