"""A visitor who measures: what is hidden makes no answer read another row, nor ask once more."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from monitor.record.act import Act
from monitor.record.action import Action, Visibility
from monitor.record.disclosure import VISITOR, Audience, Viewer, timeline
from monitor.record.table import Record, Sight
from monitor.role import NOBODY, SYSTEM, Role
from tests.builders import a_participation, an_actor
from tests.monitor.record.ruled import whole
from tests.trading.projects import Trade, an_issued_trade
from tests.webui.page.counter import Counter
from webui.page.source import Source

Reads = list[tuple[str, int]]
"""Each statement that an answer took, with the rows that it brought."""


@pytest.fixture(scope="module")
def trade(counter: Counter) -> Trade:
    return an_issued_trade(counter.house.platform)


@pytest.fixture
def reads(counter: Counter) -> Callable[[str], Reads]:
    client = counter.app.test_client()
    return lambda path: read_by(counter, client, path)


def read_by(counter: Counter, client: FlaskClient, path: str) -> Reads:
    with told(counter) as found:
        client.get(path)
    return found


@contextmanager
def told(counter: Counter) -> Iterator[Reads]:
    found: Reads = []

    def note(_: Any, cursor: Any, statement: str, *rest: Any) -> None:
        found.append((statement, cursor.rowcount))

    engine = counter.house.platform.engine
    event.listen(engine, "after_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "after_cursor_execute", note)


def nothing(act: Act) -> None:
    act.note("nothing")


def hide(counter: Counter, chain: UUID | None, count: int = 1) -> None:
    """Acts that their doer alone may see: downloads in a trade, sign-ins outside of all."""
    name = "document.download" if chain else "account.sign_in"
    verb = Action(name, frozenset({Role.SYSTEM}), Visibility.SECRET, False, nothing)
    for _ in range(count):
        counter.house.platform.perform(verb, SYSTEM, chain)


def hidden_in(session: Session, chain: UUID) -> UUID:
    """The newest record of a chain that no visitor may see."""
    seen = {each.record_id for each in timeline(session, chain, VISITOR)}
    every = session.scalars(select(Record.id).where(Record.chain == chain).order_by(Record.id))
    return [each for each in every if each not in seen][-1]


def test_a_frame_reads_the_same_whether_somebody_joined_or_nobody_did(
    counter: Counter, trade: Trade, reads: Callable[[str], Reads]
) -> None:
    start = counter.house.settle().size
    an_actor(counter.house.platform, Role.TENDERER)
    middle = counter.house.settle().size
    path = f"/api/v1/projects/{trade.id}/frame"
    reads(f"{path}?after={start}")
    elsewhere = reads(f"{path}?after={start}")
    a_participation(counter.house.platform, trade.id)
    end = counter.house.settle().size
    joined, nothing = reads(f"{path}?after={middle}"), reads(f"{path}?after={end}")
    assert start < middle < end
    assert joined == elsewhere == nothing
    assert sum(rows for _, rows in joined) <= 5


def test_a_whole_trade_and_its_page_cost_no_more_for_what_is_hidden_in_it(
    counter: Counter, trade: Trade, reads: Callable[[str], Reads]
) -> None:
    paths = [f"/api/v1/projects/{trade.id}", f"/project/{trade.id}"]
    paths += [f"/api/v1/projects/{trade.id}/frame?after=0"]
    before = [reads(path) for path in paths]
    hide(counter, trade.id, 20)
    a_participation(counter.house.platform, trade.id)
    counter.house.settle()
    assert [reads(path) for path in paths] == before


def test_a_hidden_record_is_looked_for_just_as_one_that_never_was(
    counter: Counter, trade: Trade, reads: Callable[[str], Reads]
) -> None:
    hide(counter, trade.id)
    hide(counter, None)
    with counter.house.platform.read() as session:
        hidden = [hidden_in(session, chain) for chain in (trade.id, NOBODY)]
    for form in ("/api/v1/records/{}", "/record/{}", "/record/{}.body", "/verify?record={}"):
        never = reads(form.format(uuid4()))
        assert [reads(form.format(each)) for each in hidden] == [never, never], form


def test_one_public_record_costs_the_same_however_long_its_chain_is(
    counter: Counter, trade: Trade, reads: Callable[[str], Reads]
) -> None:
    program = Action("outage.note", frozenset({Role.SYSTEM}), Visibility.PUBLIC, False, nothing)
    paths = []
    for chain in (None, trade.id):
        counter.house.platform.perform(program, SYSTEM, chain)
        with counter.house.platform.read() as session:
            public = timeline(session, chain or NOBODY, VISITOR)[-1]
        paths.append(f"/api/v1/records/{public.record_id}")
    counter.house.settle()
    before = [reads(path) for path in paths]
    hide(counter, None, 60)
    for _ in range(10):
        counter.house.platform.perform(program, SYSTEM, None)
    assert [reads(path) for path in paths] == before
    assert all(sum(rows for _, rows in each) <= 5 for each in before)


def test_over_the_whole_demo_every_reader_sees_what_the_rule_says_and_nothing_else(
    source: Source,
) -> None:
    with source.platform.read() as session:
        every = select(Sight.chain, Sight.org, Sight.actor).distinct()
        rows = session.execute(every).all()
        for chain in {row.chain for row in rows}:
            held = whole(session, chain)
            orgs = {row.org for row in rows if row.chain == chain and row.org}
            masks = {row.actor for row in rows if row.chain == chain and row.actor[1] == "-"}
            viewers = [Viewer(audience) for audience in Audience]
            viewers += [Viewer(Audience.PARTY, UUID(org)) for org in orgs]
            viewers += [Viewer(Audience.PARTY, None, frozenset({mask})) for mask in masks]
            for viewer in viewers:
                seen = timeline(session, chain, viewer)
                assert [each.record_id for each in seen] == held.shown_to(viewer), viewer
