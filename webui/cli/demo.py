"""`batong demo`: one whole trade in the terminal, real actions, a moved clock."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from shlex import quote

import click

from monitor.runtime.settings import load
from webui.cli.report import fail, one_line_errors
from webui.demo.narrator import Narrator
from webui.demo.output import write
from webui.demo.real import plan_from_files
from webui.demo.second import leave
from webui.demo.stage import set_stage
from webui.demo.story import play

STEPS = 64


@click.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("out"),
    show_default=True,
    help="产物文件夹（须为空或不存在） / where the artefacts go; must be empty or new",
)
@click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False), help="default: OUT/platform/data"
)
@click.option("--notice", type=click.Path(path_type=Path), help="真实公告 JSON / real notices")
@click.option("--code", help="公告的项目编号 / which notice, by its project code")
@click.option("--opening", type=click.Path(path_type=Path), help="真实开标记录 CSV / real bids")
@click.option(
    "--bidders",
    type=int,
    help="取前 N 家，至多 150；50 家约 1–2 分钟 / how many, up to 150; 50 take 1-2 minutes",
)
@click.option(
    "--second",
    is_flag=True,
    help="另留一宗未办项目与登录账户，可用 serve 接着办 / leave a second trade, and accounts",
)
@one_line_errors
def demo(
    out: Path,
    data: Path | None,
    notice: Path | None,
    code: str | None,
    opening: Path | None,
    bidders: int | None,
    second: bool,
) -> None:
    """演示一宗完整交易：登记到归档 / Play one whole trade, registration to archive."""
    _require_empty(out)
    try:
        plan = plan_from_files(notice, code, opening, bidders)
    except ValueError as error:
        fail(str(error), 2)
    _make(out)
    narrator = Narrator(sys.stdout, STEPS)
    for remark in plan.remarks:
        narrator.tell(f"  · {remark}")
    settings = load(os.environ, data=data or out / "platform" / "data", demo=True)
    with set_stage(
        settings, out / "platform" / "stand-ins", plan.at(0, "08:00"), narrator
    ) as stage:
        played = play(stage, plan)
        write(played, out)
        if second:
            leave(played)
    narrator.close()
    click.echo(
        f"\n产物在 {out}/ ；核验：./batong verify {quote(str(out))} / "
        "artefacts are there; verify them"
    )


def _require_empty(out: Path) -> None:
    try:
        filled = out.exists() and any(out.iterdir())
    except OSError as error:
        fail(f"{out} 无法读取 / cannot be read: {error.strerror}", 2)
    if filled:
        zh, en = "不是空文件夹：删除或换一个", "is not an empty folder: delete it or choose another"
        fail(f"{out} {zh} / {en}", 2)


def _make(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        fail(f"{out} 无法建立 / cannot be made: {error.strerror}", 2)
