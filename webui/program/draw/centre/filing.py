"""Step 1: the header, filed with the inspector's agent and published once it countersigned."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import experts.draw_verify
from experts.ceremony.mail.agenda import Todo
from experts.ceremony.mail.paper import Step
from experts.ceremony.mail.view import View
from experts.dossier import Expert, registry_root
from experts.draw.filing import Plan
from experts.draw.header import INSPECTOR, TENDEREE
from webui.program import mail
from webui.program.draw.case import case_of, pool_of

if TYPE_CHECKING:
    from webui.program.draw.centre.desk import Centre

AT = "at.json"


def hello(desk: Centre, view: View, _: Todo) -> None:
    """Tell to what key mail of this draw is sealed."""
    desk.post(view, Step.HELLO, {"recipient": mail.recipient(desk.papers(view))})


def file(desk: Centre, view: View, todo: Todo) -> None:
    """Screen the pool, hide it, sign; the inspector's machine gets it all, the platform nothing."""
    snapshot, people = _pool(desk, view)
    at = view.now
    desk.papers(view).replace(AT, {"at": at})
    rules, plan = view.purpose.rules, _plan(desk, view, at, snapshot)
    told = desk.service.file(plan, people, case_of(view, at), rules)
    desk.send(view, Step.FILING, {**told, "at": at}, todo.k, until=plan.times[0])


def open_header(desk: Centre, view: View, todo: Todo) -> None:
    """Publish the header with both signatures, and the leaves of the pool."""
    signature = desk.signature(view, Step.COUNTERSIGN, todo.k)
    signed = desk.service.publish(view.name, signature)
    leaves = b"".join(desk.papers(view).pool().leaves)
    desk.act(
        view, "draw.open_header", section=view.value["section"], signed=signed,
        leaves=base64.b64encode(leaves).decode(),
    )  # fmt: skip


def _pool(desk: Centre, view: View) -> tuple[str, tuple[Expert, ...]]:
    """Return the newest snapshot and the pool as it stands; takes one where facts changed since."""
    taken, people = pool_of(desk.client, view)
    if view.purpose.of_people and taken["root"] != registry_root(people).hex():
        desk.client.act("pool.snapshot", {})
        taken, people = pool_of(desk.client, view)
    return taken["snapshot"], people


def _plan(desk: Centre, view: View, at: int, snapshot: str) -> Plan:
    machines, purpose = view.value["machines"], view.purpose
    commit, reveal, beacon = purpose.times
    return Plan(
        draw=view.name,
        project=view.project,
        lot=str(view.value["section"]),
        purpose=purpose.name,
        kind=purpose.kind,
        strata=tuple((int(code), int(seats)) for code, seats in view.value["strata"]),
        caps=purpose.caps,
        contact=purpose.contact,
        beacon=str(view.value["beacon"]),
        keys={role: machines[role] for role in (INSPECTOR, TENDEREE)},
        times=(at + commit, at + reveal, at + beacon),
        snapshot=snapshot,
        freshness=_latest(desk),
        verifier=hashlib.sha256(Path(experts.draw_verify.__file__).read_bytes()).hexdigest(),
        stand_in=desk.stand_in,
        reason=str(view.value["reason"]),
    )


def _latest(desk: Centre) -> str:
    """Return size and root of the log's newest checkpoint: the header is not older than that."""
    return " ".join(desk.client.text("/log/checkpoint").splitlines()[1:3])


STEPS = {"hello": hello, "filing": file, "open_header": open_header}
