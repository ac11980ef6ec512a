"""Random secrets kept as files that only their owner can read."""

import os
import secrets
from pathlib import Path

_BYTES = 32


def secret(folder: Path, name: str) -> str:
    """Returns the secret `name` of `folder`, made of 256 random bits (URL-safe) on first use."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return write_once(folder / name, secrets.token_urlsafe(_BYTES))


def write_once(path: Path, text: str) -> str:
    """Writes `text` to `path` (mode 0600) unless it exists; returns what it holds in the end.

    Written whole beside its place, then linked: two processes that race agree on one text, and a
    crash leaves no half of it.
    """
    if not path.exists():
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        draft.unlink(missing_ok=True)
        write_private(draft, text)
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text(encoding="utf-8").strip()


def write_private(path: Path, text: str) -> None:
    """Writes a new file of mode 0600. Raises FileExistsError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
