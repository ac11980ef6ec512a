"""`batong export log | ledger`: what the platform publishes, as files that others can read."""

import os
import sys
from pathlib import Path

import click

from monitor.log.checkpoint import open_checkpoint
from monitor.log.tile import MissingTile, TileStore
from monitor.log.verify.export import OPENINGS
from monitor.record.disclosure import Audience, Viewer, openings
from monitor.record.platform import Platform
from monitor.runtime.settings import Settings, load
from trading.fee.journal import journal
from trading.ledger import to_beancount
from webui.artefact.keys import FILE
from webui.cli.report import fail, one_line_errors
from webui.house import kept_keys, log_folder, open_house

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_DATA = click.option("--data", type=_FOLDER, help="default: ./data")
_PROVEN = {Audience.PARTY, Audience.ADDRESSEE}
_AUDIENCES = [each.value for each in Audience if each not in _PROVEN]


@click.group()
def export() -> None:
    """导出 / Export."""


@export.command("log")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="新文件夹 / new folder")
@click.option("--as", "audience", type=click.Choice(_AUDIENCES), default="public")
@_DATA
@one_line_errors
def export_log(out: Path, audience: str, data: Path | None) -> None:
    """导出日志：检查点、分块、可公开的开示 / Checkpoint, tiles, and openings that AS may see."""
    if out.exists() and any(out.iterdir()):
        raise FileExistsError(17, "exists", str(out))
    settings = load(os.environ, data=data)
    with open_house(settings) as house:
        size, count = write_log(settings, house.platform, out, Viewer(Audience(audience)))
    click.echo(f"{out}: {size} 条，开示 {count} 条 / {size} leaves, {count} openings", err=True)


@export.command("ledger")
@_DATA
@one_line_errors
def export_ledger(data: Path | None) -> None:
    """把账簿写到标准输出 / Write the Beancount journal of all trades to stdout."""
    with open_house(load(os.environ, data=data)) as house, house.platform.read() as session:
        found = journal(session)
    sys.stdout.write(to_beancount(found.entries, "八统 Batong"))
    if found.waiting:
        click.echo(
            f"{found.waiting} 个项目尚未截止，不在其中 / trades before CLOSE are left out", err=True
        )


def write_log(settings: Settings, platform: Platform, out: Path, viewer: Viewer) -> tuple[int, int]:
    """Write an export folder that `batong verify` accepts; return leaves and openings.

    Raises NoteError for a checkpoint short of the kept policy, KeysError without kept keys.
    """
    keys, store = kept_keys(settings), TileStore(log_folder(settings))
    try:
        note = store.read_checkpoint()
    except MissingTile:
        fail("日志尚无检查点 / the log has no checkpoint yet", 1)
    size = open_checkpoint(note, keys.policy).checkpoint.size
    store.export(size, out)
    with platform.read() as session:
        found = openings(session, viewer, size)
    (out / OPENINGS).write_bytes(b"".join(each.line() for each in found))
    (out / FILE).write_text(keys.text, "utf-8")
    TileStore(out).write_checkpoint(note.decode())
    return size, len(found)
