"""Two bids only: not opened, returned unread (招标投标法实施条例 44)."""

from dataclasses import dataclass

import pytest
from sqlalchemy import text

from bidding.hall.close import fail
from bidding.hall.reveal import reveal
from bidding.hall.seal import check_seal
from bidding.hall.unlock import release, take_batch, unlock
from monitor.record.disclosure import VISITOR, timeline
from monitor.refusal import Refusal, WrongStage
from monitor.role import SYSTEM
from tests.stories.hall import Hall, a_hall
from tests.stories.tenderer import Tenderer, bidders
from tests.stories.world import World, a_tender

BARRED = "works.bidders_minimum"  # 招标投标法实施条例 44
TABLES = ("release", "share_batch", "opened_bid", "opening_record", "undecrypted", "participant")


@dataclass(frozen=True, slots=True)
class Story:
    """Two bids, and what every step that opens something was answered before and after."""

    hall: Hall
    two: list[Tenderer]
    count: int
    before: dict[str, Refusal]
    after: dict[str, Refusal]


@pytest.fixture(scope="module")
def story(world: World) -> Story:
    tender = a_tender(world)
    two = bidders(tender, 2)
    for one in two:
        one.pay()
    hall = a_hall(tender)
    hall.close()
    before = attempts(hall, two)
    count = tender.do(fail, SYSTEM, section=hall.lot)
    return Story(hall, two, count, before, attempts(hall, two))


def attempts(hall: Hall, two: list[Tenderer]) -> dict[str, Refusal]:
    """Try every step that would open something; what each is answered."""
    tender, request = hall.tender, hall.note_request()
    actor, document = hall.answer(request, 1)
    inputs = {"section": hall.lot}
    return {
        "check_seal": two[0].refused(check_seal, **inputs),
        "release": two[0].refused(release, **two[0].release_inputs()),
        "take_batch": tender.refused(
            take_batch, actor, **inputs, request=request, document=document
        ),
        "unlock": tender.refused(unlock, tender.owner, **inputs),
        "reveal": tender.refused(reveal, tender.owner, **inputs, results=[]),
    }


@pytest.mark.parametrize("moment", ["before", "after"])
def test_nothing_that_would_open_a_bid_is_accepted(story: Story, moment: str) -> None:
    refusals: dict[str, Refusal] = getattr(story, moment)
    assert {type(refusal) for refusal in refusals.values()} == {WrongStage}
    by_law = {name for name, refusal in refusals.items() if refusal.rule == BARRED}
    assert by_law == {"check_seal", "release", "take_batch", "unlock"}


@pytest.mark.parametrize("table", TABLES)
def test_no_key_no_share_and_no_plaintext_is_ever_in_the_database(
    story: Story, world: World, table: str
) -> None:
    query = text(f"SELECT count(*) FROM {table} WHERE project = :project")
    with world.house.platform.read() as session:
        assert session.scalar(query, {"project": story.hall.tender.id}) == 0


def test_the_failure_is_public_with_its_count_and_names_nobody(story: Story, world: World) -> None:
    records = world.ask(timeline, story.hall.tender.id, VISITOR)
    [failed] = [r.facts for r in records if r.facts["action"] == "opening.fail"]
    assert (failed["facts"]["count"], failed["facts"]["returned"], story.count) == (2, "unread", 2)
    assert all(one.name.encode() not in r.body for one in story.two for r in records)


def test_an_opening_is_not_called_failed_before_close_nor_with_three(world: World) -> None:
    tender = a_tender(world)
    bidders(tender, 3)
    hall = a_hall(tender)
    early = tender.refused(fail, tender.owner, section=hall.lot)
    hall.close()
    late = tender.refused(fail, tender.owner, section=hall.lot)
    assert (type(early), type(late)) == (WrongStage, WrongStage)
