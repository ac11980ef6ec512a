"""The exported log before three readers that are not ours: pymerkle, tlog-scales, Go's x/mod."""

import base64
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pymerkle
import pytest
from tlog_scales.backend import LocalBackend
from tlog_scales.reader import TilesReader
from tlog_scales.signing import Vkey, VkeySet

from tests.flip import flip
from tests.stories.demo.run import ROOT, Played

SOURCE = ROOT / "tests" / "stories" / "demo" / "go"
MODULE = Path("/usr/share/gocode/src/golang.org/x/mod")


def vkeys(log: Path) -> tuple[str, list[str]]:
    """The log's key and its witnesses', read from the policy that came along."""
    rows = [line.split() for line in (log / "keys.txt").read_text("utf-8").splitlines()]
    own = [row[1] for row in rows if row[0] == "log"]
    return own[0], [row[2] for row in rows if row[0] == "witness"]


def head(log: Path) -> tuple[int, bytes]:
    """Size and root as the checkpoint's three lines say them."""
    _, size, root = (log / "checkpoint").read_text("utf-8").splitlines()[:3]
    return int(size), base64.b64decode(root)


def entries(log: Path) -> Iterator[bytes]:
    """The entries of all bundles: two bytes of length before each."""
    bundles = sorted(path for path in (log / "tile" / "entries").rglob("*") if path.is_file())
    for bundle in bundles:
        data = bundle.read_bytes()
        while data:
            length = int.from_bytes(data[:2], "big")
            yield data[2 : 2 + length]
            data = data[2 + length :]


def test_pymerkle_finds_the_checkpoints_root_over_the_entries(played: Played) -> None:
    size, root = head(played.out / "log")
    leaves = list(entries(played.out / "log"))
    assert len(leaves) == size > 500
    assert {len(leaf) for leaf in leaves} == {32}
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    tree.append_entries(leaves)
    assert tree.get_root() == root
    other = pymerkle.InmemoryTree(algorithm="sha256")
    other.append_entries([*leaves[:-1], bytes(32)])
    assert other.get_root() != root


def test_tlog_scales_accepts_checkpoint_cosignature_and_tiles(copy: Path) -> None:
    log = copy / "log"
    foreign = TilesReader(LocalBackend(log))
    note = foreign.get_checkpoint()
    own, witnesses = vkeys(log)
    keys = VkeySet(*(Vkey.from_string(key) for key in (own, *witnesses)))
    assert len(keys.verify(note.signatures, note)) == 2
    assert (note.size, note.root_hash) == head(log)
    assert foreign.calculate_root_hash() == note.root_hash
    tile = next((log / "tile" / "1").glob("*.p/*"))
    flip(tile, 0)
    bent = TilesReader(LocalBackend(log))
    assert bent.get_checkpoint().root_hash == note.root_hash != bent.calculate_root_hash()


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our small main over Go's packages, built offline."""
    tool = shutil.which("go")
    if tool is None or not MODULE.is_dir():
        pytest.skip("no Go with golang-golang-x-mod-dev on this machine")
    return build(tmp_path_factory.mktemp("go"), tool)


def build(folder: Path, tool: str) -> Path:
    """The program, built by what is on this machine alone."""
    shutil.copytree(SOURCE, folder / "source")
    made = folder / "foreignlog"
    offline = {
        "GOFLAGS": "-mod=mod", "GOPROXY": "off", "GOSUMDB": "off", "GOTOOLCHAIN": "local",
        "GOCACHE": str(folder / "cache"), "GOPATH": str(folder / "path"), "CGO_ENABLED": "0",
    }  # fmt: skip
    built = subprocess.run(
        [tool, "build", "-o", made, "."], cwd=folder / "source", env={**os.environ, **offline},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    return made


def run(program: Path, log: Path) -> subprocess.CompletedProcess[str]:
    command = [str(program), str(log), vkeys(log)[0]]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_go_verifies_the_whole_export_by_its_own_note_and_tlog(
    program: Path, played: Played
) -> None:
    done = run(program, played.out / "log")
    assert done.returncode == 0, done.stderr
    size, root = head(played.out / "log")
    assert done.stdout.split() == [str(size), base64.b64encode(root).decode()]


@pytest.mark.parametrize(
    ("name", "at"),
    [("checkpoint", 32), ("checkpoint", 150), ("tile/0/000", 9), ("tile/0/*.p/*", -1),
     ("tile/1/*.p/*", 0), ("tile/entries/001", 700), ("tile/entries/*.p/*", -1)],
)  # fmt: skip
def test_go_refuses_an_export_of_which_one_byte_changed(
    program: Path, copy: Path, name: str, at: int
) -> None:
    path = next((copy / "log").glob(name))
    flip(path, at)
    assert run(program, copy / "log").returncode == 1
