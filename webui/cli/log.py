"""`batong log recover`: a restored database brought up to what its log had already let out."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click

from monitor.log.checkpoint import Policy, open_checkpoint
from monitor.log.note import NoteError
from monitor.log.sequencer.latch import Latch
from monitor.log.sequencer.recovery import NothingLost, Recovered, import_lost, recover, unsaid
from monitor.log.tile import MissingTile, TileStore
from monitor.log.verify.mirror import log_at
from monitor.role import SYSTEM
from monitor.runtime.settings import Settings, load
from webui.cli.report import fail, one_line_errors
from webui.house import House, kept_keys, log_folder, open_house


@click.group()
def log() -> None:
    """透明日志 / The transparent log."""


@log.command("recover")
@click.option(
    "--data", type=click.Path(exists=True, file_okay=False, path_type=Path), help="default: ./data"
)
@click.option(
    "--from", "place", help="日志的镜像：文件夹或网址 / a mirror of the log: folder or address"
)
@one_line_errors
def recover_command(data: Path | None, place: str | None) -> None:
    """恢复旧备份后，从已公布的条目补回日志 / Bring back leaves that a restored database lacks.

    The entries come from this folder's own published log, or from a mirror. The acts that they hid
    are lost; a public record says which leaves came back.
    """
    settings = load(os.environ, data=data)
    with open_house(settings) as house, tempfile.TemporaryDirectory() as folder:
        house.prepare()
        source = log_at(place, Path(folder)) if place else TileStore(log_folder(settings))
        _recover(settings, house, source)


def _recover(settings: Settings, house: House, source: TileStore) -> None:
    kept = kept_keys(settings).policy
    policy = Policy(kept.log, kept.witnesses)  # what no witness has cosigned yet was let out too
    found = _brought_back(settings, house, policy, source)
    for done in found:
        house.platform.perform(
            recover, SYSTEM, None, start=done.start, end=done.head.size, root=done.head.root.hex()
        )
    house.publish(settings)
    if not found:
        fail("数据库没有缺少已公布的条目 / the database lacks nothing that was published", 1)
    for done in found:
        click.echo(
            f"补回第 {done.start} 至 {done.head.size} 条，其中 {done.known} 条的记录仍在 / leaves "
            f"{done.start} to {done.head.size} are back, {done.known} of them with their records"
        )


def _brought_back(
    settings: Settings, house: House, policy: Policy, source: TileStore
) -> list[Recovered]:
    """Import what is lacking; return that, and what an earlier run imported and was stopped."""
    with house.platform.read() as session:
        earlier = unsaid(session, policy.log.name)
    try:
        done = import_lost(
            house.ground.database.sequencer_url, policy, _last(settings, policy, source), source,
            house.platform.clock.now(),
        )  # fmt: skip
    except NothingLost:
        return earlier
    return [*earlier, done]


def _last(settings: Settings, policy: Policy, source: TileStore) -> str:
    """Return the largest checkpoint that the log's key signed, of those that are at hand."""
    found = _at_hand(settings, source)
    notes = {note: size for note in found if (size := _size(note, policy)) is not None}
    if not notes:
        fail("没有日志公钥签名的检查点 / no checkpoint that the log's key signed", 1)
    return max(notes, key=lambda note: notes[note])


def _size(note: str, policy: Policy) -> int | None:
    try:
        return open_checkpoint(note, policy).checkpoint.size
    except NoteError:
        return None


def _at_hand(settings: Settings, source: TileStore) -> Iterator[str]:
    stored = Latch(settings.checkpoint_store).read()
    if stored is not None:
        yield stored
    for each in (source, TileStore(log_folder(settings))):
        try:
            yield each.read_checkpoint().decode()
        except MissingTile:
            continue
