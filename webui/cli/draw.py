"""`batong draw verify BUNDLE` computes one draw again; `batong draw run` is the draw service."""

from pathlib import Path

import click

from webui.artefact.kind.draw import check_draw
from webui.artefact.line import guarded
from webui.artefact.trust import sound
from webui.cli.report import one_line_errors, show
from webui.program.draw.command import draw_run, names


@click.group()
def draw() -> None:
    """随机抽取 / Draws."""


draw.add_command(draw_run)
draw.add_command(names)


@draw.command()
@click.argument("bundle", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="输出 JSON / print JSON")
@one_line_errors
def verify(bundle: Path, as_json: bool) -> None:
    """重新计算抽取包 BUNDLE / Re-compute a bundle; also: python3 draw_verify.py BUNDLE."""
    lines = guarded(bundle.name, lambda: check_draw(bundle.name, bundle.read_bytes()))
    show(lines, sound(lines), as_json)
