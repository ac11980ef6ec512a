"""Uploads on their way: sealed objects in pieces, under a name that tells nothing, until handed in.

The manifest comes first and leaves only its list here: names, lengths, digests of the 8 MiB parts.
Every part is held to it as soon as it is whole. The folder's names are made of the pseudonym by a
secret: a listing shows neither whose an upload is nor for which trade. Private keys are looked for.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from bidding.envelope.bid.manifest import Manifest
from bidding.envelope.bid.object import CAPSULE, LETTER, LONGEST_DOCUMENT
from monitor.refusal import Conflict, Invalid, NotFound, Refusal
from webui.deed.upload.aside import aside, hold, put_back
from webui.deed.upload.piece import (
    FORM,
    Changed,
    Checksum,
    Promise,
    Stream,
    copy,
    held_to,
    unknown,
)
from webui.deed.upload.room import PLAN, plan_of, room, told_when_full

NAME = re.compile(rf"{re.escape(LETTER)}|{re.escape(CAPSULE)}|att-\d{{3}}\.age")
FOLDER = "incoming"
TOLD = ".told"
MOST = 8 * 1024**3
"""Bytes on their way of one tenderer in one trade."""
KEPT = timedelta(days=1)


class Gap(Conflict):
    """A piece that does not begin where what is held ends; `held` says where."""

    def __init__(self, held: int) -> None:
        super().__init__(f"应从第 {held} 字节继续 / go on from byte {held}", field="at")
        self.held = held


@dataclass(frozen=True, slots=True)
class Incoming:
    """The folder of uploads on their way; `upload` is "owner/number", both hexadecimal."""

    folder: Path

    def plan(self, upload: str, manifest: Manifest) -> None:
        """Keep what a manifest promises; raises Invalid above the quota, Full, Taken."""
        promised = {
            each.name: (each.measured.size, each.measured.parts) for each in manifest.objects
        }
        told = {**promised, CAPSULE: (0, (manifest.capsule,))}
        if wrong := [name for name in told if not NAME.fullmatch(name)]:
            raise unknown(wrong[0])
        folder = self._of(upload)
        put_back(folder)
        size = sum(length for length, _ in told.values())
        others = sum(
            _planned(path) for path in folder.parent.glob(f"*/{PLAN}") if path.parent != folder
        )
        if size + others > MOST:
            raise Invalid("files", f"一次投标不超过 {MOST >> 30} GiB / at most, of one bid")
        with room(self.folder, folder, told):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _replace(folder / PLAN, json.dumps(told))
        promises = {Path(name).stem for name in (*told, PLAN)}
        for path in folder.iterdir():
            if path.stem not in promises:  # of an earlier manifest: it would count for nothing
                path.unlink(missing_ok=True)

    def prepare(self, upload: str, name: str, length: int) -> int:
        """Make an object ready to be written; return how many bytes of it are held already.

        Raises Invalid for one that the manifest does not name, or names with another length.
        """
        if not NAME.fullmatch(name):
            raise unknown(name)
        promise = self._promised(upload, name)
        fits = length == promise.length if promise.length else 0 < length <= LONGEST_DOCUMENT
        if not fits:
            raise Invalid(
                "length", f"{name}：长度与清单不符 / not the manifest's length", rule=FORM
            )
        path = self._of(upload) / name
        _replace(path.with_suffix(TOLD), json.dumps((length, promise.parts)))
        path.touch(mode=0o600)
        return path.stat().st_size

    def standing(self, upload: str, name: str) -> tuple[int, int]:
        """Return how many bytes of an object are held, and how many it has; raises NotFound.

        Of what lies beside the objects nothing is told, and nothing can be written to it.
        """
        path = self._of(upload) / name
        try:
            if NAME.fullmatch(name):
                return path.stat().st_size, _told(path).length
        except FileNotFoundError:
            pass
        raise _unknown()

    def take(
        self, upload: str, name: str, at: int, source: Stream, checksum: Checksum | None = None
    ) -> int:
        """Write what comes, piece by piece; return how many bytes are held.

        Raises NotFound, Taken, Gap, Invalid for more than was promised or for a private key, and
        Changed for a wrong digest, of the piece or of a part that it completed.
        """
        self.standing(upload, name)
        path = self._of(upload) / name
        promise = _told(path)
        with _writing(path) as out:
            size = out.seek(0, os.SEEK_END)
            if at != size:
                raise Gap(size)
            try:
                with told_when_full():
                    copy(out, source, name, promise.length - size, checksum)
                    out.flush()
            except Refusal:
                out.truncate(size)
                raise
            if checksum is not None and checksum.running.digest() != checksum.expected:
                out.truncate(size)
                raise Changed(size)
            return held_to(out, promise, size)

    def held(self, upload: str) -> dict[str, int]:
        """Return how many bytes of each object are here."""
        folder = self._of(upload)
        paths = folder.iterdir() if folder.exists() else ()
        return {path.name: path.stat().st_size for path in paths if NAME.fullmatch(path.name)}

    @contextmanager
    def handed_in(self, upload: str) -> Iterator[dict[str, Callable[[], BinaryIO]]]:
        """Lend what is held, as a bid's objects that nobody changes any more; then it is gone.

        It stays where the work with it fails. Raises Taken while a piece of it is being written.
        """
        folder = self._of(upload)
        with aside(folder) as lent:
            paths = sorted(lent.iterdir()) if lent.exists() else []
            yield {path.name: _opener(path) for path in paths if NAME.fullmatch(path.name)}
        _remove_empty(folder.parent)

    def drop(self, upload: str, name: str) -> None:
        """Take one object away; raises NotFound."""
        self.standing(upload, name)
        path = self._of(upload) / name
        path.with_suffix(TOLD).unlink(missing_ok=True)
        path.unlink(missing_ok=True)

    def sweep(self, now: datetime) -> None:
        """Take away what nobody went on with for a day; others come, write and go meanwhile."""
        since = (now - KEPT).timestamp()
        for place, _, names in os.walk(self.folder):
            folder = Path(place)
            if folder.parent.parent != self.folder:
                continue
            if all(_last(each) < since for each in (folder, *map(folder.joinpath, names))):
                shutil.rmtree(folder, ignore_errors=True)
                _remove_empty(folder.parent)

    def _promised(self, upload: str, name: str) -> Promise:
        told = plan_of(self._of(upload))
        if not told:
            raise Conflict("请先送清单 / send the manifest first", field="manifest")
        if name not in told:
            raise Invalid("files", f"{name}：清单之外 / not in the manifest", rule=FORM)
        length, parts = told[name]
        return Promise(length, tuple(parts))

    def _of(self, upload: str) -> Path:
        return self.folder / upload


@contextmanager
def _writing(path: Path) -> Iterator[BinaryIO]:
    try:
        out = path.open("r+b")
    except FileNotFoundError:
        raise _unknown() from None
    with out:
        hold(out.fileno())
        yield out


def _unknown() -> NotFound:
    """Of what was never begun, or is handed in at this very moment."""
    return NotFound("没有这个上传 / no such upload", field="upload")


def _told(path: Path) -> Promise:
    length, parts = json.loads(path.with_suffix(TOLD).read_text("ascii"))
    return Promise(length, tuple(parts))


def _planned(path: Path) -> int:
    return sum(length for length, _ in plan_of(path.parent).values())


def _last(path: Path) -> float:
    """Return when something was written last, in unix seconds; of what is gone, the beginning."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _replace(path: Path, text: str) -> None:
    draft = path.with_name(f"{path.name}.{os.urandom(8).hex()}")
    draft.write_text(text, "ascii")
    draft.rename(path)


def _remove_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        return  # another upload of the same tenderer is in it, or it is gone


def _opener(path: Path) -> Callable[[], BinaryIO]:
    return lambda: path.open("rb")
