"""`/people/<person>/invite`: an invitation is made, and its token shown once to whoever made it.

It is no deed of the book: a deed's answer is kept, so that a request that comes twice is answered
alike. Here the token is in one answer and nowhere else; what comes twice makes another invitation,
and the one before lapses. In a sealed office it is a colleague who comes here, and for nobody else.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, Response, abort, request

from monitor.refusal import Refusal
from monitor.role import SEALED_ROLES, Role
from trading.account.credential import ConfirmFirst, invite
from trading.account.proof.device import Source as Origin
from trading.account.session import SignedOut
from trading.registration.directory import Known, person_known
from webui.deed.deed import Case, Deed
from webui.deed.field import Text
from webui.page.answer import cookie
from webui.page.office.act.act import STATUS
from webui.page.office.act.form import Form, typed
from webui.page.office.people.colleague import COLLEAGUES, is_colleague
from webui.page.office.people.listing import PEOPLE, is_own, known_person, private
from webui.page.view import source
from webui.page.wearer import Wearer, accounts, require, require_sent

pages = Blueprint("invite", __name__)
NAME = Text("name", most=64, words="登录名 / Account name", hint="people.hint.account_name")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for an invitation: of whom, and for whom, if there is such a person."""

    who: Wearer
    person: UUID
    found: Known | None

    @property
    def deed(self) -> Deed:
        """Return the form: a name to sign in with is asked for where there is no account yet."""
        has_account = self.found is not None and bool(self.found.account)
        return Deed(invite, () if has_account else (NAME,), whole=True)

    @property
    def own_to_ask(self) -> bool:
        """Tell whether the form is the wearer's: an administrator's, or a colleague's of theirs."""
        if self.who.role in SEALED_ROLES:
            return self.found is not None and is_colleague(self.who, self.found)
        return self.who.role is Role.ADMINISTRATOR

    @property
    def home(self) -> str:
        """Return the page that the wearer came from."""
        return COLLEAGUES if self.who.role in SEALED_ROLES else PEOPLE

    @property
    def case(self) -> Case:
        """Return the case of the form."""
        here = source()
        return Case(here, self.who.actor, None, here.now)


@pages.get("/people/<uuid:person>/invite")
def ask(person: UUID) -> Response:
    """Show the form."""
    asked = _asked(require(Role.ADMINISTRATOR, *SEALED_ROLES), person)
    if not asked.own_to_ask:
        abort(403)
    if asked.found is None:
        abort(404)
    return _form(asked)


@pages.post("/people/<uuid:person>/invite")
def make(person: UUID) -> Response:
    """Make an invitation and show it; every refusal is on record, whoever asks."""
    here, asked = source(), _asked(require(), person)
    try:
        token = _made(asked)
    except SignedOut:
        abort(401)
    except Refusal as refusal:
        return _refused(asked, refusal)
    told = here.settings.public_url or request.url_root.rstrip("/")
    return private(
        "office/people/handed.html", whom=known_person(person), token=token,
        address=f"{told}/invitation", home=asked.home,
    )  # fmt: skip


def _asked(who: Wearer, person: UUID) -> Asked:
    here = source()
    with here.platform.read() as session:
        return Asked(who, person, person_known(session, person, here.now))


def _made(asked: Asked) -> str:
    """Return the token; raises every refusal."""
    gate, deed, case = accounts().gate, asked.deed, asked.case
    require_sent(asked.who)
    _confirm(asked.who)
    actor = gate.admit(asked.who.token, invite.name, appointment=_office())
    try:
        name = deed.values(case, typed(deed, request.form)).get("name", "")
    except Refusal as refusal:
        case.source.platform.refuse(invite, actor, None, refusal)
    return accounts().invite(actor, asked.person, name)


def _refused(asked: Asked, refusal: Refusal) -> Response:
    """Show the form again; to whom it is not theirs, that alone."""
    if not asked.own_to_ask:
        abort(403)
    if asked.found is None:
        abort(404)
    return _form(asked, refusal, STATUS.get(refusal.code, 422))


def _form(asked: Asked, refusal: Refusal | None = None, status: int = 200) -> Response:
    told = typed(asked.deed, request.form) if request.method == "POST" else {}
    return private(
        "office/people/invite.html", status, form=Form(asked.deed, asked.case, told, refusal),
        home=asked.home, whom=asked.found,
        own=asked.found is not None and is_own(asked.who, asked.found),
        confirm=isinstance(refusal, ConfirmFirst) or "confirm_password" in request.form,
    )  # fmt: skip


def _confirm(who: Wearer) -> None:
    """Prove the person anew where the form brought a password."""
    word = request.form.get("confirm_password", "")
    if word:
        origin = Origin(request.remote_addr or "", cookie.read("device"))
        accounts().confirm(who.token, word, request.form.get("confirm_code", ""), origin)


def _office() -> UUID | None:
    try:
        return UUID(request.form.get("office", ""))
    except ValueError:
        return None
