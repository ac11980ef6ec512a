"""`/api/v1/bids/<project>…`: sealed bids are handed in: whole, or after their objects came."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import IO, BinaryIO, cast
from uuid import UUID

from flask import Blueprint, Response, abort, jsonify, request
from werkzeug.datastructures import FileStorage

from bidding.desk import Answer
from bidding.envelope.bid.object import LONGEST_DOCUMENT
from bidding.hall.failure.damage import resend
from bidding.submission import submit
from monitor.refusal import Invalid, Refusal
from monitor.role import Actor
from webui.api.private import never_kept
from webui.api.problem import refused
from webui.deed.handing import Counter, Ticket
from webui.deed.resending import bring_again
from webui.deed.upload.room import require_room
from webui.page.view import source
from webui.page.wearer import accounts, ticket, wearer

pages = Blueprint("bids", __name__, url_prefix="/api/v1/bids")
DOCUMENTS = 8 * 1024 * 1024
"""Bytes of manifest, signature and the form around them, where the objects came before."""
WHOLE = 2 * 1024**3
"""Bytes of a bid that comes in one form; larger ones come by tus."""
FILES = 256


@pages.errorhandler(Refusal)
def say_no(refusal: Refusal) -> Response:
    """Answer a refusal."""
    return refused(refusal)


@pages.get("/<uuid:project>/uploads/<uuid:upload>")
def held(project: UUID, upload: UUID) -> Response:
    """Tell how many bytes of each object of an upload are here."""
    here = counter()
    actor = present(here, project)
    return never_kept(jsonify(held=here.incoming.held(here.upload(actor, project, upload))))


@pages.put("/<uuid:project>/uploads/<uuid:upload>")
def begin(project: UUID, upload: UUID) -> Response:
    """Take a manifest, which says what will come by tus. `upload` is the sender's own UUID.

    Nothing of it is kept but that list: who signed it lies nowhere before CLOSE.
    """
    here = counter()
    actor = present(here, project)
    request.max_content_length = LONGEST_DOCUMENT
    here.require_taking(actor, project)
    path = here.upload(actor, project, upload)
    try:
        here.incoming.plan(path, here.promised(actor, project, request.get_data()))
    except Invalid as refusal:
        here.refuse(actor, project, refusal)
        raise
    return never_kept(jsonify(held=here.incoming.held(path)))


@pages.post("/<uuid:project>")
def hand_in(project: UUID) -> Response:
    """Hand in a bid: manifest and signature, with the objects or after them (`upload`)."""
    here = counter()
    actor = present(here, project)
    upload = request.args.get("upload", "")
    request.max_content_length = DOCUMENTS if upload else WHOLE
    request.max_form_parts = FILES
    if not upload:
        require_room(here.incoming.folder, request.content_length or WHOLE)
    came = dropped()
    if not upload:
        return told(here.take(actor, project, section_asked(here, actor, project), came))
    path = here.upload(actor, project, _uuid("upload", upload))
    section = section_asked(here, actor, project)
    with here.incoming.handed_in(path) as objects:
        return told(here.take(actor, project, section, {**objects, **came}))


@pages.post("/<uuid:project>/objects")
def bring(project: UUID) -> Response:
    """Bring objects again that the platform has damaged; only those asked for are taken."""
    here = counter()
    actor = present(here, project, resend.name)
    request.max_content_length, request.max_form_parts = WHOLE, FILES
    require_room(here.incoming.folder, request.content_length or WHOLE)
    section = _uuid("section", request.values.get("section", ""))
    records = bring_again(here, actor, project, section, dropped())
    response = jsonify(records=[str(each) for each in records])
    response.status_code = 201
    return never_kept(response)


def counter() -> Counter:
    """Return where bids are handed in here."""
    return Counter(source(), accounts().gate)


def dropped() -> dict[str, Callable[[], BinaryIO]]:
    """Return the files of a form by their own names, without the folder that they lay in."""
    files = [each for each in request.files.getlist("files") if each.filename]
    return {
        str(each.filename).replace("\\", "/").rpartition("/")[2]: _opener(each) for each in files
    }


def _opener(file: FileStorage) -> Callable[[], BinaryIO]:
    """Return what opens an uploaded file as often as it is asked to."""
    return lambda: cast("BinaryIO", Lent(file.stream))


class Lent:
    """A request's own stream, read from its beginning and not closed by its reader."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        stream.seek(0)

    def read(self, size: int = -1) -> bytes:
        """Read up to so many bytes, or all."""
        return self._stream.read(size)

    def readline(self, size: int = -1) -> bytes:
        """Read a line of at most so many bytes."""
        return self._stream.readline(size)

    def __enter__(self) -> Lent:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave it open."""


def section_asked(here: Counter, actor: Actor, project: UUID) -> UUID:
    """Return the section that a bid is for; raises Invalid, on record."""
    try:
        return _uuid("section", request.values.get("section", ""))
    except Invalid as refusal:
        here.refuse(actor, project, refusal)
        raise


def told(answer: Answer) -> Response:
    """Answer with the receipt; a refusal is a problem that carries its receipt."""
    receipt = answer.receipt.decode()
    if answer.refusal is None:
        response = jsonify(record=str(answer.record), receipt=receipt)
        response.status_code = 201
        return never_kept(response)
    response = refused(answer.refusal)
    body = json.loads(response.get_data(as_text=True)) | {"receipt": receipt}
    response.set_data(json.dumps(body, ensure_ascii=False))
    return response


def present(here: Counter, project: UUID, action: str = submit.name) -> Actor:
    """Return who sends, masked; answers 401 to nobody, and raises what the gate raises."""
    who = wearer()
    if who is None:
        abort(401, "请先登录 / sign in first")
    if not request.headers.get("Authorization"):
        accounts().gate.require_csrf(who.token, request.headers.get("X-CSRF", ""))
    return here.admit(Ticket(who.token, project, ticket(project)), action)


def _uuid(name: str, typed: str) -> UUID:
    try:
        return UUID(typed)
    except ValueError:
        raise Invalid(name, "编号有误 / no such id", rule="webui/deed") from None
