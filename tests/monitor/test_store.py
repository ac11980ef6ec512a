"""The file store's contract, held against both halves of the seam; and what a folder must survive."""

import io
import os
import stat
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from monitor.store import FileStore, FolderStore, MemoryStore

Made = Callable[[Path], FileStore]
BOTH = pytest.mark.parametrize(
    "made", [lambda _: MemoryStore(), lambda folder: FolderStore(folder / "files")]
)
MEBIBYTE = 1 << 20


class Long(io.RawIOBase):
    """A stream of that many bytes which never exist all at once."""

    def __init__(self, size: int, breaks_at: int = -1) -> None:
        self.left = size
        self.breaks_at = breaks_at

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        assert size > 0
        if self.left <= self.breaks_at:
            raise ConnectionResetError("the sender went away")
        taken = min(size, self.left)
        self.left -= taken
        return bytes(taken)


@BOTH
def test_what_is_put_is_got_back_and_gone_once_discarded(made: Made, tmp_path: Path) -> None:
    store = made(tmp_path)
    one, two = store.put(b"a bid"), store.put(io.BytesIO(b"a bid"))
    assert one != two
    assert store.get(one) == store.get(two) == b"a bid"
    store.discard(one)
    store.discard(one)
    with pytest.raises(KeyError):
        store.get(one)
    assert store.get(two) == b"a bid"


@BOTH
def test_a_stream_is_kept_from_where_it_stands(made: Made, tmp_path: Path) -> None:
    store, stream = made(tmp_path), io.BytesIO(b"head body")
    stream.read(5)
    assert store.get(store.put(stream)) == b"body"


@BOTH
def test_there_is_nothing_under_a_name_that_was_not_given(made: Made, tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        made(tmp_path).get(uuid4())


def test_names_tell_no_time_and_nobody_else_may_read(tmp_path: Path) -> None:
    name = FolderStore(tmp_path / "files").put(b"x")
    assert name.version == 4
    [kept] = [path for path in (tmp_path / "files").rglob("*") if path.is_file()]
    assert UUID(kept.name) == name
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700


def test_the_file_and_then_its_folder_are_synced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, synced = os.fsync, []

    def fsync(descriptor: int) -> None:
        synced.append(os.fstat(descriptor))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    name = FolderStore(tmp_path / "files").put(b"x")
    path = tmp_path / "files" / name.hex[:2] / name.hex
    seen = [each.st_ino for each in synced]
    wanted = [(tmp_path / "files").stat().st_ino, path.stat().st_ino, path.parent.stat().st_ino]
    assert seen == wanted


def test_a_long_stream_is_kept_in_flat_memory(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    tracemalloc.start()
    name = store.put(Long(64 * MEBIBYTE))  # type: ignore[arg-type]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * MEBIBYTE
    assert (tmp_path / name.hex[:2] / name.hex).stat().st_size == 64 * MEBIBYTE


def test_a_stream_that_breaks_leaves_nothing(tmp_path: Path) -> None:
    broken = Long(2 * MEBIBYTE, breaks_at=MEBIBYTE)
    with pytest.raises(ConnectionResetError):
        FolderStore(tmp_path).put(broken)  # type: ignore[arg-type]
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
