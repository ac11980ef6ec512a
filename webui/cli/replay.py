"""`batong replay opening CSV`: a real opening record, sealed, sent in and opened again."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import click

from monitor.runtime.settings import load
from webui.cli.report import fail, one_line_errors
from webui.demo.narrator import Narrator
from webui.demo.real import RealInputInvalid
from webui.demo.real.replay.comparison import Comparison, compare
from webui.demo.real.replay.course import begin, plan_of
from webui.demo.real.replay.row import Opening, Row, read_record
from webui.demo.stage import set_stage

STEPS = {
    "join": "参加（假名） / joined under pseudonyms",
    "seal": "密封 / sealed",
    "submit": "递交并查验 / sent in and checked",
    "close": "截止、见证、打开名单 / CLOSE, witnessed, names opened",
    "release": "自行解密 / keys released",
    "table": "末次解密至全表公布 / from the last release to the full table",
}


@click.group()
def replay() -> None:
    """重演真实记录 / Replay what really happened."""


@replay.command()
@click.argument("csv", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--bidders", type=int, help="只取 N 家（至少 3） / only so many, three at least")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="数据文件夹，须新；默认用后即弃 / a new data folder; by default one that is thrown away",
)
@click.option("--json", "as_json", is_flag=True, help="输出 JSON / print JSON")
@one_line_errors
def opening(csv: Path, bidders: int | None, data: Path | None, as_json: bool) -> None:
    """重演开标记录 CSV：密封、递交、开标，逐家比对 / Seal, send in and open a real opening record.

    退出状态 / exit status: 0 全表与记录一致 / the table equals the record; 1 不一致 / it does not;
    2 用法有误 / bad use.
    """
    try:
        record = read_record(csv, bidders)
    except RealInputInvalid as error:
        fail(str(error), 2)
    if data is not None and data.exists():
        fail(f"{data}: 已存在，须用新文件夹 / exists already: name a new folder", 2)
    with tempfile.TemporaryDirectory(prefix="batong-replay-") as spare:
        found = _played(record, data or Path(spare) / "data", as_json)
    if as_json:
        click.echo(json.dumps(found.figures(), ensure_ascii=False))
    else:
        _print(found)
    raise SystemExit(0 if found.ok else 1)


def _played(record: Opening, data: Path, quiet: bool) -> Comparison:
    narrator = Narrator(StringIO() if quiet else sys.stdout, len(STEPS))
    for line in record.lines:
        narrator.tell(f"  · {line}")
    settings = load(os.environ, data=data, demo=True)
    begins = plan_of(record).at(0, "08:00")
    with set_stage(settings, data.parent / f"{data.name}-stand-ins", begins, narrator) as stage:
        course = begin(stage, record, _counted)
        course.run()
        found = compare(course)
    narrator.close()
    return found


@contextmanager
def _counted(rows: Sequence[Row], name: str) -> Iterator[Iterator[Row]]:
    """Lend the rows one by one, with a bar on a terminal's stderr."""
    hidden = not sys.stderr.isatty()
    with click.progressbar(rows, label=name, file=sys.stderr, hidden=hidden) as bar:
        yield iter(bar)


def _print(found: Comparison) -> None:
    click.echo("")
    for phase in found.phases:
        click.echo(
            f"{STEPS[phase.name]}: {phase.wall:.1f} s"
            f"（其中本进程处理器 / of the processor here {phase.processor:.1f} s）"
        )
    click.echo(
        f"{found.bidders} 家密封递交；{found.released} 家自行解密；"
        f"{found.by_trustees} 家由受托人打开 / sealed and sent in; released; opened by trustees"
    )
    click.echo(
        f"报价与记录相等 / prices equal to the record: {found.equal_prices} / {found.released}"
    )
    click.echo(
        f"末次解密至全表 / from the last release to the table: {found.seconds_to_table:.1f} s"
    )
    click.echo(f"每份投标处理器时间 / processor a bid: {found.processor_ms:.0f} ms")
    for line in found.wrong[:20]:
        click.echo(f"不符 / differs: {line}")
    click.echo("全表与记录一致 / equal" if found.ok else f"{len(found.wrong)} 处不符 / differences")
