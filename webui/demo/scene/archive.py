"""Scene 10, the archive 资料保存: close the file, pack both bags, file their digests."""

from __future__ import annotations

from pathlib import Path

from bidding.envelope.document import public_key
from monitor.log.tile import TileStore
from trading.archive.volume import draw_bundle
from webui.archive.packing import Archivist
from webui.artefact.keys import read_keys, write_keys
from webui.demo.play import Play
from webui.demo.scene.fee import watch


def play(it: Play, log: Path) -> None:
    """Pack archive.zip and public.zip, and file them."""
    stage = it.stage
    stage.narrator.scene("十、资料保存 / Archive")
    stage.until(it.plan.at(60))
    stage.settle()
    keys = read_keys(write_keys(stage.policy, public_key(stage.desk.signer)))
    archivist = Archivist(stage.platform, stage.store, TileStore(log), keys, stage.settle)
    papers = [*it.documents, draw_bundle("draw.zip", it.draw_bundle)]
    packed = archivist.pack(it.cast.clerk, it.project, papers)
    it.archive, it.public = packed.archive, packed.public
    watch(it)
    stage.settle()
    sizes = [len(bag) // 1024 for bag in (it.archive, it.public)]
    stage.say(f"归档：保管包 {sizes[0]} KiB，公开包 {sizes[1]} KiB，摘要入录 / both bags are filed")
