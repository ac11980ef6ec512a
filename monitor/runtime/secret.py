"""Random secrets kept as files that only their owner can read."""

import os
import secrets
from pathlib import Path

_BYTES = 32


def secret(folder: Path, name: str) -> str:
    """Returns the secret `name` of `folder`, made of 256 random bits (URL-safe) on first use."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / name
    if not path.exists():
        _create(path, secrets.token_urlsafe(_BYTES))
    return path.read_text(encoding="ascii").strip()


def write_private(path: Path, text: str) -> None:
    """Writes a new file of mode 0600. Raises FileExistsError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _create(path: Path, value: str) -> None:
    # Written whole beside its place, then linked: two processes that race agree on one value,
    # and a crash leaves no empty secret.
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    write_private(draft, value)
    try:
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink()
