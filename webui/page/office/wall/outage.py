"""`/outages`: when the platform was away, by its own measure and by witnesses.

`POST /api/v1/outages` takes what a witness's program measured. Nobody is signed in there: the
signature says who measured, and what it does not verify is refused before anything is written.
"""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, Response, jsonify, render_template, request

from monitor.law.rule import load as load_rules
from monitor.log.note import NoteError, VerifierKey
from monitor.log.witness.measure import FORM, Signed, open_measure
from monitor.record.suspension import standing_still
from monitor.refusal import Conflict, NotAllowed
from monitor.role import SYSTEM, Role
from trading.desk.docket import OVER, docket
from trading.supervision.standstill.lost_deadline import DEADLINE, OPENING, consented
from trading.supervision.standstill.outage import is_written, measure, outages, witness
from trading.supervision.standstill.suspension import OUTAGE
from webui.api.private import never_kept
from webui.house import outage_keys
from webui.page.view import source
from webui.page.wearer import require

pages = Blueprint("outage", __name__)
LONGEST = 4096
"""Bytes of a signed measure."""


@pages.get("/outages")
def listed() -> str:
    """Show the outages, the last first, and the rules for what they hit."""
    who, here = require(), source()
    with here.platform.read() as session:
        found = outages(session)
        mine = docket(session, who.actor, here.now) if who.role is Role.TENDEREE else []
        trades = [
            (each, consented(session, each.project), standing_still(session, each.project))
            for each in mine
            if each.stage not in OVER
        ]
    rules = load_rules()
    return render_template(
        "office/wall/outages.html", outages=found, now=here.now,
        rules=[rules[DEADLINE], rules[OPENING]],
        trades=trades, cause=OUTAGE, brings=who.role in witness.by,
    )  # fmt: skip


@pages.post("/api/v1/outages")
def bring() -> Response:
    """Take a signed measure in, once; the answer names the outage, and tells whether it is new."""
    request.max_content_length = LONGEST
    here = source()
    policy = here.keys.policy
    keys = outage_keys(here.settings, policy)
    signed = _signed(request.get_data(), keys)
    name = signed.measure.id
    with here.platform.read() as session:
        known = is_written(session, name)
    try:
        if not known:
            here.platform.perform(
                measure, SYSTEM, None, note=signed.note, origin=policy.log.name, keys=keys
            )
    except Conflict:
        known = True  # brought twice at once
    return never_kept(jsonify(outage=str(name), new=not known))


def _signed(told: bytes, keys: Sequence[VerifierKey]) -> Signed:
    try:
        return open_measure(told.decode(), keys)
    except (NoteError, UnicodeDecodeError) as fault:
        raise NotAllowed(f"见证人的测量无效 / {fault}", field="note", rule=FORM) from fault
