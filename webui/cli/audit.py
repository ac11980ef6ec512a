"""`batong audit`: row → change line → record → commitment → tree → last cosigned checkpoint."""

import json
import os
from pathlib import Path
from shlex import quote

import click

from monitor.log.checkpoint import Checkpoint, open_checkpoint
from monitor.log.note import NoteError
from monitor.log.sequencer.latch import Latch
from monitor.log.tile import CHECKPOINT
from monitor.record.audit.book import waiting
from monitor.record.audit.finding import Finding
from monitor.record.audit.walk import audit as walk
from monitor.runtime.settings import Settings, load
from webui.artefact.keys import Keys, read_keys
from webui.cli.report import fail, one_line_errors
from webui.house import House, kept_keys, log_folder, open_house

_DATA = click.option(
    "--data", type=click.Path(exists=True, file_okay=False, path_type=Path), help="default: ./data"
)
_KEYS = click.option(
    "--keys",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="另行取得的公钥 / keys that you got elsewhere",
)


@click.command()
@_DATA
@_KEYS
@click.option("--json", "as_json", is_flag=True, help="输出 JSON / print JSON")
@one_line_errors
def audit(data: Path | None, keys: Path | None, as_json: bool) -> None:
    """全面核对数据库与日志 / Walk the whole database against the log; name what differs."""
    _require_data(data)
    settings = load(os.environ, data=data)
    known = read_keys(keys.read_text("utf-8")) if keys else kept_keys(settings)
    with open_house(settings) as house:
        trusted, findings = _walked(settings, known, house)
        with house.platform.read() as session:
            pending = waiting(session)
    _show(findings, trusted, pending, as_json)
    raise SystemExit(1 if findings else 0)


def _require_data(data: Path | None) -> None:
    """Point to the data inside, for a folder that `demo --out` made."""
    if data is None or (data / "kind").exists():
        return
    inside = data / "platform" / "data"
    if (inside / "kind").exists():
        command = f"--data {quote(str(inside))}"
        fail(f"{data} 不是数据文件夹，是否指 / is no data folder; did you mean: {command}", 2)


def _walked(
    settings: Settings, keys: Keys, house: House
) -> tuple[Checkpoint | None, list[Finding]]:
    """Walk; once more while the log moved meanwhile, since both must be of one moment."""
    while True:
        trusted, findings = trusted_checkpoint(settings, keys)
        with house.platform.read() as session:
            findings += walk(session, trusted, keys.policy)
        if not findings or trusted_checkpoint(settings, keys)[0] == trusted:
            return trusted, findings


def trusted_checkpoint(settings: Settings, keys: Keys) -> tuple[Checkpoint | None, list[Finding]]:
    """Return the last cosigned checkpoint of the checkpoint store, and what is wrong with it."""
    note = Latch(settings.checkpoint_store).read()
    if note is None:
        published = (log_folder(settings) / CHECKPOINT).exists()
        missing = Finding(
            "checkpoint", str(settings.checkpoint_store), "检查点库为空 / the store is empty"
        )
        return None, [missing] if published else []
    try:
        return open_checkpoint(note, keys.policy).checkpoint, []
    except NoteError as error:
        return None, [Finding("checkpoint", str(settings.checkpoint_store), str(error))]


def _show(findings: list[Finding], trusted: Checkpoint | None, pending: int, as_json: bool) -> None:
    size = trusted.size if trusted else 0
    if as_json:
        rows = [{"place": each.place, "key": each.key, "what": each.what} for each in findings]
        told = {"ok": not findings, "checkpoint": size, "pending": pending, "findings": rows}
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    for each in findings:
        click.echo(f"未通过 / FAILED  {each}")
    if pending:
        click.echo(f"{pending} 条记录尚未入册 / {pending} records not yet in the log")
    word = f"发现 {len(findings)} 处 / {len(findings)} findings" if findings else "无差异 / clean"
    click.echo(f"{word}，检查点 / checkpoint {size}")
