"""`batong verify PATH…`: any artefact of the platform, checked offline."""

import logging
import sys
import tempfile
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click
from cryptography import x509

from monitor.log.verify.mirror import log_at
from webui.artefact.fetch import fetch, is_address
from webui.artefact.keys import ROOTS, KeysError, nearby, read_keys
from webui.artefact.kind.checkpoint import check_growth, check_stretch
from webui.artefact.line import Line, guarded
from webui.artefact.recognition import Progress, check_path
from webui.artefact.trust import Trust, notice, sound
from webui.cli.report import one_line_errors, show

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("places", metavar="PATH|URL...", nargs=-1, required=True)
@click.option("--keys", type=_FILE, help="另行取得的公钥文件 / keys that you got elsewhere")
@click.option("--roots", type=_FILE, help="PDF 签名的根证书 PEM / root certificates for PDF")
@click.option(
    "--at", type=click.DateTime(), help="按此时刻核验证书 (UTC) / judge certificates then"
)
@click.option(
    "--log", "place",
    help="检查点所属的日志：文件夹或网址 / the log of checkpoints: folder or address",
)  # fmt: skip
@click.option(
    "--range", "between", metavar="A:B",
    help="只核验日志第 A 至 B 条；PATH 为日志 / leaves A to B alone; PATH is a log",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="输出 JSON / print JSON")
@one_line_errors
def verify(
    places: tuple[str, ...],
    keys: Path | None,
    roots: Path | None,
    at: datetime | None,
    place: str | None,
    between: str | None,
    as_json: bool,
) -> None:
    """离线核验任何产物，文件夹则逐件核验 / Check any artefact offline, a folder as a whole.

    archive.zip, public.zip, draw.zip, receipts, award notice, opening record, ledger, bid, log
    export, checkpoint, record, tlog-proof. Keys default to log/keys.txt beside or above PATH.
    """
    for name in ("pyhanko", "pyhanko_certvalidator"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)  # it logs traces of hostile files
    given = read_keys(_text(keys)) if keys else None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        mirror = log_at(place, folder / "log") if place else None
        trust = Trust(given, (), at and at.replace(tzinfo=UTC), mirror)
        if between is None:
            told, lines = _artefacts(places, trust, roots, folder)
        else:
            told, lines = _stretches(places, trust, _between(between), folder)
    show([*told, *lines], sound(lines), as_json)


def _between(text: str) -> tuple[int, int | None]:
    """Read A:B, or A: for all from A on."""
    start, colon, end = text.partition(":")
    if not colon or not start.isdecimal() or (end and not end.isdecimal()):
        raise click.BadParameter("A:B", param_hint="--range")
    return int(start), int(end) if end else None


def _artefacts(
    places: tuple[str, ...], trust: Trust, roots: Path | None, folder: Path
) -> tuple[list[Line], list[Line]]:
    paths = tuple(_local(each, folder / str(n)) for n, each in enumerate(places))
    trust.roots = _roots(roots or nearby(paths[0], ROOTS))
    lines = [line for path in paths for line in check_path(path, trust, _bar())]
    lines += guarded("checkpoint", lambda: check_growth(trust))
    return notice(trust, paths, bool(roots)), lines


def _stretches(
    places: tuple[str, ...], trust: Trust, between: tuple[int, int | None], folder: Path
) -> tuple[list[Line], list[Line]]:
    lines: list[Line] = []
    for number, place in enumerate(places):
        store, keys = log_at(place, folder / str(number)), trust.keys_for(Path(place))
        lines += guarded(place, partial(check_stretch, place, store, keys, between, _bar()))
    return notice(trust, (), False), lines


def _local(place: str, folder: Path) -> Path:
    """Return the file or folder itself, or the file fetched from an address; raises OSError."""
    if is_address(place):
        folder.mkdir()
        return fetch(place, folder)
    path = Path(place)
    if not path.exists():
        raise FileNotFoundError(2, "没有此文件 / there is no such file", place)
    return path


def _text(path: Path) -> str:
    return path.read_text("utf-8", errors="replace")


def _roots(path: Path | None) -> tuple[x509.Certificate, ...]:
    if path is None:
        return ()
    try:
        return tuple(x509.load_pem_x509_certificates(path.read_bytes()))
    except ValueError as error:
        raise KeysError(f"{path.name}: 不是 PEM 证书 / holds no PEM certificate") from error


def _bar() -> Progress:
    """Return a progress line for a terminal; nothing where no one watches."""
    if not sys.stderr.isatty():
        return lambda done, total: None
    return lambda done, total: click.echo(
        f"\r{done}/{total}" + ("\r\x1b[K" if done >= total else ""), nl=False, err=True
    )
