"""What a path is, told by its name and its first bytes, and which check it gets."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from shlex import quote

from bidding.envelope.bid.object import MANIFEST, SIGNATURE
from monitor.log.canonical import parse
from monitor.log.tile import CHECKPOINT
from trading.archive.canonical_zip import ZipError, read_canonical
from trading.archive.offline.verify import read_regular
from webui.artefact.book import strange
from webui.artefact.keys import FILE, ROOTS, Keys, KeysError
from webui.artefact.kind import checkpoint, proof
from webui.artefact.kind.archive import check_archive
from webui.artefact.kind.bid import check_bid
from webui.artefact.kind.draw import check_draw
from webui.artefact.kind.ledger import check_ledger
from webui.artefact.kind.log import check_log
from webui.artefact.kind.opening import FORM as OPENING
from webui.artefact.kind.opening import check_opening
from webui.artefact.kind.paper import check_paper
from webui.artefact.kind.receipt import FORM as RECEIPT
from webui.artefact.kind.receipt import check_receipt
from webui.artefact.line import Line, failed, guarded, unchecked
from webui.artefact.trust import NoKeys, Trust

Progress = Callable[[int, int], None]
RECEIPTS = "receipts"
SAMPLES, PLATFORM = "seal", "platform"
_SUFFIXES = (".zip", ".pdf", ".beancount", ".json")
"""Names that promise a check: a file of such a name that is nothing of the kind has failed."""


BODY = (
    "一条记录的正文，没有盐和证明，单凭它不能核验：请核验记录页上的“记录与证明（JSON）”"
    " / the body of a record, without salt and proof: check “Record and proof (JSON)” of its page"
)


def _silent(done: int, total: int) -> None:
    """Tell nobody how far it is."""


def check_path(path: Path, trust: Trust, progress: Progress = _silent) -> list[Line]:
    """Check one artefact, or all of a folder; never raises for what is in it."""
    return guarded(path.name, lambda: _path(path, trust, progress))


def _path(path: Path, trust: Trust, progress: Progress) -> Iterator[Line]:
    """Check a file, a folder that is an artefact, or all that lies in a folder of artefacts."""
    check = _one(path, trust, progress)
    if check is not None:
        yield from guarded(path.name, check)
        return
    for inside in sorted(path.iterdir()):
        if inside.is_symlink():
            yield failed(inside.name, "是链接，不予跟随 / a link, which is not followed")
            continue
        check = _one(inside, trust, progress)
        if check is not None:
            yield from guarded(inside.name, check)
        elif inside.name == RECEIPTS:
            yield from _path(inside, trust, progress)
        else:
            yield unchecked(inside.name, _folder(inside))


def _folder(path: Path) -> str:
    """Say why a folder holds nothing to check here."""
    told = {
        SAMPLES: "密封练习用的样本 / samples for batong seal",
        PLATFORM: f"平台自身的数据 / its own: ./batong audit --data {quote(str(path / 'data'))}",
    }
    return told.get(path.name, "不是产物文件夹 / is not a folder of artefacts")


def _one(path: Path, trust: Trust, progress: Progress) -> Callable[[], Iterator[Line]] | None:
    """Return the check of one artefact; None for a folder that is none itself."""
    if not path.is_dir():
        return lambda: _file(path, trust)
    kinds = ("bagit.txt", CHECKPOINT, "tile", MANIFEST, SIGNATURE)
    if any((path / name).exists() for name in kinds) and (odd := strange(path)):
        told = failed(f"{path.name}/{odd}", "不是普通文件 / not a regular file")
        return lambda: iter([told])
    if (path / "bagit.txt").is_file():
        return lambda: check_archive(path, trust, _keys(trust, path))
    if (path / CHECKPOINT).is_file() or (path / "tile").is_dir():
        return lambda: check_log(path, trust.keys_for(path), progress)
    if (path / MANIFEST).is_file() or (path / SIGNATURE).is_file():
        return lambda: check_bid(path, trust.book(path))
    return None


def _file(path: Path, trust: Trust) -> Iterator[Line]:
    data = read_regular(str(path), path.stat())
    if data[:2] == b"PK" or path.suffix == ".zip":
        return _zip(path, data, trust)
    if data[:5] == b"%PDF-" or path.suffix == ".pdf":
        return _paper(path, data, trust)
    if path.suffix == ".beancount":
        return check_ledger(path.name, data, trust.book(path))
    if RECEIPT in data[-200:]:
        return _receipt(path, data, trust)
    if f'"v":"{OPENING}"'.encode() in data[-200:]:
        return check_opening(path.name, data, trust.book(path))
    return _of_log(path, data, trust)


def _of_log(path: Path, data: bytes, trust: Trust) -> Iterator[Line]:
    """Check what the log itself gives out: a proof, a checkpoint, a record."""
    name, record = path.name, proof.read_record(data)
    noted = len(data) < checkpoint.SMALL and checkpoint.MARK in data
    if not (record or noted or data.startswith(proof.MARK)):
        return iter([_unknown(path)])
    keys, beside = trust.keys_for(path), trust.book(path).log
    if record:
        return proof.check_record(name, record, keys, beside)
    if data.startswith(proof.MARK):
        return proof.check_proof(name, data, keys, beside)
    return checkpoint.check_checkpoint(name, data, keys, trust, beside)


def _receipt(path: Path, data: bytes, trust: Trust) -> Iterator[Line]:
    """A receipt that lies alone is neither right nor wrong until somebody brings the keys."""
    try:
        keys = trust.keys_for(path)
    except NoKeys as missing:
        yield unchecked(path.name, str(missing))
        return
    yield from check_receipt(path.name, data, keys, trust.book(path).log)


def _paper(path: Path, data: bytes, trust: Trust) -> Iterator[Line]:
    """Bytes inside the signature itself are signed by nobody: the archive must know the file."""
    yield from check_paper(path.name, data, trust)
    yield trust.book(path).vouch_paper(path.name, hashlib.sha256(data).hexdigest())


def _zip(path: Path, data: bytes, trust: Trust) -> Iterator[Line]:
    try:
        members = read_canonical(data)
    except ZipError as error:
        return iter([failed(f"{path.name} {error.item}", error.reason)])
    if "bagit.txt" in members:
        return check_archive(path, trust, _keys(trust, path))
    return _draw(path, data, trust)


def _draw(path: Path, data: bytes, trust: Trust) -> Iterator[Line]:
    yield from check_draw(path.name, data)
    yield trust.book(path).vouch("draw", path.name, hashlib.sha256(data).hexdigest())


def _keys(trust: Trust, path: Path) -> Keys | None:
    """Return the keys for an archive, which brings its own when nobody gives others."""
    try:
        return trust.keys_for(path)
    except KeysError:
        return None


def _is_body(path: Path) -> bool:
    """Tell whether it is a record's body by itself, as a record's page gives it out."""
    try:
        value = parse(read_regular(str(path), path.stat()).removesuffix(b"\n"))
    except ValueError:
        return False
    return isinstance(value, dict) and {"action", "actor", "changes", "outcome"} <= set(value)


def _unknown(path: Path) -> Line:
    if path.resolve().parent.name == SAMPLES:
        return unchecked(path.name, "密封练习用的样本 / a sample for batong seal")
    if _is_body(path):
        return unchecked(path.name, BODY)
    if path.suffix in _SUFFIXES:
        return failed(path.name, "无法识别 / not an artefact of this platform")
    known = path.name in (FILE, ROOTS)
    return unchecked(path.name, "公钥 / keys" if known else "无法识别 / not recognised")
