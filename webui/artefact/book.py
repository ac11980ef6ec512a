"""What sound evidence beside an artefact says of it: log records by act, archives by class."""

import hashlib
import json
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from monitor.log.checkpoint import Checkpoint
from monitor.log.commitment import Opening
from monitor.log.tile import CHECKPOINT, TileStore
from monitor.log.tree import root_from
from monitor.log.verify.export import OPENINGS, verify_export
from trading.archive.canonical_zip import canonical_zip
from trading.archive.offline.verify import FAIL, check, load
from webui.artefact.keys import Keys
from webui.artefact.line import Line, failed, passed, unchecked

FACTS = {
    "draw": ("draw.publish_bundle", ("sha256",)),
    "opening": ("opening.reveal", ("record",)),
    "bid": ("bid.submit", ("manifest",)),
    "custody": ("archive.file", ("custody", "sha256")),
    "public": ("archive.file", ("public", "sha256")),
}
"""Which act of the log names which artefact, and in which of its facts."""


@dataclass(frozen=True, slots=True)
class Log:
    """A sound log export: its head, and the records it opens, by leaf."""

    folder: Path
    head: Checkpoint
    bodies: Mapping[int, Mapping[str, Any]]

    def said(self, kind: str) -> frozenset[str]:
        """Return the digests that done acts name for this kind of artefact."""
        action, path = FACTS[kind]
        acts = (b for b in self.bodies.values() if b["action"] == action and "done" in b["outcome"])
        return frozenset(str(_at(act["facts"], path)) for act in acts)

    def fault(self, size: int, root: bytes) -> str:
        """Say why a tree of that size and root is not an earlier state of this log, or ""."""
        if size > self.head.size:
            return (
                f"旁边的日志只有 {self.head.size} 条，此处为 {size} 条 / the log beside it is "
                f"older: {self.head.size} leaves, not {size}"
            )
        same = root_from(TileStore(self.folder).hash_reader(self.head.size), size) == root
        return "" if same else "与旁边的日志不是同一棵树 / of another tree than the log beside it"


@dataclass(frozen=True, slots=True)
class Book:
    """The log beside an artefact, and the documents of archives beside it: path → class, digest."""

    log: Log | None = None
    held: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """By path in a bag in custody; a document known by class and digest alone is under "#n"."""

    def vouch(self, kind: str, item: str, digest: str) -> Line:
        """Say whether the act or the class that names such an artefact names this very one."""
        if self.log is not None and kind in FACTS:
            if digest in self.log.said(kind):
                return passed(item, f"日志记录 {FACTS[kind][0]} 载明其摘要 / a record names it")
            return failed(item, f"日志 {FACTS[kind][0]} 无此摘要 / no such record names it")
        if (kind, digest) in self.held.values():
            return passed(item, "与归档文件一致 / it is a document of the archive")
        if self.held:
            return failed(item, f"归档 {kind} 类无此文件 / no {kind} of the archive is this one")
        return unchecked(item, "旁无日志或归档可对照 / no log and no archive beside it")

    def vouch_paper(self, name: str, digest: str) -> Line:
        """Say which document of the archive a paper is; its name must be that one's."""
        named = {path: d for path, (_, d) in self.held.items() if path.endswith(f"/{name}")}
        found = sorted((path for path, (_, d) in self.held.items() if d == digest), reverse=True)
        if named and digest not in named.values():
            return failed(name, "归档中同名文件是另一份 / the archive has another one of this name")
        if not self.held:
            return unchecked(name, "旁无归档可对照 / no archive beside it names it")
        if not found:
            return failed(name, "归档中无此文件 / it is no document of the archive")
        if found[0].startswith("#"):
            return unchecked(name, "归档载其摘要，未载其名 / in the archive, by digest only")
        return passed(name, f"归档文件 / of the archive: {found[0]}")


def read_log(folder: Path, keys: Keys | None) -> Log | None:
    """Return the log export in a folder, if it is there and sound."""
    if keys is None or not (folder / CHECKPOINT).is_file() or strange(folder):
        return None
    policy = keys.policy
    report = verify_export(folder, str(policy.log), map(str, policy.witnesses), policy.quorum)
    if not report.ok or report.checkpoint is None:
        return None
    lines = (folder / OPENINGS).read_bytes().splitlines(keepends=True)
    opened = [Opening.parse(line) for line in lines]
    return Log(folder, report.checkpoint, {one.index: json.loads(one.body) for one in opened})


def read_archive(path: Path, keys: Keys | None, log: Log | None) -> dict[str, tuple[str, str]]:
    """Return what a sound archive, filed in the log if there is one, lists."""
    try:
        files, _ = load(str(path))
    except Exception:  # whatever is wrong with it, its own check says
        return {}
    if any(state == FAIL for state, _ in check(files, keys.text if keys else "")):
        return {}
    if log is not None and digest_of(files) not in log.said("custody") | log.said("public"):
        return {}
    rows = json.loads(files["data/manifest.json"])
    listed = {f"#{n}": (row["class"], row["sha256"]) for n, row in enumerate(rows)}
    kinds = {digest: kind for kind, digest in listed.values()}
    digests = {name[5:]: hashlib.sha256(body).hexdigest() for name, body in files.items()}
    return listed | {path: (kinds[d], d) for path, d in digests.items() if d in kinds}


def strange(folder: Path) -> str:
    """Return the first thing below a folder that is neither folder nor regular file, or ""."""
    for inside in sorted(folder.rglob("*")):
        mode = inside.lstat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            return inside.relative_to(folder).as_posix()
    return ""


def digest_of(files: Mapping[str, bytes]) -> str:
    """Return the SHA-256 of a bag's only zip."""
    return hashlib.sha256(canonical_zip(files)).hexdigest()


def _at(facts: Any, path: tuple[str, ...]) -> object:
    for name in path:
        facts = facts.get(name, {})
    return facts
