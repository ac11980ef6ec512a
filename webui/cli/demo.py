"""`batong demo`: one whole trade in the terminal, real actions, a moved clock."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from monitor.runtime.settings import load
from webui.cli.report import fail, one_line_errors
from webui.demo.narrator import Narrator
from webui.demo.output import write
from webui.demo.real import plan_from_files
from webui.demo.stage import set_stage
from webui.demo.story import play

STEPS = 63


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
@click.option("--bidders", type=int, help="取前 N 家 / how many of them")
@one_line_errors
def demo(
    out: Path,
    data: Path | None,
    notice: Path | None,
    code: str | None,
    opening: Path | None,
    bidders: int | None,
) -> None:
    """演示一宗完整交易：登记到归档 / Play one whole trade, registration to archive."""
    if out.exists() and any(out.iterdir()):
        fail(f"{out} 不是空文件夹 / is not an empty folder", 2)
    try:
        plan = plan_from_files(notice, code, opening, bidders)
    except ValueError as error:
        fail(str(error), 2)
    narrator = Narrator(sys.stdout, STEPS)
    for remark in plan.remarks:
        narrator.tell(f"  · {remark}")
    settings = load(os.environ, data=data or out / "platform" / "data", demo=True)
    with set_stage(
        settings, out / "platform" / "stand-ins", plan.at(0, "08:00"), narrator
    ) as stage:
        write(play(stage, plan), out)
    narrator.close()
    click.echo(f"\n产物在 {out}/ ；核验：./batong verify {out} / artefacts are there; verify them")
