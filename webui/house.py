"""The public keys of a data folder: kept beside the log, and outside it with the checkpoint store.

Whoever can change the folder could change the keys in it too; the audit reads those outside.
"""

from __future__ import annotations

from pathlib import Path

from monitor.runtime.settings import Settings
from webui.artefact.keys import FILE, Keys, KeysError, read_keys


def log_folder(settings: Settings) -> Path:
    """Return where the published log of a data folder lies."""
    return settings.data / "log"


def keep_keys(settings: Settings, text: str) -> None:
    """Keep the text of `write_keys` in both places; raises KeysError when others are kept there.

    A log's key never changes silently: a new key is a new log.
    """
    for folder in (settings.checkpoint_store, log_folder(settings)):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / FILE
        if path.exists() and path.read_text("utf-8") != text:
            raise KeysError(f"{path}: 已有另一套公钥 / other keys are kept there already")
        path.write_text(text, "utf-8")


def kept_keys(settings: Settings) -> Keys:
    """Return the keys kept outside the data folder; raises KeysError when there are none."""
    path = settings.checkpoint_store / FILE
    if not path.is_file():
        raise KeysError(f"{path}: 没有公钥，请给出 --keys / no keys there: give --keys FILE")
    return read_keys(path.read_text("utf-8", errors="replace"))
