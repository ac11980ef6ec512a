"""What a verification trusts: keys, roots, a moment; and what lies beside an artefact for it."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography import x509

from monitor.log.commitment import Opening
from monitor.log.tile import CHECKPOINT
from monitor.log.verify import OPENINGS, verify_export
from trading.archive.offline.verify import check, load
from webui.artefact.keys import FILE, ROOTS, Keys, KeysError, nearby, read_keys
from webui.artefact.line import Line, State, failed, passed, unchecked

_DIGEST = re.compile(rb"[0-9a-f]{64}")
_ALONG = (
    "公钥随文件同来，只能证明前后一致，不能证明出自何人；请另行取得并用 {0} 给出 / "
    "these keys came along with the artefact and prove nothing about who made it; "
    "get them elsewhere and give {0} FILE"
)
ARCHIVES = ("archive.zip", "public.zip")


class NoKeys(KeysError):
    """Nobody gave keys, and none came along."""


@dataclass(frozen=True, slots=True)
class Book:
    """The digests that sound evidence nearby names: in log records, in an archive's contents."""

    records: frozenset[str] = frozenset()
    documents: frozenset[str] = frozenset()

    def vouch(self, item: str, digest: str) -> Line:
        """Say whether anything sound names this digest."""
        if digest in self.records:
            return passed(item, "摘要见于日志记录 / a record in the log names its digest")
        if digest in self.documents:
            return passed(item, "与归档文件一致 / it is a document of the archive")
        if self.records or self.documents:
            return failed(item, "日志与归档均无此摘要 / neither log nor archive names its digest")
        return unchecked(item, "旁无日志或归档可对照 / no log and no archive beside it")


@dataclass(slots=True)
class Trust:
    """What the caller gave: `keys` None means those that came along; `at` for certificates."""

    keys: Keys | None = None
    roots: tuple[x509.Certificate, ...] = ()
    at: datetime | None = None
    used: list[Path] = field(default_factory=list)
    """Files of keys that came along and were checked with."""
    used_roots: bool = False
    _books: dict[Path, Book] = field(default_factory=dict)

    def keys_for(self, path: Path) -> Keys:
        """Return the keys to check with; raises NoKeys, KeysError for a file that is none."""
        if self.keys is not None:
            return self.keys
        found = nearby(path, FILE)
        if found is None:
            raise NoKeys("没有公钥，请给出 --keys / no keys: give --keys FILE")
        if found not in self.used:
            self.used.append(found)
        return read_keys(found.read_text("utf-8", errors="replace"))

    def book(self, path: Path) -> Book:
        """Return what the evidence beside or above the artefact names, if it is sound."""
        for folder in list(path.resolve().parents)[:3]:
            if _is_evidence(folder):
                if folder not in self._books:
                    self._books[folder] = self._read(folder)
                return self._books[folder]
        return Book()

    def _read(self, folder: Path) -> Book:
        try:
            keys = self.keys_for(folder)
        except KeysError:
            keys = None
        documents = frozenset[str]()
        for name in ARCHIVES:
            if (folder / name).is_file():
                documents |= _documents(folder / name, keys)
        return Book(_records(folder / "log", keys), documents)


def notice(trust: Trust, paths: tuple[Path, ...], roots_given: bool) -> list[Line]:
    """Say it when keys or roots that came along with what they vouch for were checked with."""
    lines = [unchecked(str(found), _ALONG.format("--keys")) for found in trust.used]
    if trust.used_roots and not roots_given:
        lines.append(unchecked(str(nearby(paths[0], ROOTS)), _ALONG.format("--roots")))
    return lines


def _is_evidence(folder: Path) -> bool:
    return (folder / "log" / CHECKPOINT).is_file() or any(
        (folder / name).is_file() for name in ARCHIVES
    )


def _records(folder: Path, keys: Keys | None) -> frozenset[str]:
    if keys is None or not (folder / CHECKPOINT).is_file():
        return frozenset()
    policy = keys.policy
    report = verify_export(folder, str(policy.log), map(str, policy.witnesses), policy.quorum)
    if not report.ok:
        return frozenset()
    lines = (folder / OPENINGS).read_bytes().splitlines(keepends=True)
    bodies = b"\n".join(Opening.parse(line).body for line in lines)
    return frozenset(found.decode() for found in _DIGEST.findall(bodies))


def _documents(path: Path, keys: Keys | None) -> frozenset[str]:
    try:
        files, _ = load(str(path))
    except Exception:  # whatever is wrong with it, its own check says
        return frozenset()
    if any(state == "FAIL" for state, _ in check(files, keys.text if keys else "")):
        return frozenset()
    return frozenset(found.decode() for found in _DIGEST.findall(files["data/manifest.json"]))


def sound(lines: list[Line]) -> bool:
    """Tell whether everything that was checked holds, and something was checked."""
    states = {line.state for line in lines}
    return State.FAILED not in states and State.PASSED in states
