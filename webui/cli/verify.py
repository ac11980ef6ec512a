"""`batong verify PATH…`: any artefact of the platform, checked offline."""

import logging
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import click
from cryptography import x509

from webui.artefact.fetch import fetch, is_address
from webui.artefact.keys import ROOTS, KeysError, nearby, read_keys
from webui.artefact.line import Line
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
@click.option("--json", "as_json", is_flag=True, help="输出 JSON / print JSON")
@one_line_errors
def verify(
    places: tuple[str, ...],
    keys: Path | None,
    roots: Path | None,
    at: datetime | None,
    as_json: bool,
) -> None:
    """离线核验任何产物，文件夹则逐件核验 / Check any artefact offline, a folder as a whole.

    archive.zip, public.zip, draw.zip, receipts, award notice, opening record, ledger, bid, log
    export. Keys default to log/keys.txt beside or above PATH.
    """
    for name in ("pyhanko", "pyhanko_certvalidator"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)  # it logs traces of hostile files
    given = read_keys(_text(keys)) if keys else None
    lines: list[Line] = []
    with tempfile.TemporaryDirectory() as folder:
        paths = tuple(_local(place, Path(folder) / str(n)) for n, place in enumerate(places))
        pem = _roots(roots or nearby(paths[0], ROOTS))
        trust = Trust(given, pem, at and at.replace(tzinfo=UTC))
        for path in paths:
            lines += check_path(path, trust, _bar())
        told = notice(trust, paths, bool(roots))
    show([*told, *lines], sound(lines), as_json)


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
