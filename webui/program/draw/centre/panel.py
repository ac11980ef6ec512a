"""Steps 6 to 10: rounds, each asked for by the inspector, drawn, contacted, closed."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bidding.envelope.age.file import encrypt_bytes
from experts.ceremony.mail.agenda import Todo
from experts.ceremony.mail.paper import (
    TOKEN_BYTES,
    Step,
    departure_evidence,
    evidence,
    reply_of,
)
from experts.ceremony.mail.view import View
from experts.draw import transcript
from experts.draw.encoding import H, mapping, require, rows, unhex, whole
from experts.draw.header import CENTRE
from experts.draw.pool import mask_of
from experts.draw.service import CHANGE
from experts.draw.transcript import Contact, Left, round_name
from monitor.log.canonical import JSON
from webui.program.draw.centre.messenger import Notice, evidence_of

if TYPE_CHECKING:
    from webui.program.draw.centre.desk import Centre


def request(desk: Centre, view: View, todo: Todo) -> None:
    """Step 6: tell the inspector what changed and which round is to be asked for."""
    note_departures(desk, view)
    desk.send(view, Step.REQUEST, desk.service.request(view.name), todo.k)


def note_departures(desk: Centre, view: View) -> None:
    """Take in who left on record since the last round, once each."""
    papers = desk.papers(view)
    kept = mapping(papers.get(CHANGE), "rechecks vacated", CHANGE) if papers.has(CHANGE) else {}
    noted = {str(rows(row, CHANGE)[0]) for row in rows(kept.get("vacated", []), CHANGE)}
    leaf_of = {mask_of(leaf): leaf.hex() for leaf in papers.pool().leaves}
    for one in view.leaving:
        leaf, why = leaf_of[one["mask"]], Left(one["why"])
        if leaf not in noted:
            told = departure_evidence(one["mask"], why.value, one["record"])
            desk.service.leave(view.name, leaf, why, told)


def draw(desk: Centre, view: View, todo: Todo) -> None:
    """Steps 6 to 8: two proofs, a seed, a panel; the platform learns leaves and hashes."""
    asked = view.step("ask", k=todo.k) or {}
    proof = mapping(desk.opened(view, Step.ANSWER, todo.k), "pi", "answer")
    answer: dict[str, JSON] = {"ask": str(asked["signature"]), "pi": str(proof["pi"])}
    told = desk.service.draw(view.name, answer)
    keepers, public = desk.notifier.keepers, not desk.papers(view).header().hidden
    places = [
        {"stratum": stratum, "leaf": leaf, "sealed": _sealed(uid, keepers)}
        | ({"name": uid} if public else {})
        for stratum, leaf, uid in desk.service.panel(view.name)
    ]
    desk.step(view, "draw.round", told=told, places=places)


def invite(desk: Centre, view: View, todo: Todo) -> None:
    """Step 9: send the drawn expert time, place and a token to answer with; not the project."""
    _, uid = _drawn(desk, view, todo.about)
    told: JSON = {
        "what": Step.INVITATION.value,
        "mask": todo.about,
        "token": _token(desk, view, todo.k).hex(),
        "starts": int(view.value["starts"]),
        "ends": int(view.value["ends"]),
        "place": desk.notifier.place,
    }
    document = {
        "draw": view.name,
        "mask": todo.about,
        "reply": reply_of(_token(desk, view, todo.k)),
        "sealed": desk.notifier.letter(uid, told),
    }
    desk.post(view, Step.INVITATION, document, todo.k)
    _tell(desk, view, todo, uid, 0)


def contact(desk: Centre, view: View, todo: Todo) -> None:
    """Step 9: write down the answer that came, with its evidence."""
    answer = view.answer(todo.about) or {}
    token = unhex(answer.get("token"), TOKEN_BYTES, "answer token")
    require(token == _token(desk, view, todo.k), "answer token", "is not the one sent / 凭据不符")
    accepts = bool(answer["accepts"])
    outcome = Contact.CONFIRMED if accepts else Contact.DECLINED
    told = evidence(todo.about, token, accepts=accepts)
    _end(desk, view, todo, outcome, told, _tries(desk, view, todo)[:1])


def call_again(desk: Centre, view: View, todo: Todo) -> None:
    """Step 9: a try every so often as the header says; then it is written down as no answer."""
    tries = _tries(desk, view, todo)
    rule = mapping((view.signed_header()).value["contact"], "attempts gap", "header.contact")
    if view.now - tries[-1] < whole(rule["gap"], "header.contact"):
        return
    if len(tries) < whole(rule["attempts"], "header.contact"):
        desk.papers(view).replace(_tries_name(todo.k), {"tries": [*tries, view.now]})
        _tell(desk, view, todo, _drawn(desk, view, todo.about)[1], len(tries))
        return
    told = H("no-answer", *evidence_of(todo.about, tries, _receipts(desk, view, todo.k))).hex()
    _end(desk, view, todo, Contact.NO_ANSWER, told, tries)


def closing(desk: Centre, view: View, todo: Todo) -> None:
    """Step 10: the whole round, for the inspector to recompute and sign."""
    desk.send(view, Step.CLOSING, desk.service.close_round(view.name), todo.k)


def close(desk: Centre, view: View, todo: Todo) -> None:
    """Step 10: keep the round with both signatures, and publish its hash and counts."""
    papers, name = desk.papers(view), round_name(todo.k)
    if not papers.has(name):
        desk.service.confirm_round(view.name, desk.signature(view, Step.CLOSING, todo.k))
    kept = mapping(papers.get(name), "round signatures", name)
    body: JSON = kept["round"]  # type: ignore[assignment]
    desk.step(
        view,
        "draw.close_round",
        closing=transcript.closing(papers.header().hh, body).hex(),
        signatures=kept["signatures"],
    )


def _end(
    desk: Centre, view: View, todo: Todo, outcome: Contact, told: str, tries: Sequence[int]
) -> None:
    leaf, _ = _drawn(desk, view, todo.about)
    desk.service.contact(view.name, leaf, outcome, told, tries)
    desk.step(
        view, "draw.contact", mask=todo.about, outcome=outcome.value, evidence=told,
        attempts=list(tries),
    )  # fmt: skip


def _drawn(desk: Centre, view: View, mask: str) -> tuple[str, str]:
    """Return leaf and uid of a pseudonym of the open round."""
    for _, leaf, uid in desk.service.panel(view.name):
        if mask_of(bytes.fromhex(leaf)) == mask:
            return leaf, uid
    raise LookupError(f"{mask} is not of this panel")


def _token(desk: Centre, view: View, place: int) -> bytes:
    """Return what an expert answers with, made once and kept before it is sent."""
    papers, name = desk.papers(view), f"token-{place}.json"
    if not papers.has(name):
        papers.put(name, {"token": secrets.token_bytes(TOKEN_BYTES).hex()})
    return unhex(mapping(papers.get(name), "token", name)["token"], TOKEN_BYTES, name)


def _tries(desk: Centre, view: View, todo: Todo) -> list[int]:
    """Return when the expert was called, the first time by the invitation itself."""
    papers, name = desk.papers(view), _tries_name(todo.k)
    if papers.has(name):
        kept = rows(mapping(papers.get(name), "tries", name)["tries"], name)
        return [whole(at, name) for at in kept]
    invitations = view.parcels(Step.INVITATION)
    return [int(one["at"]) for one in invitations if (one["role"], one["k"]) == (CENTRE, todo.k)]


def _tell(desk: Centre, view: View, todo: Todo, uid: str, attempt: int) -> None:
    """Try the other ways once, and keep what each said: it is part of the evidence."""
    starts, ends = int(view.value["starts"]), int(view.value["ends"])
    said = desk.notifier.tell(uid, Notice(todo.about, view.now, starts, ends, attempt))
    if said:
        kept: list[JSON] = [*_receipts(desk, view, todo.k), [attempt, said]]
        desk.papers(view).replace(_receipts_name(todo.k), {"receipts": kept})


def _receipts(desk: Centre, view: View, place: int) -> list[JSON]:
    papers, name = desk.papers(view), _receipts_name(place)
    if not papers.has(name):
        return []
    return list(rows(mapping(papers.get(name), "receipts", name)["receipts"], name))  # type: ignore[arg-type]


def _receipts_name(place: int) -> str:
    return f"receipts-{place}.json"


def _tries_name(place: int) -> str:
    return f"tries-{place}.json"


def _sealed(uid: str, keepers: str) -> str:
    return base64.b64encode(encrypt_bytes(uid.encode(), [keepers])).decode()


STEPS = {
    "request": request,
    "round": draw,
    "invite": invite,
    "contact": contact,
    "closing": closing,
    "close_round": close,
}
