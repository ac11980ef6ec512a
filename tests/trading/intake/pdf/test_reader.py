"""Files from outside: the good ones are read at their places, the hostile ones contained, named."""

import io
import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from tests.trading.intake.pdf import hostile
from tests.trading.intake.pdf.typeset import NEW_PAGE, locked, typeset
from trading.intake.pdf import child
from trading.intake.pdf.child import ask
from trading.intake.pdf.limit import LIMITS, MEBI
from trading.intake.pdf.page import Box
from trading.intake.pdf.reader import pictures, read
from trading.intake.pdf.trouble import CannotRead, Trouble

SMALL = replace(LIMITS, memory=320 * MEBI, cpu=4, wall=9)
ROOT = Path(__file__).parents[4]
SCAN = hostile.one_page(
    hostile.stream(b"q 500 0 0 700 40 40 cm BI /W 1 /H 1 /CS /G /BPC 8 ID \x80 EI Q")
)

HOSTILE: dict[str, tuple[Callable[[], bytes], Trouble]] = {
    "flate bomb": (lambda: hostile.flate_bomb(512 * MEBI), Trouble.UNPACKS_TOO_LARGE),
    "double flate": (lambda: hostile.double_flate(512 * MEBI), Trouble.UNPACKS_TOO_LARGE),
    "200,000 lines": (lambda: hostile.many_lines(200_000), Trouble.TOO_MANY_STROKES),
    "1,000,000 signs": (lambda: hostile.many_signs(1_000_000), Trouble.TOO_MANY_SIGNS),
    "form loop": (lambda: hostile.form_loop(4), Trouble.UNPACKS_TOO_LARGE),
    "page tree cycle": (hostile.page_tree_cycle, Trouble.NO_PAGES),
    "2^38 kids": (lambda: hostile.kids_doubled(38), Trouble.UNREADABLE),
    "200,000-deep arrays": (lambda: hostile.deep_arrays(200_000), Trouble.NO_PAGES),
    "200,000 page refs": (lambda: hostile.many_pages(200_000), Trouble.TOO_MANY_PAGES),
    "locked": (lambda: locked(typeset("公告", ["正文"]), "secret"), Trouble.ENCRYPTED),
    "no PDF": (lambda: b"PK\x03\x04 a workbook", Trouble.NOT_PDF),
    "cut off": (lambda: typeset("公告", ["正文"])[:600], Trouble.UNREADABLE),
    "empty": (lambda: b"", Trouble.EMPTY),
    "scan": (lambda: SCAN, Trouble.NO_TEXT),
}


def trouble_with(data: bytes, **limits: int) -> Trouble:
    with pytest.raises(CannotRead) as caught:
        read(data, replace(SMALL, **limits))
    assert " / " in str(caught.value)
    return caught.value.trouble


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_contained_and_named(name: str) -> None:
    make, expected = HOSTILE[name]
    file = make()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert trouble_with(file) is expected
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 64 * 1024, f"this process grew by {grown} KiB"


@pytest.mark.campaign
def test_at_full_size_and_with_the_real_limits_all_are_contained() -> None:
    for file, expected in (
        (hostile.flate_bomb(1024 * MEBI), Trouble.UNPACKS_TOO_LARGE),
        (hostile.double_flate(4096 * MEBI), Trouble.UNPACKS_TOO_LARGE),
        (hostile.many_signs(2_000_000), Trouble.TOO_MANY_SIGNS),
        (hostile.form_loop(4), Trouble.UNPACKS_TOO_LARGE),
    ):
        with pytest.raises(CannotRead) as caught:
            read(file)
        assert caught.value.trouble is expected


def test_the_words_on_a_grid_of_two_thousand_lines_are_read_all_the_same() -> None:
    page = read(hostile.grid(2_000), SMALL).pages[0]
    assert [word.text for word in page.words][:3] == ["A", "page", "of"]


def test_every_limit_is_met_where_it_is_set() -> None:
    lines = hostile.many_lines(300)
    assert trouble_with(lines, strokes=299) is Trouble.TOO_MANY_STROKES
    assert read(lines, replace(SMALL, strokes=300)).count == 1
    assert trouble_with(hostile.many_signs(2_000), signs=1_999) is Trouble.TOO_MANY_SIGNS
    assert trouble_with(hostile.many_pages(21), pages=20) is Trouble.TOO_MANY_PAGES
    assert trouble_with(lines, file=len(lines) - 1) is Trouble.TOO_LARGE
    assert trouble_with(lines, said=100) is Trouble.SAYS_TOO_MUCH


def test_a_child_that_works_too_long_is_ended() -> None:
    assert trouble_with(hostile.many_signs(150_000), cpu=1) is Trouble.TOOK_TOO_LONG


def test_a_good_file_is_still_read_after_all_of_them() -> None:
    found = read(typeset("某县体育馆公开招标公告", ["招标人：某县教育局"]))
    assert (found.count, found.blank) == (1, 0)
    assert "招标人：某县教育局" in {word.text for word in found.pages[0].words}


def test_only_the_pages_that_speak_of_a_trade_are_read_by_pdfplumber() -> None:
    pages = ["无关的内容"] * 30
    pages[17] = "开标一览表 投标报价 单价 合价"
    pages[25] = "投标人须知前附表 截止时间 保证金"
    file = typeset("长文件", [part for page in pages for part in (page, NEW_PAGE)][:-1])
    found = read(file, replace(LIMITS, read=3))
    assert found.count == 30
    assert [page.number for page in found.pages] == [1, 18, 26]


@pytest.mark.parametrize(
    ("media", "crop"),
    [
        (b"[0 0 595 842]", b""),
        (b"[-100 -50 495 792]", b"/CropBox [90 100 480 700]"),
    ],
)
@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_picture_frames_the_very_words_that_were_read(
    media: bytes, turn: int, crop: bytes
) -> None:
    said = hostile.stream(b"BT /F1 14 Tf 120 400 Td (HereStandsTheName) Tj ET")
    sheet = b"/MediaBox %s %s /Rotate %d" % (media, crop, turn)
    file = hostile.one_page(said, sheet=sheet)
    box = read(file).pages[0].words[0].box
    picture = Image.open(io.BytesIO(pictures(file, [box])[0])).convert("L")
    dark = [
        (x, y)
        for x in range(picture.width)
        for y in range(picture.height)
        if picture.getpixel((x, y)) < 40  # type: ignore[operator]
    ]
    left, top = min(110.0, box.left) * 2 - 4, min(26.0, box.top) * 2 - 4
    right, bottom = left + (box.right - box.left) * 2 + 8, top + box.height * 2 + 8
    assert len(dark) > 500
    assert all(left <= x <= right and top <= y <= bottom for x, y in dark)


def test_places_that_are_not_on_the_page_give_no_picture_and_no_fault() -> None:
    file = typeset("公告", ["正文若干字在此"])
    good, *odd = pictures(
        file,
        [
            Box(1, 50, 50, 400, 90),
            Box(7, 0, 0, 9, 9),
            Box(1, 9000, 9000, 9010, 9010),
            Box(1, 400, 90, 50, 50),
            Box(1, -1e6, -1e6, 1e6, 1e6),
        ],
    )
    assert Image.open(io.BytesIO(good)).size[0] <= 1200
    assert odd[0] == odd[1] == b""
    assert all(len(one) < 300_000 for one in odd)
    assert pictures(hostile.form_loop(4), [Box(1, 0, 0, 9, 9)], SMALL) == [b""]


PROBE = """
import json, os, resource, socket, sys
sys.path.append(sys.argv[1])
from trading.intake.pdf.inside.bound import bind, step_down
bind(json.loads(sys.argv[2])["limits"])
def tried(act):
    try:
        act()
    except OSError as fault:
        return type(fault).__name__
    return "done"
def limit(name):
    return resource.getrlimit(getattr(resource, "RLIMIT_" + name))[0]
told = {
    "environment": sorted(set(os.environ) - {"LC_CTYPE"}),
    "inherited": tried(lambda: os.fstat(PASSED)),
    "limits": [limit(name) for name in ("AS", "CPU", "NOFILE", "FSIZE", "CORE", "NPROC")],
    "network": tried(lambda: socket.create_connection(("127.0.0.1", PORT), 2)),
}
before = os.getuid()
step_down(["/there/is/no/such/library"])
told["stays"] = os.getuid() == before
step_down([])
told["user"] = os.getuid()
told["back"] = tried(lambda: os.setuid(0))
print(json.dumps(told))
"""


def test_a_child_is_bound_and_holds_nothing_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATONG_SECRET", "not for the child")
    with socket.create_server(("127.0.0.1", 0)) as door, open(os.devnull) as ours:
        os.set_inheritable(ours.fileno(), True)
        port = door.getsockname()[1]
        program = PROBE.replace("PASSED", str(ours.fileno())).replace("PORT", str(port))
        monkeypatch.setattr(child, "START", program)
        told = ask("read", b"", SMALL)
    assert told["environment"] == []
    assert told["inherited"] == "OSError"
    assert told["stays"]
    if os.geteuid() == 0:
        assert (told["user"], told["back"]) == (65534, "PermissionError")
    assert told["limits"] == [320 * MEBI, 4, 64, 0, 0, 0]
    if subprocess.run(["unshare", "-rn", "true"], check=False).returncode == 0:
        assert told["network"] != "done"


GOOD = (
    '{"count": 1, "blank": 0, "pages":'
    ' [{"number": 1, "width": 595, "height": 842, "words": [], "tables": []}]}'
)
TAKEN_OVER = {
    "says garbage": ("print('{')", Trouble.CRASHED),
    "says a list": ("print('[1]')", Trouble.CRASHED),
    "says a trouble there is not": ('print(\'{"trouble": "none such"}\')', Trouble.CRASHED),
    "nests": ("print('[' * 10 ** 6)", Trouble.CRASHED),
    "says no pages": ('print(\'{"count": 1, "blank": 0}\')', Trouble.CRASHED),
    "says what is no length": (f"print({GOOD.replace('595', 'NaN')!r})", Trouble.CRASHED),
    "says what is no text": (
        f"print({GOOD.replace('[]', '[[7, 1, 1, 2, 2]]')!r})",
        Trouble.CRASHED,
    ),
    "dies": ("import os; os.kill(os.getpid(), 11)", Trouble.CRASHED),
    "fails after all": (f"print({GOOD!r}); raise SystemExit(3)", Trouble.CRASHED),
    "never ends speaking": ("while True: print('a' * 9999)", Trouble.SAYS_TOO_MUCH),
    "waits": ("import time; time.sleep(60)", Trouble.TOOK_TOO_LONG),
}


@pytest.mark.parametrize("name", TAKEN_OVER)
def test_a_child_that_its_file_has_taken_over_is_believed_in_nothing(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, expected = TAKEN_OVER[name]
    monkeypatch.setattr(child, "START", f"print({GOOD!r})")
    assert read(hostile.many_lines(1), SMALL).pages[0].width == 595
    monkeypatch.setattr(child, "START", program)
    assert trouble_with(hostile.many_lines(1), wall=1) is expected


def test_nothing_that_a_child_started_outlives_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    note = tmp_path / "pid"
    monkeypatch.setattr(
        child,
        "START",
        "import subprocess, sys\n"
        "left = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"open({str(note)!r}, 'w').write(str(left.pid))",
    )
    assert trouble_with(hostile.many_lines(1), wall=2) is Trouble.TOOK_TOO_LONG
    assert any(ended(note.read_text()) for _ in range(100))


def ended(process: str) -> bool:
    """Tell whether a process has ended; one that was killed may take a moment."""
    time.sleep(0.05)
    state = Path("/proc", process, "stat")
    return not state.exists() or ") Z " in state.read_text()


def test_whoever_finds_two_files_being_read_is_told_so() -> None:
    file = hostile.many_lines(1)
    with child._turn(SMALL), child._turn(SMALL), pytest.raises(CannotRead) as caught:
        read(file, replace(SMALL, wall=1))
    assert caught.value.trouble is Trouble.BUSY
    assert read(file, SMALL).count == 1


def test_no_process_but_the_child_imports_a_pdf_library() -> None:
    asked = "import sys, trading.intake.pdf.reader, trading.intake.pdf.flow; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"pypdfium2", "pdfplumber", "pdfminer", "PIL"} & set(loaded)
