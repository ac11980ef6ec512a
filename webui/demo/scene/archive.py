"""Scene 10, the archive 资料保存: close the file, pack both bags, file their digests."""

from __future__ import annotations

from trading.archive.volume import Document, draw_bundle, filed
from trading.money import format_yuan
from webui.archive.packing import Archivist
from webui.demo.plan import MARK
from webui.demo.play import Play
from webui.demo.scene.fee import watch
from webui.house import kept_keys

TITLE = "十、资料保存 / Archive"


def play(it: Play) -> None:
    """Pack archive.zip and public.zip, and file them."""
    stage = it.stage
    stage.narrator.scene(TITLE)
    stage.until(it.plan.at(60))
    stage.settle()
    keys = kept_keys(stage.settings)
    tiles = stage.sequencer.tiles
    archivist = Archivist(stage.platform, stage.store, tiles, keys, stage.settle, MARK)
    papers = [*it.documents, *_buyers_papers(it), draw_bundle("draw.zip", it.draw_bundle)]
    packed = archivist.pack(it.cast.clerk, it.project, papers)
    it.archive, it.public = packed.archive, packed.public
    watch(it)
    stage.settle()
    sizes = [len(bag) // 1024 for bag in (it.archive, it.public)]
    stage.say(f"归档：保管包 {sizes[0]} KiB，公开包 {sizes[1]} KiB，摘要入录 / both bags are filed")


def _buyers_papers(it: Play) -> list[Document]:
    """What the buyer itself brings to a procurement's file: budget and record (政府采购法 42)."""
    plan = it.plan
    if plan.is_works:
        return []
    budget = f"{plan.name}\n采购预算（演示） {format_yuan(plan.estimate_fen)} 元\n"
    record = (
        f"{plan.name}\n采购活动记录（演示）\n采购人：{plan.owner}\n预算：{format_yuan(plan.estimate_fen)}"
        f" 元\n采购方式：公开招标\n有效投标：{len(it.results)} 份\n"
    )
    return [
        filed("budget", "budget.txt", "采购预算 / budget", budget.encode()),
        filed("activity", "activity.txt", "采购活动记录 / record", record.encode()),
    ]
