"""Committees of these tests: drawn once, some seats left to be taken."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from experts.panel.attendance import check_in
from experts.panel.committee import form
from tests.bidding.evaluations import a_drawn_hall, reveal_bids
from tests.experts.drawing import DrawingPool, a_drawing_pool
from tests.webui.page.counter import Counter
from tests.webui.page.office.committee import PRICES, Committee


@pytest.fixture(scope="module")
def pool(counter: Counter) -> DrawingPool:
    return a_drawing_pool(counter.house.platform, 40)


@pytest.fixture
def committee(counter: Counter, pool: DrawingPool, tmp_path: Path) -> Committee:
    """Drawn; everybody has checked in but the last; the bids lie open."""
    hall = a_drawn_hall(pool, tmp_path)
    sitting = hall.sitting()
    hidden = hall.service.custody.papers(hall.name).pool()
    openings: dict[str, Any] = {m: hidden.own(u)["opening"] for m, u in sitting.items()}
    members = {mask: hall.account(uid, mask) for mask, uid in sitting.items()}
    for mask in sorted(members):
        hall.secrets[mask] = uuid4().bytes * 2
    for mask in sorted(members)[:-1]:
        hall.do(check_in, members[mask], section=hall.section, opening=openings[mask],
                secret=hall.secrets[mask])  # fmt: skip
    return Committee(counter, hall, members, openings, reveal_bids(hall, PRICES))


@pytest.fixture
def sitting(committee: Committee) -> Committee:
    """All have checked in, and the committee is formed."""
    last = committee.masks[-1]
    committee.person(last)
    committee.hall.finish()
    committee.hall.do(form, committee.hall.centre, section=committee.hall.section)
    return committee
