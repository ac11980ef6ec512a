"""Job `dossier`: the case file of a card on paper, with the proof of each record that shows it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from monitor.log.checkpoint import Checkpoint, Policy, open_checkpoint
from monitor.log.proof import LogProof
from monitor.record.disclosure import Disclosed, timeline
from monitor.role import SYSTEM, Role
from monitor.work.due import Job
from trading.paper.case_file import CaseFile, Shown, case_file_pdf
from trading.paper.sheet import Proof, beijing
from trading.registration.party import found_organisation
from trading.registration.project import found_project
from trading.supervision.card.check import points
from trading.supervision.card.dossier import ASK, KEEP, TAKE, dossier_of
from trading.supervision.card.handling import Card
from trading.supervision.card.sight import INSPECTOR
from webui.serve.work.job.bench import Bench
from webui.serve.work.job.name import trade

RESULTS = {2: "黄牌 / yellow", 3: "红牌 / red"}
TEXTS = (
    ("预警或督办 / warned or ordered", "warning"),
    ("答复 / answer", "answer"),
    ("处理意见 / remark", "remark"),
)
FILING = frozenset(each.name for acts in (ASK, KEEP, TAKE) for each in acts.values())
"""The asking for a file, its making and its taking are in no file."""


class NotInTree(LookupError):
    """A record of the file is not in the published log yet: the job waits for it."""


def make(bench: Bench, job: Job) -> None:
    """Make a case file and keep it; raises NotInTree while the log does not hold all of it."""
    project = trade(job)
    with bench.platform.read() as session:
        there = dossier_of(session, project, UUID(job.key))
        if there is None or there[0].digest is not None:
            return
        dossier, card = there
        told = _told(bench, session, card, dossier.org)
    pdf = case_file_pdf(told, bench.platform.clock.now())
    bench.platform.perform(
        KEEP[Role(dossier.asker or Role.DEPARTMENT)], SYSTEM, project,
        dossier=dossier.id, digest=hashlib.sha256(pdf).digest(), blob=bench.store.put(pdf),
    )  # fmt: skip


def _told(bench: Bench, session: Any, card: Card, org: UUID) -> CaseFile:
    found, point = found_project(session, card.project), points()[card.point]
    note = bench.tiles.read_checkpoint().decode()
    head = open_checkpoint(note, Policy(bench.keys.policy.log)).checkpoint
    seen = [each for each in timeline(session, card.project, INSPECTOR) if _belongs(each, card)]
    return CaseFile(
        number=found.code,
        facts=(
            ("项目 / trade", found.name),
            ("监察点 / point", f"{point.zh} / {point.en}"),
            ("依据 / article", point.article(found.category)),
            ("结果 / result", RESULTS[card.result]),
            ("亮牌 / shown", beijing(card.opened_at)),
            ("状态 / state", card.outcome or card.handling),
        ),
        text=tuple(f"{label}：{said}" for label, name in TEXTS if (said := getattr(card, name))),
        records=tuple(_records(bench, seen, head, note)),
        checkpoint=note,
        author=found_organisation(session, org).name,
        proof=Proof(f"{bench.url}/verify", head.root.hex()),
        mark=bench.mark,
    )


def _belongs(record: Disclosed, card: Card) -> bool:
    """Tell whether a record showed the card, or is about how it was handled."""
    body = record.facts
    own = body["facts"].get("card") == str(card.id) and body["action"] not in FILING
    return str(record.record_id) in card.evidence or own


def _records(bench: Bench, seen: list[Disclosed], head: Checkpoint, note: str) -> Iterator[Shown]:
    reader = bench.tiles.hash_reader(head.size)
    for each in seen:
        if each.index is None or each.index >= head.size:
            raise NotInTree(str(each.record_id))
        path = LogProof.build(reader, each.index, head.size, note).path
        at = datetime.fromisoformat(each.facts["time"])
        yield Shown(
            str(each.record_id), str(each.facts["action"]), at, each.commitment, each.index, path
        )
