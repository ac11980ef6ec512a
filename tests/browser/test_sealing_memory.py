"""A bid of a gigabyte sealed in the page: its browser keeps no more of it than of a small one."""

import json
import platform
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import browser_program
from tests.browser.test_sealing_frame import Tenderer, keep, ports, shown

MIB = 2**20
HELD, GROWN = 128, 64
"""MiB that the browser may grow by from a bid of one to one of 1,024, and from one of 64: the blocks on
their way to the disk, which a small bid does not fill."""
LOOK = 0.1
__all__ = ["ports"]  # a fixture


class Peak:
    """The most memory of their own that a program and all that it started held at once, in MiB."""

    def __init__(self, mark: str) -> None:
        self._mark = mark
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self.most = 0

    def __enter__(self) -> "Peak":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(LOOK):
            self.most = max(self.most, sum(map(own_memory, family(self._mark))) // MIB)


def family(mark: str) -> set[int]:
    """Return the processes whose command line has a word, and all that descend from them."""
    parents, found = dict[int, int](), set[int]()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            told, command = (folder / "stat").read_text(), (folder / "cmdline").read_text()
        except OSError:
            continue
        parents[int(folder.name)] = int(told.rpartition(")")[2].split()[1])
        if mark in command:
            found.add(int(folder.name))
    grown = True
    while grown:
        more = {pid for pid, parent in parents.items() if parent in found} - found
        grown = bool(more)
        found |= more
    return found


def own_memory(pid: int) -> int:
    """Return the bytes that no file stands behind; none of a process that has ended."""
    try:
        told = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    sizes = dict(line.split(":", 1) for line in told.splitlines())
    parts = (sizes.get(name, "0 kB") for name in ("RssAnon", "RssShmem"))
    return sum(int(part.split()[0]) * 1024 for part in parts)


@contextmanager
def a_file(folder: Path, size: int) -> Iterator[Path]:
    """A file of that size to seal, alone in its folder."""
    for old in folder.iterdir():
        old.unlink()
    made = folder / "技术标.pdf"
    with made.open("wb") as sink:
        sink.truncate(size)
    yield made
    made.unlink()


@pytest.mark.campaign
@pytest.mark.skipif(platform.system() != "Linux", reason="memory is read from /proc")
def test_a_gigabyte_is_sealed_in_memory_that_stays_as_it_was(
    browser: Browser, ports: tuple[int, int], tmp_path: Path
) -> None:
    peaks = {}
    for mebibytes in (1, 64, 1024):
        # A profile on disk: a private window would keep its files in memory.
        home, work = tmp_path / f"home-{mebibytes}", tmp_path / f"work-{mebibytes}"
        work.mkdir()
        tenderer = Tenderer(work)
        context = browser.browser_type.launch_persistent_context(
            home, executable_path=browser_program(), accept_downloads=True,
            args=["--no-sandbox", "--disable-dev-shm-usage"],
        )  # fmt: skip
        with a_file(work / "plain", mebibytes * MIB), shown(context, ports) as around:
            tenderer.tell(around)
            tenderer.fill(around.frame)
            keep(around, tenderer)
            around.frame.check("[name=kept]")
            with Peak(str(home)) as peak:
                around.frame.click("[data-start]")
                around.page.wait_for_function(
                    "() => window.got.some(m => m.kind === 'sealed')", timeout=600_000
                )
            sizes = around.page.evaluate(
                "() => window.got.find(m => m.kind === 'sealed').files.map(f => f.size)"
            )
            assert max(sizes) > mebibytes * MIB, "it was not sealed whole"
            assert around.faults == []
        peaks[mebibytes] = peak.most
    print(json.dumps({"peaks MiB": peaks}))  # noqa: T201 - the figures are what the campaign is for
    assert peaks[1] > 0, "the browser was not found"
    assert peaks[1024] - peaks[1] < HELD, peaks
    assert peaks[1024] - peaks[64] < GROWN, peaks
