"""The canonical zip against the standard library, and against one changed byte anywhere."""

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.archive.canonical_zip import DIRECTORY, ZipError, canonical_zip, read_canonical

MEMBERS = {"b.txt": b"second", "a.txt": b"first", "目录/名.txt": "中文".encode(), "empty": b""}


def _extent(data: bytes) -> dict[int, str]:
    """Which member every byte before the directory belongs to, as zipfile sees it."""
    owner: dict[int, str] = {}
    for info in zipfile.ZipFile(io.BytesIO(data)).infolist():
        length = 30 + len(info.filename.encode()) + info.file_size
        owner |= dict.fromkeys(
            range(info.header_offset, info.header_offset + length), info.filename
        )
    return owner


def test_the_standard_library_reads_every_member_back() -> None:
    with zipfile.ZipFile(io.BytesIO(canonical_zip(MEMBERS))) as opened:
        assert opened.testzip() is None
        assert {name: opened.read(name) for name in opened.namelist()} == MEMBERS


def test_members_are_stored_sorted_with_fixed_time_mode_and_no_extras() -> None:
    opened = zipfile.ZipFile(io.BytesIO(canonical_zip(MEMBERS)))
    infos = opened.infolist()
    assert [i.filename for i in infos] == ["a.txt", "b.txt", "empty", "目录/名.txt"]
    assert {i.date_time for i in infos} == {(1980, 1, 1, 0, 0, 0)}
    assert {i.compress_type for i in infos} == {zipfile.ZIP_STORED}
    assert {(i.external_attr, i.create_system) for i in infos} == {(0o100644 << 16, 3)}
    assert [i.flag_bits for i in infos] == [0, 0, 0, 0x800]
    assert {(i.extra, i.comment) for i in infos} == {(b"", b"")}
    assert opened.comment == b""


def test_the_order_in_which_members_are_given_does_not_matter() -> None:
    turned = dict(reversed(MEMBERS.items()))
    assert canonical_zip(turned) == canonical_zip(MEMBERS)


def test_the_python_zip_writer_with_our_rules_makes_the_same_bytes() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as out:
        for name in sorted(MEMBERS, key=str.encode):
            info = zipfile.ZipInfo(name)
            info.create_system, info.external_attr = 3, 0o100644 << 16
            out.writestr(info, MEMBERS[name])
    assert made.getvalue() == canonical_zip(MEMBERS)


def test_one_changed_byte_anywhere_is_refused_naming_the_item() -> None:
    data = canonical_zip(MEMBERS)
    owner = _extent(data)
    for at in range(len(data)):
        for bit in (0x01, 0x80):
            bad = data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :]
            with pytest.raises(ZipError) as fault:
                read_canonical(bad)
            if at in owner:
                assert fault.value.item.split(" (")[0] == owner[at]
            else:
                assert fault.value.item == DIRECTORY or "header says" in fault.value.item


@pytest.mark.parametrize("change", ["before", "after", "cut", "comment", "swapped", "double"])
def test_an_added_removed_or_reordered_part_is_refused(change: str) -> None:
    data = canonical_zip(MEMBERS)
    end = len(data) - 22
    made = {
        "before": b"x" + data,
        "after": data + b"x",
        "cut": data[:-1],
        "comment": data[:-2] + b"\1\0x",
        "swapped": data[:end].replace(b"a.txt", b"c.txt") + data[end:],
        "double": data[:end].replace(b"a.txt", b"b.txt") + data[end:],
    }[change]
    with pytest.raises(ZipError):
        read_canonical(made)


@pytest.mark.parametrize("compression", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_a_zip_by_ordinary_tools_is_refused_though_its_members_are_the_same(
    compression: int,
) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", compression) as out:
        for name, body in MEMBERS.items():
            out.writestr(name, body)
    with pytest.raises(ZipError):
        read_canonical(made.getvalue())


@pytest.mark.parametrize(
    "name", ["", "/etc/x", "../x", "a/../b", "a//b", "./a", "a\\b", "a/", "x\0"]
)
def test_a_name_that_escapes_its_folder_is_refused(name: str) -> None:
    with pytest.raises(ZipError):
        canonical_zip({name: b"x"})


def test_a_file_cannot_also_be_the_folder_of_another() -> None:
    with pytest.raises(ZipError, match="a/b"):
        canonical_zip({"a": b"x", "a/b": b"y"})


names = st.text(
    st.characters(exclude_characters="/\\\0:", exclude_categories=["Cs"]), min_size=1, max_size=60
)


@given(st.dictionaries(names.filter(lambda n: n not in {".", ".."}), st.binary(max_size=64)))
def test_reading_gives_back_what_was_written(members: dict[str, bytes]) -> None:
    assert read_canonical(canonical_zip(members)) == members
