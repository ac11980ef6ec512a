"""The story on the terminal: a service that the play returns to is announced again."""

import io
from dataclasses import replace

from webui.demo.narrator import Narrator
from webui.demo.plan import fiction


def test_a_scene_that_comes_again_is_continued_and_one_that_goes_on_is_not_repeated() -> None:
    out = io.StringIO()
    narrator = Narrator(out, 1)
    for title in ("五、投标 / Bids", "五、投标 / Bids", "三、场地 / Venue", "五、投标 / Bids"):
        narrator.scene(title)
    assert [line for line in out.getvalue().splitlines() if line] == [
        "五、投标 / Bids", "三、场地 / Venue", "五、投标（续） / Bids (continued)",
    ]  # fmt: skip


def test_owner_and_bidder_are_called_what_the_law_of_the_trade_calls_them() -> None:
    plan = fiction()
    assert (plan.owner_word, plan.bidder_word) == ("招标人", "投标人")
    plan = replace(plan, category="procurement")
    assert (plan.owner_word, plan.bidder_word) == ("采购人", "供应商")
