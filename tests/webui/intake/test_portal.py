"""An export of notices as a file: what is not one is refused, and one notice is chosen by name."""

import json
from pathlib import Path

import pytest

from webui.intake.portal import NoticeFileInvalid, find_notice, read_notices, subject_kind

ITEMS = [
    {"record_id": "r1", "project_code": "P1", "title": "甲", "info_type": "交易公告"},
    {"record_id": "r2", "project_code": "P2", "title": "乙", "info_type": "交易公告"},
    {"record_id": "r3", "project_code": "P2", "title": "丙", "info_type": "交易公告"},
    {"record_id": "r4", "project_code": "", "title": "丁", "info_type": "交易公告"},
    {"record_id": "r5", "project_code": "P5", "title": "戊", "info_type": "成交公示"},
]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "JSON"),
        (b'{"a": 1}', "list"),
        (b"[1]", "list"),
        (b"[]", "no notice"),
        (b"\xff", "UTF-8"),
    ],
)
def test_what_is_no_export_is_refused_by_its_name(
    content: bytes, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "n.json"
    path.write_bytes(content)
    with pytest.raises(NoticeFileInvalid, match=said) as refused:
        read_notices(path)
    assert str(path) in str(refused.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoticeFileInvalid, match="cannot be read"):
        read_notices(tmp_path / "none.json")


def test_a_byte_order_mark_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "n.json"
    path.write_text(json.dumps(ITEMS), "utf-8-sig")
    assert read_notices(path) == ITEMS


def test_a_notice_is_found_by_its_code_and_by_its_record() -> None:
    assert find_notice(ITEMS, "P1")["record_id"] == "r1"
    assert find_notice(ITEMS, " r3 ")["title"] == "丙"
    assert find_notice(ITEMS[:1], None)["title"] == "甲"


@pytest.mark.parametrize(
    ("wanted", "listed", "not_listed"),
    [("P2", "r3《丙》", "r1"), (None, "P1, r2, r3, r4", "P5"), ("P9", "r4", "P5")],
)
def test_what_names_no_one_notice_lists_the_candidates(
    wanted: str | None, listed: str, not_listed: str
) -> None:
    with pytest.raises(NoticeFileInvalid) as refused:
        find_notice(ITEMS, wanted)
    assert listed in str(refused.value)
    assert not_listed not in str(refused.value)


def test_an_empty_code_never_chooses_the_notices_without_one() -> None:
    with pytest.raises(NoticeFileInvalid, match="--code"):
        find_notice(ITEMS, "")


@pytest.mark.parametrize(
    ("category", "name", "kind"),
    [
        ("works", "某公园设计、施工一体化", "construction"),
        ("works", "某馆建设项目监理", "service"),
        ("works", "某馆太阳能热水系统设备", "goods"),
        ("works", "某馆", "construction"),
        ("procurement", "体育赛事评估", "service"),
        ("procurement", "智慧终端", "goods"),
        ("land", "某地块", ""),
    ],
)
def test_a_kind_is_guessed_from_the_name(category: str, name: str, kind: str) -> None:
    assert subject_kind(category, name) == kind
