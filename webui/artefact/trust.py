"""What a verification trusts: keys, roots, a moment; and what lies beside an artefact for it."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography import x509

from monitor.log.checkpoint import Checkpoint
from monitor.log.tile import CHECKPOINT, TileStore
from webui.artefact.book import Book, read_archive, read_log
from webui.artefact.keys import FILE, ROOTS, Keys, KeysError, nearby, read_keys
from webui.artefact.line import Line, State, unchecked

_ALONG = (
    "公钥随文件同来，只能证明前后一致，不能证明出自何人；请另行取得并用 {0} 给出 / "
    "these keys came along with the artefact and prove nothing about who made it; "
    "get them elsewhere and give {0} FILE"
)
ARCHIVES = ("archive.zip", "public.zip")


class NoKeys(KeysError):
    """Nobody gave keys, and none came along."""


@dataclass(slots=True)
class Trust:
    """What the caller gave: `keys` None means those that came along; `at` for certificates."""

    keys: Keys | None = None
    roots: tuple[x509.Certificate, ...] = ()
    at: datetime | None = None
    log: TileStore | None = None
    """The log that checkpoints are compared with."""
    heads: list[tuple[str, Checkpoint]] = field(default_factory=list)
    """The checkpoints checked so far, by name."""
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
            raise NoKeys(
                "没有公钥，请给出 --keys（平台页脚“公钥”，/keys.txt）"
                " / no keys: give --keys FILE (the platform's /keys.txt)"
            )
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
        log, held = read_log(folder / "log", keys), dict[str, tuple[str, str]]()
        for name in ARCHIVES:
            if (folder / name).is_file():
                held |= read_archive(folder / name, keys, log)
        return Book(log, held)


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


def sound(lines: list[Line]) -> bool:
    """Tell whether everything that was checked holds, and something was checked."""
    states = {line.state for line in lines}
    return State.FAILED not in states and State.PASSED in states
