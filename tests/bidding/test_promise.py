"""The promise: nobody judges a bid before it, in other words than those shown, or for another."""

from dataclasses import replace
from pathlib import Path

import pytest

from bidding.evaluation.method import start
from bidding.evaluation.sheet import Ground, reject, score
from bidding.evaluation.signature import sign
from experts.panel.committee import form
from experts.panel.promise import promise, promised, statement, statement_digest
from monitor.record.disclosure import Audience
from monitor.refusal import Conflict, Invalid, NotAllowed, WrongStage
from monitor.role import Actor
from tests.bidding.evaluations import GOOD, a_drawn_hall, reveal_bids
from tests.experts.drawing import DrawingPool, seen_by
from tests.experts.hall import Hall

Panel = tuple[Hall, dict[str, Actor]]


@pytest.fixture
def panel(pool: DrawingPool, tmp_path: Path) -> Panel:
    """Everybody has checked in, the committee is formed, the bids lie open; nobody has promised."""
    hall = a_drawn_hall(pool, tmp_path)
    members = hall.check_in()
    hall.finish()
    hall.do(form, hall.centre, section=hall.section)
    return hall, members


def test_nobody_judges_before_the_promise(panel: Panel) -> None:
    hall, members = panel
    bids = reveal_bids(hall, (90_000, 100_000, 110_000))
    hall.do(start, hall.tenderee, section=hall.section)
    mask, member = next(iter(members.items()))
    own = {"section": hall.section, "secret": hall.secrets[mask]}
    for _ in range(2):
        with pytest.raises(WrongStage, match="promise") as refused:
            hall.do(score, member, bid=bids[0], points=GOOD, **own)
        assert refused.value.rule == "招标投标法 37、44"
    with pytest.raises(WrongStage, match="promise"):
        hall.do(reject, member, bid=bids[0], ground=Ground.PRICE, reason="超限价", **own)
    with pytest.raises(WrongStage, match="promise"):
        hall.do(sign, member, **own)
    hall.do(promise, member, statement=statement_digest(), **own)
    hall.do(score, member, bid=bids[0], points=GOOD, reasons={"technical": " 方案可行 "}, **own)
    with pytest.raises(Invalid) as wrong:
        hall.do(score, member, bid=bids[0], points=GOOD, reasons={"gift": "x"}, **own)
    assert wrong.value.field == "reasons"
    with pytest.raises(Invalid) as wrong:
        hall.do(score, member, bid=bids[0], points=GOOD, reasons={"technical": "长" * 501}, **own)
    assert wrong.value.field == "technical"


def test_a_promise_is_ones_own_once_and_in_the_words_shown(panel: Panel) -> None:
    hall, members = panel
    (mask, member), (other, _) = list(members.items())[:2]
    words = {"section": hall.section, "statement": statement_digest()}
    with pytest.raises(Invalid) as refused:
        hall.do(
            promise, member, section=hall.section, statement=bytes(32), secret=hall.secrets[mask]
        )
    assert refused.value.field == "statement"
    for secret in (hall.secrets[other], bytes(32)):
        with pytest.raises(NotAllowed):
            hall.do(promise, member, secret=secret, **words)
    stolen = replace(member, mask=other)
    with pytest.raises(NotAllowed):
        hall.do(promise, stolen, secret=hall.secrets[other], **words)
    hall.do(promise, member, secret=hall.secrets[mask], **words)
    with pytest.raises(Conflict):
        hall.do(promise, member, secret=hall.secrets[mask], **words)
    with hall.platform.read() as session:
        assert promised(session, hall.section, mask)
        assert not promised(session, hall.section, other)


def test_a_promise_names_a_pseudonym_and_is_not_the_publics(panel: Panel) -> None:
    hall, members = panel
    mask, member = next(iter(members.items()))
    hall.do(
        promise, member, section=hall.section, statement=statement_digest(),
        secret=hall.secrets[mask],
    )  # fmt: skip
    assert "panel.promise" not in seen_by(hall, Audience.PUBLIC)
    for audience in Audience:
        assert str(member.person) not in seen_by(hall, audience)


def test_the_words_speak_of_ties_fairness_and_secrecy_in_both_languages() -> None:
    assert {"近亲属", "客观", "保密"} <= {
        w for w in ("近亲属", "客观", "保密") if w in statement()["zh"]
    }
    assert all(word in statement()["en"] for word in ("relative", "fairly", "secret"))
