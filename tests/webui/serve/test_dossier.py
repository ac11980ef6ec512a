"""The case file: made by the worker with proofs that hold, kept for supervision alone."""

from __future__ import annotations

import base64
import re
from io import BytesIO
from uuid import UUID

import pdfplumber

from monitor.log.tree import leaf_hash, verify_inclusion
from monitor.record.disclosure import Audience, Viewer, custody, timeline
from monitor.role import Role
from monitor.work.due import open_work
from tests.builders import a_standing, an_actor
from tests.stories.world import a_tender
from tests.webui.serve.office import Office
from trading.notice.notice import carry, current_notice
from trading.paper.keeping import papers
from trading.supervision.card.card import cards_for
from trading.supervision.card.dossier import ASK, dossier_of

MARK = 30
"""Points of type from which on letters are a demo's large mark, across the lines."""


def test_a_case_file_is_made_with_proofs_that_hold_and_for_supervision_alone(
    office: Office,
) -> None:
    world = office.world
    platform, tender = world.house.platform, a_tender(world)
    department = a_standing(platform, tender.id, an_actor(platform, Role.DEPARTMENT))
    notice = world.ask(current_notice, tender.id)
    tender.do(carry, tender.clerk, notice=notice.id, medium="cebpub", digest=bytes(32))
    office.run()
    [card] = world.ask(cards_for, department, [tender.id])
    dossier: UUID = tender.do(ASK[Role.DEPARTMENT], department, card=card.id)
    assert [each.kind for each in world.ask(open_work)] == []
    office.run()
    row, _ = world.ask(dossier_of, tender.id, dossier)
    assert row.blob is not None
    pdf = office.worker.bench.store.get(row.blob)
    with pdfplumber.open(BytesIO(pdf)) as pages:
        plain = [page.filter(lambda each: each.get("size", 0) < MARK) for page in pages.pages]
        said = "".join(page.extract_text() for page in plain)
    assert "监察案卷" in said
    assert "不同媒介发布的公告内容不一致" in said
    bare = re.sub(r"\s", "", said)
    assert card.evidence[0] in bare
    [shown] = [each for each in world.ask(timeline, tender.id, Viewer(Audience.INSPECTOR))
               if str(each.record_id) == card.evidence[0]]  # fmt: skip
    assert shown.commitment.hex() in bare
    steps = re.search(rf"{card.evidence[0]}）：([A-Za-z0-9+/=]+)", bare)
    assert steps is not None
    path = tuple(base64.b64decode(each + "=") for each in steps[1].split("=") if len(each) == 43)
    assert path
    head = re.search(r"log/2026\s+(\d+)\s+([A-Za-z0-9+/\s]{43,60}?=)", said)
    assert head is not None
    root = base64.b64decode(re.sub(r"\s", "", head[2]))
    verify_inclusion(leaf_hash(shown.commitment), shown.index or 0, int(head[1]), path, root)
    names = [
        each.facts["action"] for each in world.ask(timeline, tender.id, Viewer(Audience.CENTRE))
    ]
    assert not {"card.file", "card.keep_file"} & set(names)
    assert str(dossier) not in str([each.name for each in world.ask(papers, tender.id)])
    held = b"".join(each.body for each in world.ask(custody, tender.id))
    assert b"card.file" not in held
