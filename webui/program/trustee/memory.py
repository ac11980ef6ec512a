"""What a trustee's folder holds besides its keys: the pinned keys, and what it has answered.

`keys.txt` is put there by hand, or by whoever made the folder, before the first start: the keys of
the log and of its witnesses, got another way than from the platform. One CLOSE of a section is ever
answered; an answer is kept before it is sent, so that one that was cut off is sent again unchanged.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path

from bidding.envelope.age.key import recipient_of
from bidding.envelope.trustee.batch import Request
from bidding.envelope.trustee.holder import Trustee, write_private
from monitor.clock import SystemClock
from monitor.log.checkpoint import Policy
from monitor.log.tile import write_durably
from webui.artefact.keys import FILE, KeysError, read_keys
from webui.program.trustee.bundle import Unproven

ANSWERS, DEALS, HELD = "answers", "deals", "held"
AGREED, OWN_SET = "agreed.txt", "set.txt"
UNNAMED = ".unnamed"
"""Beside a rebuilt key: since when no live trade names it."""
WEEK = 7 * 86_400.0
NAME = re.compile(r"[0-9a-f-]{36}")


@dataclass(frozen=True, slots=True)
class Memory:
    """One trustee's own folder."""

    folder: Path

    def trustee(self) -> Trustee:
        """Read the keys; raises OSError, TrusteeError."""
        return Trustee.load(self.folder)

    def machines(self) -> list[Trustee]:
        """Return the machine under its own key, and under each that it rebuilt as a successor."""
        own = self.trustee()
        held = sorted((self.folder / HELD).glob("*.txt"))
        return [own, *(replace(own, identity=path.read_text().strip()) for path in held)]

    def holding(self, request: Request) -> Trustee:
        """Return the machine under the key that has a seat: its own, or one that it rebuilt."""
        found = self.machines()
        return next((each for each in found if request.seat_of(each.device)), found[0])

    def keep_identity(self, identity: str) -> bool:
        """Keep a key that this machine rebuilt as a successor, beside its own; tell whether new."""
        folder = self.folder / HELD
        folder.mkdir(mode=0o700, exist_ok=True)
        path = folder / f"{recipient_of(identity)}.txt"
        if path.exists():
            return False
        write_private(path, f"{identity}\n")
        return True

    def drop_identity(self, identity: str) -> None:
        """Remove a rebuilt key by which no seat was taken."""
        (self.folder / HELD / f"{recipient_of(identity)}.txt").unlink(missing_ok=True)

    def let_go(self, named: Collection[str]) -> None:
        """Remove each rebuilt key that no live trade has named for a week, by this machine's clock.

        named: the recipients of one's seats. Not at once: that word is the platform's alone.
        """
        now = SystemClock().now().timestamp()
        for path in (self.folder / HELD).glob("*.txt"):
            unnamed = path.with_suffix(UNNAMED)
            if path.stem in named:
                unnamed.unlink(missing_ok=True)
            elif not unnamed.exists():
                unnamed.touch(0o600)
            elif now - unnamed.stat().st_mtime > WEEK:
                path.unlink()
                unnamed.unlink()

    def agrees(self, digest: str) -> bool:
        """Tell whether the trustee's own person has agreed to the document of this digest."""
        path = self.folder / AGREED
        return path.is_file() and digest in path.read_text("utf-8").split()

    def agree(self, digest: str) -> None:
        """Put down that the trustee's own person agrees to it."""
        with (self.folder / AGREED).open("a", encoding="utf-8") as file:
            file.write(f"{digest}\n")

    def own_set(self, digest: str) -> str:
        """Return among which set of trustees the key is dealt: the first that is ever named."""
        path = self.folder / OWN_SET
        if not path.exists():
            write_private(path, f"{digest}\n")
        return path.read_text().strip()

    def kept_deal(self, project: str, make: Callable[[], bytes]) -> bytes:
        """Return the key as it was dealt in a trade: made once, kept before it is sent."""
        folder = self.folder / DEALS
        folder.mkdir(mode=0o700, exist_ok=True)
        path = folder / f"{_checked(project)}.json"
        if not path.exists():
            write_durably(path, make())
            os.chmod(path, 0o600)
        return path.read_bytes()

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
