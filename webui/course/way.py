"""The way of one trade, from its registration to its archive: every step, as data (pure)."""

from __future__ import annotations

from collections.abc import Iterator

from monitor.role import Role
from trading.registration.stage import Stage
from trading.venue.booking import Purpose
from webui.course.fact import Facts
from webui.course.gate import (
    act,
    after,
    asks_deposit,
    before_close,
    both,
    deadline_over,
    ended,
    held,
    is_works,
    never,
    opened,
    publishes_contract,
    read_out,
    refunded,
    requested,
    running,
    seats,
    settled,
    shown,
    supply,
    unanswered,
)
from webui.course.step import Item, Service, State, Step, stand

OWNER = frozenset({Role.TENDEREE, Role.AGENCY})
TENDEREE = frozenset({Role.TENDEREE})
CENTRE = frozenset({Role.CENTRE})
BOOKERS = OWNER | CENTRE
FINANCE = frozenset({Role.FINANCE})
NOBODY = frozenset({Role.SYSTEM})

S = Service
WAY = (
    Step(
        "register", S.REGISTRATION, TENDEREE, after(), act("project.register"), "project.register"
    ),
    Step(
        "resubmit",
        S.REGISTRATION,
        TENDEREE,
        after(),
        never,
        "project.resubmit",
        when=lambda facts, _: facts.matter.stage is Stage.RETURNED,
    ),
    Step("accept", S.REGISTRATION, CENTRE, unanswered, act("project.accept"), "project.accept"),
    Step("seat", S.REGISTRATION, CENTRE, after("project.accept"), seats, "standing.seat"),
    Step(
        "notice",
        S.NOTICE,
        OWNER,
        after("project.accept"),
        act("notice.publish"),
        "notice.publish",
    ),
    Step(
        "document",
        S.NOTICE,
        OWNER,
        both(supply, before_close),
        act("document.issue"),
        "document.issue",
    ),
    Step(
        "method",
        S.NOTICE,
        OWNER,
        both(after("document.issue"), before_close),
        act("evaluation.set_method"),
        "evaluation.set_method",
        each_lot=True,
    ),
    Step(
        "answer",
        S.NOTICE,
        OWNER,
        after("document.issue"),
        never,
        "question.answer",
        when=lambda facts, _: facts.questions > 0,
    ),
    Step(
        "clarify",
        S.NOTICE,
        OWNER,
        both(after("document.issue"), before_close),
        never,
        "clarification.issue",
        optional=True,
    ),
    Step(
        "objection",
        S.NOTICE,
        OWNER,
        after("document.issue"),
        never,
        "objection.answer",
        when=lambda facts, _: facts.objections > 0,
    ),
    Step(
        "accounts",
        S.FEE,
        FINANCE | CENTRE,
        both(after("document.issue"), before_close),
        act("deposit.announce"),
        "deposit.announce",
        each_lot=True,
        when=asks_deposit,
    ),
    Step(
        "room_opening",
        S.VENUE,
        BOOKERS,
        both(after("notice.publish"), before_close),
        held(Purpose.OPENING),
        "venue.book",
    ),
    Step(
        "room_evaluation",
        S.VENUE,
        BOOKERS,
        both(after("notice.publish"), opened),
        held(Purpose.EVALUATION),
        "venue.book",
        optional=True,
    ),
    Step(
        "draw",
        S.DRAW,
        CENTRE,
        both(after("document.issue"), opened),
        requested,
        page="/act/draw.request?project={project}",
        each_lot=True,
    ),
    Step(
        "drawn",
        S.DRAW,
        NOBODY,
        both(opened, after("draw.request")),
        act("draw.finish"),
        each_lot=True,
    ),
    Step(
        "panel",
        S.DRAW,
        CENTRE,
        both(opened, after("draw.finish")),
        act("panel.form"),
        "panel.form",
        each_lot=True,
    ),
    Step(
        "opening",
        S.OPENING,
        TENDEREE,
        deadline_over,
        read_out,
        page="/desk/{project}/opening?section={section}",
        each_lot=True,
        limits=("opening.reveal",),
    ),
    Step(
        "start",
        S.EVALUATION,
        OWNER,
        both(opened, after("opening.reveal", "panel.form")),
        act("evaluation.start"),
        "evaluation.start",
        each_lot=True,
    ),
    Step(
        "report",
        S.EVALUATION,
        frozenset({Role.EXPERT}),
        both(opened, after("evaluation.start")),
        act("evaluation.report"),
        each_lot=True,
    ),
    Step(
        "candidates",
        S.AWARD,
        OWNER,
        both(opened, after("evaluation.report"), running),
        act("candidates.publish"),
        "candidates.publish",
        each_lot=True,
        when=is_works,
    ),
    Step(
        "award",
        S.AWARD,
        TENDEREE,
        both(opened, after("evaluation.report"), shown, running),
        act("award.issue"),
        "award.issue",
        each_lot=True,
    ),
    Step(
        "letters",
        S.AWARD,
        NOBODY,
        both(opened, after("award.issue")),
        act("award.file"),
        each_lot=True,
    ),
    Step(
        "contract",
        S.AWARD,
        TENDEREE,
        both(opened, after("award.issue"), running),
        act("contract.sign"),
        "contract.sign",
        each_lot=True,
    ),
    Step(
        "contract_notice",
        S.AWARD,
        OWNER,
        both(opened, after("contract.sign")),
        act("contract.publish"),
        "contract.publish",
        each_lot=True,
        when=publishes_contract,
    ),
    Step(
        "refund",
        S.FEE,
        FINANCE,
        ended,
        refunded,
        page="/finance/{project}",
        limits=("deposit.confirm_refund",),
    ),
    Step(
        "archive",
        S.ARCHIVE,
        CENTRE,
        both(ended, settled),
        act("archive.close"),
        "archive.close",
        limits=("archive.file",),
    ),
    Step("bags", S.ARCHIVE, NOBODY, after("archive.close"), act("archive.file")),
    Step(
        "archive_anew",
        S.ARCHIVE,
        CENTRE,
        after("archive.close"),
        never,
        "archive.close",
        optional=True,
    ),
)


def course(facts: Facts, role: Role) -> list[Item]:
    """Return every step of the trade as it stands for somebody of that role."""
    return [
        stand(step, facts, lot, role)
        for step in WAY
        for lot in (facts.matter.lots if step.each_lot else facts.matter.lots[:1])
        if step.when(facts, lot)
    ]


def mine(items: list[Item]) -> list[Item]:
    """Return what is the viewer's to do now: what is late first, else in the way's order."""
    found = [item for item in items if item.is_mine and not item.step.optional]
    return sorted(found, key=lambda item: item.state is not State.LATE)


def optional(items: list[Item]) -> list[Item]:
    """Return what the viewer may do besides."""
    return [item for item in items if item.is_mine and item.step.optional]


def waiting(items: list[Item]) -> list[Item]:
    """Return what others have to do now."""
    return [item for item in items if item.state is State.WAIT and not item.step.optional]


def coming(items: list[Item], role: Role, most: int = 1) -> list[Item]:
    """Return the next steps that are not open yet, the viewer's own before others'."""
    later = [item for item in items if item.state is State.LATER and not item.step.optional]
    return sorted(later, key=lambda item: role not in item.step.who)[:most]


def by_service(items: list[Item]) -> Iterator[tuple[Service, list[Item]]]:
    """Give the steps service by service."""
    for service in Service:
        yield service, [item for item in items if item.step.service is service and _counts(item)]


def _counts(item: Item) -> bool:
    """Tell whether a step is shown: what another may do, but need not, waits for nobody."""
    return not (item.step.optional and item.state in {State.WAIT, State.STOP})
