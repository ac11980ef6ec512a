"""What each address performs; whatever it performs while tests run is held against it."""

from collections.abc import Iterator

from flask import g, request

PERFORMS = {
    "POST /sign-in": "account.sign_in",
    "POST /sign-out": "account.sign_out",
    "POST /switch": "account.switch",
    "POST /account/revoke": "account.revoke",
    "POST /account/password": "account.change_password",
    "POST /account/second-factor": "account.enrol_totp",
    "POST /invitation": "account.set_password",
    "POST /demo/advance": "clock.advance",
    "POST /demo/act-as": "account.sign_in",
    "POST /demo/pay": "deposit.receive",
    "POST /api/v1/session": "account.sign_in",
    "DELETE /api/v1/session": "account.sign_out",
    "POST /api/v1/mask/<uuid:project>": "",
    "POST /bid/<uuid:project>/key": "",
    "POST /bid/<uuid:project>/submit": "arrival.stamp bid.submit",
    "POST /api/v1/bids/<uuid:project>": "arrival.stamp bid.submit",
    "POST /bid/<uuid:project>/object": "object.resend",
    "POST /api/v1/bids/<uuid:project>/objects": "object.resend",
    # on their way to bid.submit, which a refused manifest, object or piece is a refused one of
    "PUT /api/v1/bids/<uuid:project>/uploads/<uuid:upload>": "bid.submit",
    "POST /files/<uuid:project>": "bid.submit",
    "PATCH /files/<uuid:project>/<uuid:upload>/<name>": "bid.submit",
    "DELETE /files/<uuid:project>/<uuid:upload>/<name>": "",
    "POST /api/v1/outages": "outage.measure",
    "POST /report": "tip.file",
    "POST /report/state": "tip.ask",
    "POST /paper": "paper.read",
    "POST /paper/confirm": "paper.confirm",
    "POST /finance/<uuid:project>/<any(order, approve):what>": (
        "deposit.order_refund deposit.approve_refund"
    ),
    "POST /finance/<uuid:project>/confirm": "deposit.confirm_refund",
    "POST /panel/seat": "panel.check_in panel.attend",
    "POST /panel/leave": "panel.step_back",
    "POST /panel/<uuid:project>/delegate": "panel.delegate",
    "POST /expert/answer": "draw.answer",
    "POST /pool/import": "pool.import",
    "POST /apply": "expert.apply",
    "POST /inspections": "inspection.import",
    "POST /panel/<uuid:project>/<any(promise, score, reject, correct, sign, report):what>": (
        "panel.promise evaluation.score evaluation.reject evaluation.correct_price "
        "evaluation.sign evaluation.report"
    ),
    "POST /people/<uuid:person>/invite": "account.invite",
    "POST /act/<name>": "*",
    "POST /api/v1/acts/<name>": "*",
}
"""What an address that is sent to performs, by its method: the names of declared actions."""

KEEPS_NOTHING = {
    "POST /api/v1/mask/<uuid:project>": "proves a key; nothing of it is kept anywhere",
    "POST /bid/<uuid:project>/key": "proves a key; nothing of it is kept anywhere",
    "DELETE /files/<uuid:project>/<uuid:upload>/<name>": "of pieces that were never handed in",
}
"""Those that perform nothing, and why."""

BESIDE = frozenset(
    {
        "secret.look", "supervision.look", "member.look", "account.look", "account.turn_away",
        "work.plan",
    }
)  # fmt: skip
"""What an address of any method performs besides: a look, turning somebody away, and planning to
look again for a file that was missing from the store (webui/deed/fill/look.py)."""
CONFIRMS = "account.confirm"
"""What a form performs besides that asks for the password."""


def undeclared_here() -> Iterator[str]:
    """Yield each action that this request performed though its address declares another."""
    address = f"{request.method} {request.url_rule}"
    told = PERFORMS.get(address, "")
    declared = BESIDE | ({CONFIRMS} if told else set())
    declared |= {str((request.view_args or {}).get("name"))} if told == "*" else set(told.split())
    for step in g.get("trail", ()):
        if step.action not in declared:
            yield f"{address} performs {step.action}"
