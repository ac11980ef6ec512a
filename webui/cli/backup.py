"""`batong backup` and `batong restore`: a data folder kept elsewhere, and brought back.

A backup holds the log's key and what lies at rest: keep it as you keep the data folder. The
checkpoint store is no part of it, and a restored folder that is behind it does not go on: its log
would fork. `batong log recover` brings back what had been let out.
"""

from __future__ import annotations

import os
from pathlib import Path

import click

from monitor.clock import SystemClock, time_text
from monitor.log.checkpoint import Policy, open_checkpoint
from monitor.log.note import NoteError
from monitor.log.sequencer.latch import Latch
from monitor.log.tile import MissingTile, TileStore
from monitor.runtime.backup import put_back, read_manifest, take
from monitor.runtime.settings import Settings, load
from webui.artefact.keys import FILE
from webui.cli.report import fail, one_line_errors
from webui.house import kept_keys, log_folder, open_house

_FOLDER = click.Path(file_okay=False, path_type=Path)


def _say(line: str) -> None:
    click.echo(f"… {line}", err=True)


@click.command()
@click.argument("out", type=_FOLDER)
@click.option(
    "--data", type=click.Path(exists=True, file_okay=False, path_type=Path), help="default: ./data"
)
@one_line_errors
def backup(out: Path, data: Path | None) -> None:
    """备份数据文件夹到新文件夹 OUT，平台可照常运行 / Back up a data folder into OUT while it runs.

    OUT holds the platform's own keys: keep it as safe as the data folder itself.
    """
    settings = load(os.environ, data=data)
    _require_own_database(settings)
    with open_house(settings) as house:
        last = _published(settings)
        facts = {"kind": settings.kind.value, "at": time_text(SystemClock().now()), "log": last}
        url = house.ground.database.superuser_url
        take(settings.data, url, out.resolve(), facts, _say)
    size = f"{_size(settings, last)}" if last else "0"
    click.echo(f"已备份到 {out}，日志 {size} 条 / backed up; leaves in the log: {size}")


@click.command()
@click.argument("source", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--data", type=_FOLDER, help="还不存在的文件夹 / a new folder; default: ./data")
@click.option(
    "--store-lost", is_flag=True,
    help="检查点库也丢失了：以备份的为准，见证人仍会拒绝分叉 / the checkpoint store is lost too: "
    "begin with the backup's; witnesses still refuse a fork",
)  # fmt: skip
@one_line_errors
def restore(source: Path, data: Path | None, store_lost: bool) -> None:
    """从备份 SOURCE 恢复数据文件夹 / Bring a data folder back from a backup.

    Refuses a backup that was changed, a folder that is not empty, and a log that would fork.
    """
    settings = load(os.environ, data=data)
    _require_own_database(settings)
    told = read_manifest(source, _say)
    kept = Latch(settings.checkpoint_store).read()
    if kept is None and told.get("log") and not store_lost:
        fail(
            f"{settings.checkpoint_store} 中没有检查点：没有它，无从得知日志已公布到哪里。"
            "请找回检查点库；确已丢失的，加 --store-lost / no checkpoint there, without which"
            " nobody knows how far the log was let out: bring it back, or say --store-lost",
            1,
        )
    put_back(source, settings.data, told, _say)
    if kept is None and told.get("log"):
        _begin_store(settings, str(told["log"]))
    click.echo(f"已恢复到 {settings.data} / restored")
    _tell_what_is_lacking(settings, str(told.get("log") or ""))


def _tell_what_is_lacking(settings: Settings, backed_up: str) -> None:
    stored = Latch(settings.checkpoint_store).read()
    if stored is None:
        return
    let_out, here = _size(settings, stored), _size(settings, backed_up) if backed_up else 0
    if let_out > here:
        click.echo(
            f"备份之后日志又公布了 {let_out - here} 条；补回之前平台不会启动：./batong log recover"
            f" / leaves let out after the backup: {let_out - here}; the platform does not start"
            " before they are back: ./batong log recover"
        )


def _begin_store(settings: Settings, note: str) -> None:
    settings.checkpoint_store.mkdir(mode=0o700, parents=True, exist_ok=True)
    text = (log_folder(settings) / FILE).read_text("utf-8")
    (settings.checkpoint_store / FILE).write_text(text, "utf-8")
    Latch(settings.checkpoint_store).swap(None, note)


def _published(settings: Settings) -> str:
    """Return the last checkpoint that was let out, "" before the first."""
    try:
        return TileStore(log_folder(settings)).read_checkpoint().decode()
    except MissingTile:
        return ""


def _size(settings: Settings, note: str) -> int:
    """Return the size of a checkpoint that this log's key signed; ends for another's."""
    policy = kept_keys(settings).policy
    try:
        return open_checkpoint(note, Policy(policy.log, policy.witnesses)).checkpoint.size
    except NoteError as fault:
        fail(f"检查点不是本日志所签 / a checkpoint that is not of this log: {fault}", 1)


def _require_own_database(settings: Settings) -> None:
    if settings.database is not None:
        fail(
            "数据库在别处运行（BATONG_DATABASE_URL），请用它自己的工具备份 / the database runs"
            " elsewhere (BATONG_DATABASE_URL): back it up by its own means",
            2,
        )
