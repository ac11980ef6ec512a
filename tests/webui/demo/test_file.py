"""Real input as files: what is read, and what is refused in one message."""

import csv
import json
from pathlib import Path

import pytest

from tests.trading.intake.model import ITEM
from tests.webui.demo.row import ROWS
from webui.demo.real import RealInputInvalid, plan_from_files
from webui.intake.portal import NoticeFileInvalid

OPENING = Path(__file__).parents[4] / "shared" / "data" / "opening_record_1528_bidders.csv"


def a_file(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_files_are_read_and_the_first_bidders_taken(tmp_path: Path) -> None:
    notice = tmp_path / "n.json"
    notice.write_text(json.dumps([ITEM]), "utf-8")
    plan = plan_from_files(notice, "r1", a_file(tmp_path / "o.csv", ROWS), 7)
    assert [one.name for one in plan.rivals[:7]] == [row["bidder"] for row in ROWS[:7]]
    assert plan.name == "某县体育馆"


def test_no_file_at_all_is_the_plays_own_trade() -> None:
    assert plan_from_files(None, None, None, None).remarks == ()


@pytest.mark.parametrize("count", [0, -1, 9])
def test_a_number_of_bidders_out_of_range_is_refused(count: int, tmp_path: Path) -> None:
    path = a_file(tmp_path / "o.csv", ROWS)
    with pytest.raises(RealInputInvalid, match="1 to 8"):
        plan_from_files(None, None, path, count)


def test_a_table_without_the_columns_is_refused_by_their_names(tmp_path: Path) -> None:
    path = a_file(tmp_path / "o.csv", [{"bidder": "甲", "uscc": "x"}])
    with pytest.raises(RealInputInvalid, match="price_wan"):
        plan_from_files(None, None, path, None)


def test_files_that_cannot_be_used_are_refused_in_one_message(tmp_path: Path) -> None:
    broken = tmp_path / "x"
    broken.write_bytes(b"\xff\xfe\x00")
    for notice, opening in ((broken, None), (None, broken), (None, tmp_path / "none")):
        with pytest.raises((RealInputInvalid, NoticeFileInvalid)) as refused:
            plan_from_files(notice, None, opening, None)
        assert isinstance(refused.value, ValueError)
    with pytest.raises(RealInputInvalid, match="--notice"):
        plan_from_files(None, "P1", None, None)
    with pytest.raises(RealInputInvalid, match="--opening"):
        plan_from_files(None, None, None, 5)


def test_the_first_50_real_bidders_keep_their_prices() -> None:
    if not OPENING.exists():
        pytest.skip(
            "the real opening record, ../shared/data/opening_record_1528_bidders.csv, is absent"
        )
    plan = plan_from_files(None, None, OPENING, 50)
    assert len(plan.rivals) == 52
    assert plan.rivals[1].price_fen == 1_834_849_600
    assert not [line for line in plan.remarks if "高于最高限价" in line]
