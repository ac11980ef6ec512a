"""The ledger against Beancount's own loader and bean-check."""

import subprocess
import sys
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from beancount import loader
from beancount.core import data
from hypothesis import given, settings
from hypothesis import strategies as st

from trading.ledger import (
    Entry,
    Head,
    LedgerError,
    Posting,
    Rate,
    account,
    balances,
    interest,
    move,
    to_beancount,
)

DAY = date(2026, 3, 16)
CODE = "洛直政采磋商(2026)0031号"
BANK, OWED = account(Head.BANK, CODE), account(Head.DEPOSIT, CODE, "0007")
DEMAND = Rate(500, 360, "活期存款挂牌利率 0.05%, stand-in figure")


def _trade() -> list[Entry]:
    """A deposit in, interest, refund of both, and a forfeit."""
    owed_interest = account(Head.INTEREST, CODE, "0007")
    other, kept = account(Head.DEPOSIT, CODE, "0008"), account(Head.FORFEIT, CODE)
    out = DAY + timedelta(days=40)
    gain = interest(2_872_000, DEMAND, DAY, out)
    return [
        Entry(
            "1", DAY, '来款 "A" \\ 换行\n2026-01-01 open X', move(BANK, OWED, 2_872_000), "rec-1"
        ),
        Entry("2", DAY, "来款", move(BANK, other, 2_872_000)),
        Entry("3", out, "结息", move(BANK, owed_interest, gain)),
        Entry(
            "4",
            out,
            "退付",
            (
                Posting(OWED, 2_872_000),
                Posting(owed_interest, gain),
                Posting(BANK, -2_872_000 - gain),
            ),
        ),
        Entry("5", out, "不予退还", move(other, kept, 2_872_000)),
    ]


def _loaded(journal: str) -> dict[str, Decimal]:
    """Load by Beancount and add up every account Beancount's postings."""
    entries, errors, _ = loader.load_string(journal)
    assert errors == []
    sums: dict[str, Decimal] = {}
    for entry in entries:
        if isinstance(entry, data.Transaction):
            for line in entry.postings:
                assert line.units is not None
                number = Decimal(line.units.number or 0)
                sums[line.account] = sums.get(line.account, Decimal(0)) + number
    return sums


def test_beancount_reads_the_journal_to_the_same_balances() -> None:
    entries = _trade()
    ours = {name: Decimal(fen) / 100 for name, fen in balances(entries).items()}
    assert _loaded(to_beancount(entries, "八统")) == ours
    assert balances(entries)[account(Head.FORFEIT, CODE)] == -2_872_000
    assert balances(entries)[OWED] == 0


def test_bean_check_accepts_the_journal_and_refuses_one_changed_fen(tmp_path: Path) -> None:
    check = Path(sys.executable).with_name("bean-check")
    good = to_beancount(_trade(), "八统")
    bad = good.replace("28720.00 CNY", "28720.01 CNY", 1)
    assert good != bad
    (tmp_path / "good.beancount").write_text(good)
    (tmp_path / "bad.beancount").write_text(bad)
    run = [
        subprocess.run([check, tmp_path / f"{n}.beancount"], check=False) for n in ("good", "bad")
    ]
    assert [r.returncode for r in run] == [0, 1]


def test_a_whole_entry_added_to_the_journal_breaks_the_closing_balances() -> None:
    extra = f'{DAY} * "planted"\n  {BANK}  1.00 CNY\n  {OWED}  -1.00 CNY\n'
    _, errors, _ = loader.load_string(to_beancount(_trade(), "八统") + extra)
    assert len(errors) == 2


def test_text_cannot_plant_a_line_in_the_journal() -> None:
    entries, errors, _ = loader.load_string(
        to_beancount(_trade(), '标题" \n2020-01-01 open Assets:Bad')
    )
    assert errors == []
    first = next(e for e in entries if isinstance(e, data.Transaction))
    assert first.narration == '来款 "A" \\ 换行 2026-01-01 open X'
    assert not any(isinstance(e, data.Open) and e.account == "Assets:Bad" for e in entries)


def test_an_empty_ledger_is_a_valid_journal() -> None:
    assert _loaded(to_beancount([], "空")) == {}


@given(st.text(max_size=8), st.text(max_size=8))
def test_two_projects_never_share_a_sub_account(one: str, two: str) -> None:
    same = account(Head.DEPOSIT, one) == account(Head.DEPOSIT, two)
    assert same == (one == two)


codes = st.text(st.characters(codec="utf-8"), max_size=12)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.tuples(codes, codes, st.integers(-(10**14), 10**14), st.integers(0, 99)), max_size=12
    )
)
def test_any_codes_and_amounts_make_a_journal_that_beancount_accepts(
    rows: list[tuple[str, str, int, int]],
) -> None:
    entries = [
        Entry(
            f"{n:04d}",
            DAY + timedelta(days=days),
            text,
            move(account(Head.BANK, code), account(Head.DEPOSIT, code, text), fen),
        )
        for n, (code, text, fen, days) in enumerate(rows)
    ]
    ours = {name: Decimal(fen) / 100 for name, fen in balances(entries).items()}
    assert _loaded(to_beancount(entries, "any")) == ours


@pytest.mark.parametrize(
    "postings",
    [
        (),
        (Posting(BANK, 0),),
        (Posting(BANK, 5), Posting(OWED, -4)),
        (Posting("Assets:Pocket", 5), Posting(OWED, -5)),
    ],
)
def test_an_unbalanced_empty_or_unknown_entry_cannot_exist(postings: tuple[Posting, ...]) -> None:
    with pytest.raises(LedgerError):
        Entry("x", DAY, "错", postings)


@pytest.mark.parametrize(
    ("principal", "ppm", "days", "fen"),
    [
        (80_000_000, 500, 360, 40_000),
        (80_000_000, 500, 1, 111),
        (36_000, 500, 10, 1),
        (35_999, 500, 10, 0),
        (0, 500, 99, 0),
        (100, 500, 0, 0),
    ],
)
def test_interest_is_simple_actual_over_360_with_half_a_fen_up(
    principal: int, ppm: int, days: int, fen: int
) -> None:
    assert interest(principal, Rate(ppm, 360, "x"), DAY, DAY + timedelta(days=days)) == fen


@given(
    st.integers(0, 10**14),
    st.integers(0, 200_000),
    st.integers(0, 4000),
    st.sampled_from([360, 365]),
)
def test_interest_is_never_half_a_fen_or_more_off(
    principal: int, ppm: int, days: int, year: int
) -> None:
    exact = Fraction(principal * ppm * days, 10**6 * year)
    got = interest(principal, Rate(ppm, year, "x"), DAY, DAY + timedelta(days=days))
    assert -Fraction(1, 2) < got - exact <= Fraction(1, 2)


def test_interest_does_not_run_backwards() -> None:
    with pytest.raises(LedgerError):
        interest(1, DEMAND, DAY, DAY - timedelta(days=1))
