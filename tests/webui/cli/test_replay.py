"""`batong replay opening`: a real opening's rows sealed, sent in, opened, and compared one by one."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.webui.demo.row import a_row
from tests.webui.demo.test_file import OPENING, a_file
from webui.cli import main
from webui.demo.real import RealInputInvalid
from webui.demo.real.replay.row import read_record

SHUT = {"decrypt_status": "未提交解密", "decrypt_instruction_at": "", "price_wan": ""}
ROWS = [
    a_row(1, received_at="2026-03-13 11:57:26", decrypt_instruction_at="2026-03-16 09:30:40"),
    a_row(2, received_at="2026-03-10 09:00:00", decrypt_instruction_at="2026-03-16 10:02:55"),
    a_row(9, received_at="2026-03-13 11:57:26", decrypt_instruction_at="2026-03-16 09:30:40"),
    a_row(4, received_at="2026-03-16 09:22:35", **SHUT),
    a_row(3, received_at="2026-03-13 11:57:26", decrypt_instruction_at="2026-03-16 09:30:09"),
]


def test_rows_stand_by_received_time_then_sign_in_and_invented_prices_are_named(
    tmp_path: Path,
) -> None:
    record = read_record(a_file(tmp_path / "o.csv", ROWS), None)
    assert [row.sign_in for row in record.rows] == [2, 1, 3, 9, 4]
    assert [row.sign_in for row in record.released] == [3, 1, 9, 2]
    [told] = record.lines
    assert "某4建设有限公司" in told
    assert "invented" in told


@pytest.mark.parametrize(
    ("spoilt", "words"),
    [
        ({"received_at": "昨天"}, "cannot be read"),
        ({"sign_in_order": "x"}, "cannot be read"),
        ({"price_wan": ""}, "without a price"),
    ],
)
def test_a_record_that_cannot_be_replayed_is_refused_in_words(
    tmp_path: Path, spoilt: dict[str, str], words: str
) -> None:
    rows = [*ROWS[1:], ROWS[0] | spoilt]
    with pytest.raises(RealInputInvalid, match=words):
        read_record(a_file(tmp_path / "o.csv", rows), None)
    with pytest.raises(RealInputInvalid, match="3 to 5"):
        read_record(a_file(tmp_path / "p.csv", ROWS), 2)


def replayed(path: Path, *options: str) -> dict[str, object]:
    run = CliRunner().invoke(main, ["replay", "opening", str(path), "--json", *options])
    assert run.exit_code == 0, run.output
    told: dict[str, object] = json.loads(run.stdout)
    return told


def test_an_opening_is_replayed_and_its_table_equals_the_record(tmp_path: Path) -> None:
    told = replayed(a_file(tmp_path / "o.csv", ROWS))
    assert (told["bidders"], told["released"], told["opened_by_trustees"]) == (5, 4, 1)
    assert (told["equal_prices"], told["wrong"]) == (4, [])


@pytest.mark.campaign
@pytest.mark.parametrize("bidders", [15, 150, 1528])
def test_the_whole_real_opening_is_replayed(bidders: int) -> None:
    if not OPENING.exists():
        pytest.skip("the real opening record is absent")
    told = replayed(OPENING, "--bidders", str(bidders))
    shut = min(3, max(1, bidders // 4))
    assert (told["released"], told["opened_by_trustees"]) == (bidders - shut, shut)
    assert told["equal_prices"] == bidders - shut
    print(json.dumps(told))  # noqa: T201 - the figures are what the campaign is for
