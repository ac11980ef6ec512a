"""`batong import notices FILE`: real notices as registered projects, reported field by field."""

import csv
import json
import os
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import click

from monitor.law.workday import ONE_DAY
from monitor.runtime.folder import Kind
from monitor.runtime.settings import Settings, load
from webui.cli.report import fail, one_line_errors
from webui.house import BEFORE_DEMO, House, open_house
from webui.intake.intake import Outcome, Registrar, Report
from webui.intake.portal import LABELS, NoticeFileInvalid, read_notices

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_SHOWN = {
    Outcome.REGISTERED: "已登记 / registered",
    Outcome.KNOWN: "已登记，跳过 / registered already, skipped",
    Outcome.REFUSED: "不能登记 / not registered",
    Outcome.PASSED: "不启动交易，未登记 / opens no trade, passed over",
}


@click.group("import")
def import_() -> None:
    """导入真实数据 / Take in real data."""


@import_.command()
@click.argument("file", type=_FILE)
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="写入的数据文件夹 / the data folder written to; default: ./data",
)
@click.option(
    "--owners", type=_FILE, help="招标人信用代码 CSV：name,uscc / credit codes of the owners"
)
@click.option("--json", "as_json", is_flag=True, help="输出 JSON / print JSON")
@one_line_errors
def notices(file: Path, data: Path | None, owners: Path | None, as_json: bool) -> None:
    """把公告登记为项目，逐项报告 / Register published notices as projects; report each field.

    由公告所载招标人登记；公告不载其信用代码的，用占位代码并在单位名称中注明（或以 --owners 给出）。
    Registered by the owner that the notice names; where its credit code is not given, by a
    placeholder that its name says is one.

    写入 --data（默认 ./data，没有则新建），写完入册并签署检查点，可随即 ./batong audit。
    Writes to --data (./data unless given, made if missing), then sequences and signs a
    checkpoint, so that ./batong audit finds it clean.

    退出状态 / exit status: 0 启动交易的公告全部登记或早已登记 / every notice that opens a trade
    is registered, or was before; 1 有未能登记的 / some could not be; 2 用法有误 / bad use.
    """
    try:
        items = read_notices(file)
        codes = _codes(owners) if owners else {}
    except NoticeFileInvalid as error:
        raise click.UsageError(str(error)) from error
    settings = load(os.environ, data=data)
    with open_house(settings) as house:
        house.prepare()
        _require_no_play(settings, house)
        registrar = Registrar(house.platform, codes)
        reports = [registrar.take(item) for item in items]
        house.publish(settings)
    _show(reports, as_json)
    raise SystemExit(any(one.outcome is Outcome.REFUSED for one in reports))


def _require_no_play(settings: Settings, house: House) -> None:
    """Refuse a folder in which a trade was played: its clock and its names are invented."""
    if settings.kind is Kind.DEMO and house.platform.clock.now() > BEFORE_DEMO + ONE_DAY:
        fail(
            f"{settings.data} 演示过交易，时钟与当事人均为虚构，真实公告不得混入 / "
            "holds a played trade, its clock and parties invented; real notices do not go in: "
            "choose another --data",
            2,
        )


def _codes(path: Path) -> dict[str, str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            return {row["name"].strip(): row["uscc"].strip() for row in csv.DictReader(lines)}
    except (KeyError, AttributeError, UnicodeDecodeError, csv.Error):
        raise NoticeFileInvalid(f"{path}: 应有 name,uscc 两列 / needs name and uscc") from None


def _show(reports: Iterable[Report], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps([asdict(one) for one in reports], ensure_ascii=False))
        return
    for report in reports:
        click.echo(f"{_SHOWN[report.outcome]}  {report.code or report.source}  {report.title}")
        for line in report.lines:
            name = LABELS.get(line.field, line.field)
            rule = f"〔{line.rule}〕" if line.rule else ""
            found = " ".join(line.found.split())
            click.echo(f"    {line.state:8} {name}: {found} — {line.message}{rule}")
    _repeat_failures(reports)
    count = [sum(one.outcome is state for one in reports) for state in Outcome]
    told = zip(_SHOWN.values(), count, strict=True)
    click.echo("；".join(f"{words}: {number}" for words, number in told))


def _repeat_failures(reports: Iterable[Report]) -> None:
    for report in reports:
        if report.outcome is Outcome.REFUSED:
            reasons = [line for line in report.lines if line.state == "refused"]
            told = "；".join(
                f"{LABELS.get(one.field, one.field)}: {one.message}" for one in reasons
            )
            name = report.code or report.source
            click.echo(f"未登记 / not registered  {name}  {report.title}: {told}")
