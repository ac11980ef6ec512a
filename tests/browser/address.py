"""The pages that the gate walks: by name, where, and as whom they are opened. Add a line a page."""

from __future__ import annotations

from dataclasses import dataclass

PUBLIC_SCRIPT, STAFF_SCRIPT, STYLE = 15, 40, 20  # KiB on the wire
OUTSIDE = frozenset({"", "newcomer"})


@dataclass(frozen=True, slots=True)
class Spot:
    """A page: {code}, {project} and {record} stand for those of the trade that is there.

    {second} is the empty trade that waits for a newcomer, {person} a clerk of the centre.

    `account` is whose page it is (owner, clerk, cashier, inspector, administrator, trustee-1,
    newcomer; none: anybody's); `ready` is what is there once the page is whole.
    """

    name: str
    path: str
    account: str = ""
    ready: str = "h1"

    @property
    def script(self) -> int:
        """The KiB of script that it may bring."""
        return PUBLIC_SCRIPT if self.account in OUTSIDE else STAFF_SCRIPT


CHECKED = "[data-checked]:not([hidden])"
PUBLIC = (
    Spot("home", "/"),
    Spot("found", "/?q={code}&stage=archived"),
    Spot("none", "/?q=nothing"),
    Spot("unread", "/?stage=nothing&page=0"),
    Spot("unread-day", "/rooms?day=nothing"),
    Spot("project", "/project/{code}", ready=CHECKED),
    Spot("gallery", "/project/{project}/opening", ready=CHECKED),
    Spot("record", "/record/{record}", ready=CHECKED),
    Spot("rooms", "/rooms?day=2026-04-14"),
    Spot("free", "/rooms"),
    Spot("verify", "/verify"),
    Spot("missed", "/verify?record=nothing"),
    Spot("error", "/nothing"),
    Spot("apply", "/apply"),
    Spot("agencies", "/agencies"),
    Spot("promises", "/promises"),
    Spot("sign-in", "/sign-in"),
    Spot("invitation", "/invitation"),
    Spot("report", "/report?project={project}"),
    Spot("report-state", "/report"),
)
OFFICE = (
    Spot("own-project", "/project/{code}", "clerk", CHECKED),
    Spot("tasks-clerk", "/tasks", "clerk"),
    Spot("tasks-newcomer", "/tasks", "newcomer"),
    Spot("tasks-trustee", "/tasks", "trustee-1"),
    Spot("tasks-owner", "/tasks", "owner"),
    Spot("tasks-inspector", "/tasks", "inspector"),
    Spot("cards", "/cards", "inspector"),
    Spot("trade-cards", "/cards/{project}", "inspector"),
    Spot("suspend", "/act/project.suspend?project={project}", "inspector"),
    Spot("cases", "/cases", "inspector"),
    Spot("complaints", "/complaints", "inspector"),
    Spot("discipline-cases", "/cases", "discipline"),
    Spot("colleagues", "/colleagues", "discipline"),
    Spot("efficiency", "/efficiency", "inspector"),
    Spot("outages", "/outages", "owner"),
    Spot("outage-witness", "/act/outage.witness", "inspector"),
    Spot("mark-point", "/act/point.mark?project={project}", "inspector"),
    Spot("guide", "/guide", "newcomer"),
    Spot("desk", "/desk", "clerk"),
    Spot("desk-done", "/desk/{project}", "clerk", CHECKED),
    Spot("desk-new", "/desk/{second}", "owner", CHECKED),
    Spot("desk-cashier", "/desk/{second}", "cashier", CHECKED),
    Spot("opening", "/desk/{project}/opening", "owner", CHECKED),
    Spot("screen", "/desk/{project}/opening/screen", "owner"),
    Spot("bids", "/bids", "newcomer"),
    Spot("bid", "/bid/{second}", "newcomer"),
    Spot("receipts", "/receipts", "newcomer"),
    Spot("account", "/account", "owner"),
    Spot("stay", "/stay", "newcomer"),
    Spot("register", "/act/project.register", "owner"),
    Spot("publish", "/act/notice.publish?project={second}", "owner"),
    Spot("issue", "/act/document.issue?project={second}", "owner"),
    Spot("method", "/act/evaluation.set_method?project={second}", "owner"),
    Spot("book", "/act/venue.book?project={second}", "clerk"),
    Spot("request-draw", "/act/draw.request?project={second}", "clerk"),
    Spot("announce", "/act/deposit.announce?project={second}", "cashier"),
    Spot("refused-form", "/act/award.issue?project={second}", "owner"),
    Spot("messages-owner", "/messages", "owner"),
    Spot("messages-newcomer", "/messages", "newcomer"),
    Spot("mail-address", "/act/message.set_address", "owner"),
    Spot("work-clerk", "/work", "clerk"),
    Spot("paper", "/paper", "owner"),
    Spot("paper-clerk", "/paper", "clerk"),
    Spot("draws", "/draws", "clerk"),
    Spot("pool", "/pool", "clerk"),
    Spot("pool-inspector", "/pool", "inspector"),
    Spot("pool-import", "/pool/import", "clerk"),
    Spot("pool-review", "/act/expert.review", "clerk"),
    Spot("expert", "/expert", "e000001"),
    Spot("market", "/market/{second}", "owner"),
    Spot("choose-agency", "/act/agency.choose?project={second}", "owner"),
    Spot("inspections", "/inspections", "inspector"),
    Spot("delegate", "/panel/{second}/delegate", "owner"),
    Spot("finance", "/finance", "cashier"),
    Spot("finance-trade", "/finance/{code}", "cashier"),
    Spot("finance-owner", "/finance/{code}", "owner"),
    Spot("wall", "/wall", "inspector", CHECKED),
    Spot("wall-centre", "/wall", "clerk", CHECKED),
    Spot("orders", "/orders", "inspector"),
    Spot("orders-trade", "/orders/{code}", "inspector"),
    Spot("order-issue", "/act/order.issue?project={project}", "inspector"),
    Spot("panel-closed", "/panel", "owner"),
    Spot("people", "/people", "administrator"),
    Spot("people-none", "/people?q=nothing&role=witness", "administrator"),
    Spot("people-organisations", "/people/organisations", "administrator"),
    Spot("people-person", "/people/{person}", "administrator"),
    Spot("people-invite", "/people/{person}/invite", "administrator"),
    Spot("people-register", "/act/party.register", "administrator"),
    Spot("people-appoint", "/act/party.appoint?person={person}", "administrator"),
    Spot("people-tasks", "/tasks", "administrator"),
    Spot("trustee", "/trustee", "trustee-1"),
    Spot("succession-ask", "/act/succession.ask?project={project}", "owner"),
    Spot("succession-confirm", "/act/succession.confirm?project={project}", "trustee-1"),
    Spot("trustee-answer", "/act/opening.take_batch?project={project}", "trustee-1"),
)
"""Pages of people who are signed in."""

SPOTS = {spot.name: spot for spot in (*PUBLIC, *OFFICE)}

OF_MACHINES = "no page: a file, or what a program reads"
NOT_PLAYED = "stands in no folder that the gate serves"
"""Pages of something that the played demo and its waiting trade do not have: each is looked at by
a test that makes it, or by none in a browser yet (then its words are tested without one)."""
UNGATED = {
    **dict.fromkeys(
        (
            "/agencies.csv",
            "/healthz",
            "/keys.txt",
            "/log/checkpoint",
            "/log/tile/<path:path>",
            "/metrics",
            "/notices.atom",
            "/readyz",
            "/static/<name>",
            "/venues.ics",
            "/project/<uuid:project>/document/<sha256>",
            "/project/<uuid:project>/opening-record/<uuid:section>",
            "/wall/frame",
            "/bid/<uuid:project>/document/<sha256>",
            "/bid/<uuid:project>/invitation.json",
            "/bid/<uuid:project>/letter.pdf",
            "/bid/<uuid:project>/seal.json",
            "/expert/draws/<uuid:draw>/proof.json",
            "/inspections/<kind>.csv",
            "/pool/sample.csv",
            "/panel/<uuid:project>/paper",
            "/receipts/<uuid:record>.json",
            "/receipts/<uuid:record>.pdf",
            "/trustee/agree/<digest>.json",
            "/trustee/test/<uuid:test>.age",
            "/cards/<uuid:project>/file/<uuid:dossier>",
            "/desk/<name>/attachment/<uuid:attachment>",
            "/desk/<name>/paper/<uuid:paper>",
            "/panel/<uuid:project>/attachment/<uuid:attachment>",
            "/finance/<uuid:project>/deposits.csv",
            "/finance/<uuid:project>/journal.beancount",
            "/record/<uuid:record>.body",
            "/record/<uuid:record>.tlog-proof",
            "/draw/<uuid:number>/papers",
        ),
        OF_MACHINES,
    ),
    "/kept/<number>": "what was typed over an ended session: test_idle.py, by every rule",
    "/draw/<uuid:number>": "a draw that runs: test_drawn.py holds it to every rule",
    "/draw/<uuid:number>/hall": "a draw that runs: test_drawn.py",
    "/draw/<uuid:number>/watch": "a draw that runs: test_drawn.py",
    "/draw/<uuid:number>/print": "a draw that runs: test_drawn.py",
    "/receipts/<uuid:record>": "of a bid that was handed in: test_tenderer.py, by axe alone",
    "/panel/<uuid:project>": f"a running evaluation {NOT_PLAYED}; test_panel.py reads it",
    "/expert/draws/<uuid:draw>": f"an expert's own draw by machines {NOT_PLAYED}",
    "/agencies/<uuid:organisation>": f"a rated agency {NOT_PLAYED}",
    "/apply/<name>": f"an application {NOT_PLAYED}",
    "/paper/<uuid:paper>": f"a paper that was brought {NOT_PLAYED}; test_paper.py reads it",
    "/paper/<uuid:paper>/compare": "a paper that was brought: test_paper.py walks it",
    "/paper/<uuid:paper>/document": f"a paper that was brought {NOT_PLAYED}; test_paper_onward.py",
    "/paper/<uuid:paper>/notice": f"a paper that was brought {NOT_PLAYED}; test_paper.py",
    "/paper/<uuid:paper>/register": f"a paper that was brought {NOT_PLAYED}; test_paper.py",
}
"""Addresses that are read and have no row in the gate, each with its reason."""
