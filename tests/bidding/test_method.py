"""The method: fixed before CLOSE, adds up to 100, and weighs the price as the law says."""

from pathlib import Path

import pytest

from bidding.evaluation.method import Method, start
from bidding.scoring import Formula, PriceRule
from monitor.refusal import Invalid, WrongStage
from tests.bidding.evaluations import METHOD, set_the_method
from tests.builders import the_act
from tests.experts.drawing import DrawingPool, a_hall
from tests.experts.hall import Hall
from tests.trading.projects import a_filing, an_accepted_trade
from trading.registration.project import sections


def test_the_method_is_fixed_before_close_and_adds_up(pool: DrawingPool, tmp_path: Path) -> None:
    hall = a_hall(pool, tmp_path)
    for wrong in (
        Method({"technical": 3000}, PriceRule(Formula.LOWEST, 6000)),
        Method({"technical": 10_000}, PriceRule(Formula.LOWEST, 0)),
        Method({"technical": 4000}, PriceRule(Formula.BENCHMARK, 6000, above=-1)),
    ):
        with pytest.raises(Invalid):
            set_the_method(hall, wrong)
    set_the_method(hall)
    set_the_method(hall, Method({"technical": 5000}, PriceRule(Formula.BENCHMARK, 5000, 100, 50)))
    hall.close()
    with pytest.raises(WrongStage, match="no change"):
        set_the_method(hall, METHOD)
    with pytest.raises(WrongStage, match=r"opening\.reveal"):
        hall.platform.perform(start, hall.tenderee, hall.project, section=hall.section)
    the_act(hall.platform, "opening.reveal", hall.project)
    with pytest.raises(WrongStage, match="no committee"):
        hall.platform.perform(start, hall.tenderee, hall.project, section=hall.section)


def test_a_purchase_of_goods_gives_the_price_its_lawful_weight(
    pool: DrawingPool, tmp_path: Path
) -> None:
    trade = an_accepted_trade(pool.platform, a_filing("procurement", "goods"))
    with pool.platform.read() as session:
        [section] = sections(session, trade.id)
    hall = Hall(
        pool.platform,
        tmp_path,
        trade.id,
        section.id,
        pool.keepers,
        pool.people,
        trade.owner,
        trade.owner,
    )
    light = Method({"technical": 7001}, PriceRule(Formula.LOWEST, 2999))
    other = Method({"technical": 6000}, PriceRule(Formula.BENCHMARK, 4000, 100, 50))
    for wrong in (light, other):
        with pytest.raises(Invalid) as refused:
            set_the_method(hall, wrong)
        assert refused.value.rule == "87号令 55"
    set_the_method(hall, Method({"technical": 7000}, PriceRule(Formula.LOWEST, 3000)))
