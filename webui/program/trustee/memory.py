"""What a trustee's folder holds besides its keys: the pinned keys, and what it has answered.

`keys.txt` is put there by hand, or by whoever made the folder, before the first start: the keys of
the log and of its witnesses, got another way than from the platform. One CLOSE of a section is ever
answered; an answer is kept before it is sent, so that one that was cut off is sent again unchanged.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from bidding.envelope.trustee.holder import Trustee
from monitor.log.checkpoint import Policy
from monitor.log.tile import write_durably
from webui.artefact.keys import FILE, KeysError, read_keys
from webui.program.trustee.bundle import Unproven

ANSWERS = "answers"
NAME = re.compile(r"[0-9a-f-]{36}")


@dataclass(frozen=True, slots=True)
class Memory:
    """One trustee's own folder."""

    folder: Path

    def trustee(self) -> Trustee:
        """Read the keys; raises OSError, TrusteeError."""
        return Trustee.load(self.folder)

    def policy(self) -> Policy:
        """Return what a checkpoint must bear; raises KeysError where nothing is pinned."""
        path = self.folder / FILE
        if not path.is_file():
            raise KeysError(
                f"{path}: 缺少日志与见证人的公钥，请从平台以外的途径取得后放入 / "
                "the keys of the log and its witnesses are missing: get them elsewhere"
            )
        return read_keys(path.read_text("utf-8", errors="replace")).policy

    def answered(self, section: str, kind: str, close: str) -> bytes | None:
        """Return the answer kept for this request, None before the first.

        Raises Unproven where another CLOSE of the section was answered.
        """
        found = None
        for path in sorted((self.folder / ANSWERS).glob(f"{_checked(section)}.*.json")):
            told = json.loads(path.read_text("utf-8"))
            if told["close"] != close:
                raise Unproven(
                    "close: 本标段已答复过另一次 CLOSE / another CLOSE of it was answered before"
                )
            if told["kind"] == kind:
                found = str(told["document"]).encode()
        return found

    def keep(self, section: str, kind: str, close: str, document: bytes) -> None:
        """Keep an answer, durably, before it is sent."""
        folder = self.folder / ANSWERS
        folder.mkdir(mode=0o700, exist_ok=True)
        told = {"close": close, "kind": kind, "document": document.decode()}
        path = folder / f"{_checked(section)}.{kind}.json"
        write_durably(path, json.dumps(told).encode())
        os.chmod(path, 0o600)


def _checked(section: str) -> str:
    if not NAME.fullmatch(section):
        raise Unproven("section: 编号有误 / no such section")
    return section
