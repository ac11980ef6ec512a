"""Workbooks made to fill the memory: read in little, or refused, whatever they unpack to."""

import io
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.stories.demo.run import ROOT

MIB = 1024 * 1024
SMALL, FULL = (2 * MIB, 32 * MIB), (60 * MIB, 192 * MIB)
"""What each unpacks to, and the address space in which all are read beside the interpreter's."""
NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
HEADING = '<row><c t="inlineStr"><is><t>姓名</t></is></c></row>'
READ = """
import resource, sys
from pathlib import Path
from experts.pool.intake.sheet import read_sheet
from monitor.refusal import Invalid
here = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (here + int(sys.argv[1]),) * 2)
for path in sorted(Path(sys.argv[2]).iterdir()):
    try:
        told = f"{len(read_sheet(path.read_bytes(), {'name': ('姓名',)}))} lines"
    except Invalid as refusal:
        told = f"refused: {refusal.message}"
    print(f"{path.stem}: {told}")
"""


def times(part: str) -> Callable[[int], str]:
    return lambda size: HEADING + part * (size // len(part))


BOMBS: dict[str, tuple[Callable[[int], str], Callable[[int], str]]] = {
    "cells": (lambda n: f"{HEADING}<row>{'<c/>' * (n // 4)}</row>", lambda _: ""),
    "rows": (times("<row/>"), lambda _: ""),
    "deep": (lambda n: HEADING + "<a>" * (n // 7) + "</a>" * (n // 7), lambda _: ""),
    "names": (lambda n: HEADING + "".join(f"<a{i}/>" for i in range(n // 12)), lambda _: ""),
    "spaces": (
        lambda n: HEADING + "".join(f'<x xmlns:a{i}="u"/>' for i in range(n // 24)), lambda _: "",
    ),
    "attribute": (lambda n: f'{HEADING}<row x="{"y" * n}"/>', lambda _: ""),
    "text": (
        lambda n: f'{HEADING}<row><c t="inlineStr"><is><t>{"好" * (n // 3)}</t></is></c></row>',
        lambda _: "",
    ),
    "strings": (lambda _: HEADING, lambda n: "<si/>" * (n // 5)),
    "wide": (lambda _: HEADING, lambda n: f"<si><t>{'y' * 3999}😀</t></si>" * (n // 4017)),
    "one string everywhere": (
        lambda n: HEADING + '<row><c t="s"><v>0</v></c></row>' * (n // 33),
        lambda _: f"<si><t>{'y' * 3998} </t></si>",
    ),
}  # fmt: skip


def a_workbook(sheet: str, strings: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as book:
        body = f'<worksheet xmlns="{NAMESPACE}"><sheetData>{sheet}</sheetData></worksheet>'
        book.writestr("xl/worksheets/sheet1.xml", body)
        if strings:
            book.writestr("xl/sharedStrings.xml", f'<sst xmlns="{NAMESPACE}">{strings}</sst>')
    return out.getvalue()


@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_AS binds on Linux alone")
def test_no_workbook_fills_the_memory(tmp_path: Path, *, campaign: bool) -> None:
    size, room = FULL if campaign else SMALL
    for name, (sheet, strings) in BOMBS.items():
        (tmp_path / f"{name}.xlsx").write_bytes(a_workbook(sheet(size), strings(size)))
    done = subprocess.run(
        [sys.executable, "-P", "-c", READ, str(room), str(tmp_path)], cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    told = dict(line.split(": ", 1) for line in done.stdout.splitlines())
    assert set(told) == set(BOMBS)
    refused = {name for name, words in told.items() if words.startswith("refused")}
    assert {"deep", "names", "spaces", "attribute", "one string everywhere"} <= refused, told
