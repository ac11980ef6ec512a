"""What a path is, told by its name and its first bytes, and which check it gets."""

from collections.abc import Callable, Iterator
from pathlib import Path

from monitor.log.tile import CHECKPOINT
from trading.archive.canonical_zip import ZipError, read_canonical
from webui.artefact.archive import check_archive
from webui.artefact.bid import check_bid
from webui.artefact.draw import check_draw
from webui.artefact.keys import FILE, Keys, KeysError
from webui.artefact.ledger import check_ledger
from webui.artefact.line import Line, failed, guarded, unchecked
from webui.artefact.log import check_log
from webui.artefact.opening import FORM as OPENING
from webui.artefact.opening import check_opening
from webui.artefact.paper import check_paper
from webui.artefact.receipt import FORM as RECEIPT
from webui.artefact.receipt import check_receipt
from webui.artefact.trust import Trust

Progress = Callable[[int, int], None]
_DEPTH = 4
_SUFFIXES = (".zip", ".pdf", ".beancount", ".json")
"""Names that promise a check: a file of such a name that is nothing of the kind has failed."""


def check_path(
    path: Path, trust: Trust, progress: Progress = lambda done, total: None
) -> list[Line]:
    """Check one artefact, or all of a folder; never raises for what is in it."""
    return guarded(path.name, lambda: _check(path, trust, progress, _DEPTH))


def _check(path: Path, trust: Trust, progress: Progress, depth: int) -> Iterator[Line]:
    if path.is_dir():
        yield from _folder(path, trust, progress, depth)
    else:
        yield from guarded(path.name, lambda: _file(path, trust))


def _folder(path: Path, trust: Trust, progress: Progress, depth: int) -> Iterator[Line]:
    if (path / "bagit.txt").is_file():
        yield from guarded(path.name, lambda: check_archive(path, trust, _keys(trust, path)))
    elif (path / CHECKPOINT).is_file() or (path / "tile").is_dir():
        yield from guarded(path.name, lambda: check_log(path, trust.keys_for(path), progress))
    elif (path / "manifest.json").is_file() or (path / "manifest.sig").is_file():
        yield from guarded(path.name, lambda: check_bid(path, trust.book(path)))
    elif depth == 0:
        yield unchecked(path.name, "层次过深 / nested too deep")
    else:
        for inside in sorted(path.iterdir()):
            yield from _check(inside, trust, progress, depth - 1)


def _file(path: Path, trust: Trust) -> Iterator[Line]:
    data = path.read_bytes()
    if data[:2] == b"PK" or path.suffix == ".zip":
        return _zip(path, data, trust)
    if data[:5] == b"%PDF-" or path.suffix == ".pdf":
        return check_paper(path.name, data, trust)
    if path.suffix == ".beancount":
        return check_ledger(path.name, data, trust.book(path))
    if RECEIPT in data[-200:]:
        return check_receipt(path.name, data, trust.keys_for(path))
    if f'"v":"{OPENING}"'.encode() in data[-200:]:
        return check_opening(path.name, data, trust.book(path))
    return iter([_unknown(path)])


def _zip(path: Path, data: bytes, trust: Trust) -> Iterator[Line]:
    try:
        members = read_canonical(data)
    except ZipError as error:
        return iter([failed(f"{path.name} {error.item}", error.reason)])
    if "bagit.txt" in members:
        return check_archive(path, trust, _keys(trust, path))
    return check_draw(path.name, data)


def _keys(trust: Trust, path: Path) -> Keys | None:
    """Return the keys for an archive, which brings its own when nobody gives others."""
    try:
        return trust.keys_for(path)
    except KeysError:
        return None


def _unknown(path: Path) -> Line:
    if path.suffix in _SUFFIXES:
        return failed(path.name, "无法识别 / not an artefact of this platform")
    known = path.name == FILE
    return unchecked(path.name, "公钥 / keys" if known else "无法识别 / not recognised")
