"""`/files/<project>…`: sealed objects come in by tus 1.0: core, creation, checksum, termination.

The manifest is sent first (`PUT /api/v1/bids/<project>/uploads/<upload>`); it says what each part
must be. State lies in the folder of uploads alone: any process goes on with what another began.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, make_response, request, url_for
from werkzeug.exceptions import ClientDisconnected

from monitor.refusal import Conflict, Invalid, Refusal
from monitor.role import Actor
from webui.api.bid import counter, present
from webui.api.problem import refused
from webui.deed.handing import Counter
from webui.deed.upload.aside import Taken
from webui.deed.upload.incoming import MOST, Gap
from webui.deed.upload.piece import Changed, Checksum, Stream

VERSION = "1.0.0"
EXTENSIONS = "creation,checksum,termination"
ALGORITHMS = {"sha256": hashlib.sha256, "sha1": hashlib.sha1}
"""tus asks every server for SHA-1; a part is judged by the manifest's SHA-256 in any case."""
PIECE_TYPE = "application/offset+octet-stream"
pages = Blueprint("files", __name__, url_prefix="/files")
STATUS = {Gap: 409, Changed: 460, Taken: 423}


@pages.errorhandler(Refusal)
def say_no(refusal: Refusal) -> Response:
    """Answer a refusal by the status that tus gives it."""
    response = refused(refusal, status=STATUS.get(type(refusal)))
    if isinstance(refusal, Gap | Changed):
        response.headers["Upload-Offset"] = str(refusal.held)
    return response


@pages.before_request
def speak() -> Response | None:
    """Refuse another version of the protocol; only OPTIONS may come without one."""
    if request.method == "OPTIONS" or request.headers.get("Tus-Resumable") == VERSION:
        return None
    response = make_response("", 412)
    response.headers["Tus-Version"] = VERSION
    return response


@pages.after_request
def say_version(response: Response) -> Response:
    """Say the protocol's version on every answer; nothing of it is kept anywhere."""
    response.headers["Tus-Resumable"] = VERSION
    response.headers["Cache-Control"] = "no-store"
    return response


@pages.route("/<uuid:project>", methods=["OPTIONS"])
@pages.route("/<uuid:project>/<uuid:upload>/<name>", methods=["OPTIONS"])
def describe(**_: object) -> Response:
    """Tell what of tus is spoken here."""
    response = make_response("", 204)
    response.headers["Tus-Version"] = VERSION
    response.headers["Tus-Extension"] = EXTENSIONS
    response.headers["Tus-Max-Size"] = str(MOST)
    response.headers["Tus-Checksum-Algorithm"] = ",".join(ALGORITHMS)
    return response


@pages.post("/<uuid:project>")
def create(project: UUID) -> Response:
    """Begin an object: `filename` and `upload` (the sender's own UUID) stand in Upload-Metadata."""
    here = counter()
    actor = present(here, project)
    here.require_taking(actor, project)
    try:
        told = _metadata(request.headers.get("Upload-Metadata", ""))
        length, upload, name = _number("Upload-Length"), _uuid(told), told.get("filename", "")
        here.incoming.prepare(here.upload(actor, project, upload), name, length)
    except Invalid as refusal:
        here.refuse(actor, project, refusal)
        raise
    response = make_response("", 201)
    response.headers["Location"] = url_for(
        "files.offset", project=project, upload=upload, name=name
    )
    return response


@pages.route("/<uuid:project>/<uuid:upload>/<name>", methods=["HEAD"])
def offset(project: UUID, upload: UUID, name: str) -> Response:
    """Tell how much of an object is here."""
    here = counter()
    held, length = here.incoming.standing(_place(here, project, upload)[1], name)
    response = make_response("", 200)
    response.headers["Upload-Offset"], response.headers["Upload-Length"] = str(held), str(length)
    return response


@pages.patch("/<uuid:project>/<uuid:upload>/<name>")
def append(project: UUID, upload: UUID, name: str) -> Response:
    """Take what comes, in flat memory; what was there when the line broke stays."""
    if request.mimetype != PIECE_TYPE:
        return make_response("", 415)
    here = counter()
    actor, place = _place(here, project, upload)
    request.max_content_length = MOST  # it is held to the object's own length
    try:
        held = here.incoming.take(place, name, _number("Upload-Offset"), _Cut(), _checksum())
    except Invalid as refusal:
        here.refuse(actor, project, refusal)
        raise
    response = make_response("", 204)
    response.headers["Upload-Offset"] = str(held)
    return response


@pages.delete("/<uuid:project>/<uuid:upload>/<name>")
def end(project: UUID, upload: UUID, name: str) -> Response:
    """Take an object away that its sender no longer wants (termination)."""
    here = counter()
    here.incoming.drop(_place(here, project, upload)[1], name)
    return make_response("", 204)


class _Cut(Stream):
    """A request's body; one whose sender is gone ends there."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes."""
        try:
            return request.stream.read(size)
        except (ClientDisconnected, OSError):
            return b""


def _place(here: Counter, project: UUID, upload: UUID) -> tuple[Actor, str]:
    actor = present(here, project)
    return actor, here.upload(actor, project, upload)


def _checksum() -> Checksum | None:
    told = request.headers.get("Upload-Checksum")
    if told is None:
        return None
    name, _, digest = told.partition(" ")
    if name not in ALGORITHMS:
        raise Conflict("不支持的校验算法 / no such algorithm here", field="checksum")
    running: Any = ALGORITHMS[name](usedforsecurity=False)
    return Checksum(running, _decoded(digest))


def _metadata(told: str) -> dict[str, str]:
    pairs = (each.strip().partition(" ") for each in told.split(",") if each.strip())
    try:
        return {name: _decoded(value).decode() for name, _, value in pairs}
    except UnicodeDecodeError:
        raise Invalid("Upload-Metadata", "应为 UTF-8 / must be UTF-8", rule="tus 1.0") from None


def _decoded(value: str) -> bytes:
    try:
        return base64.b64decode(value.strip(), validate=True)
    except (ValueError, binascii.Error):
        raise Invalid("Upload-Metadata", "应为 base64 / must be base64", rule="tus 1.0") from None


def _number(name: str) -> int:
    told = request.headers.get(name, "")
    if not (told.isascii() and told.isdecimal() and len(told) < 16):
        raise Invalid(name, "应为字节数 / must be a number of bytes", rule="tus 1.0")
    return int(told)


def _uuid(told: dict[str, str]) -> UUID:
    try:
        return UUID(told.get("upload", ""))
    except ValueError:
        raise Invalid("upload", "编号有误 / no such id", rule="tus 1.0") from None
