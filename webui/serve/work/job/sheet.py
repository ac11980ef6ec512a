"""Job `sheet`: the opening record on paper, kept with the trade."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any
from uuid import UUID

from bidding.hall.reveal import opening_record_of
from monitor.role import SYSTEM
from monitor.work.due import Job
from trading.paper.keeping import File, keep_file
from trading.paper.letter import Trade
from trading.paper.opening_sheet import OpenedBid, OpeningSheet, opening_record_pdf
from trading.paper.sheet import Proof
from trading.registration.party import found_organisation
from trading.registration.project import Project, found_project, sections
from trading.venue.booking import opening_room
from webui.serve.work.job.bench import Bench
from webui.serve.work.job.name import trade

DIGEST = "上列 SHA-256 是开标记录数据的摘要 / that SHA-256 is of the opening record's data."
LATER = "开标后提出的异议见记录 / those raised after the opening stand in the record"


def make(bench: Bench, job: Job) -> None:
    """Make the PDF of a section's opening record and keep it."""
    project, section = trade(job), UUID(job.key)
    with bench.platform.read() as session:
        found = found_project(session, project)
        [lot] = [row for row in sections(session, project) if row.id == section]
        document = opening_record_of(session, project, section)
        place = opening_room(session, project) or "本平台 / this platform"
        owner = found_organisation(session, found.owner).name
        agency = found_organisation(session, found.agency).name if found.agency else ""
        about = _about(found, lot.name, owner, agency)
        number = lot.number
    pdf = opening_record_pdf(_sheet(bench, about, place, document))
    name = f"opening-sheet-{number}.pdf"
    file = File("opening", name, "开标记录（版式文件） / opening record, on paper", pdf)
    keep_file(bench.platform, bench.store, SYSTEM, project, file)


def _about(found: Project, section: str, owner: str, agency: str) -> Trade:
    return Trade(found.category, found.name, found.code, section, owner, agency)


def _sheet(bench: Bench, about: Trade, place: str, document: bytes) -> OpeningSheet:
    told = json.loads(document)
    digest = hashlib.sha256(document).hexdigest()
    return OpeningSheet(
        trade=about,
        number=about.code,
        opened=datetime.fromisoformat(told["time"]),
        place=place,
        host=about.agency or about.tenderee,
        bids=tuple(_bid(row) for row in told["bids"]),
        objections=(LATER,),
        proof=Proof(f"{bench.url}/verify", digest),
        notes=(DIGEST,),
        mark=bench.mark,
    )


def _bid(row: dict[str, Any]) -> OpenedBid:
    shut = row.get("undecrypted")
    return OpenedBid(
        bidder=row["name"],
        bidder_code=row["uscc"],
        received=datetime.fromisoformat(row["arrived"]),
        state="未解密 / not opened" if shut else "已解密 / opened",
        price_fen=None if shut else int(row["price_fen"]),
        price="—" if shut else "",
        period="" if shut else f"{row['period_days']} 日历天 / days",
        remark=str(shut) if shut else "；".join(row["remarks"]),
    )
