"""A journal that another reader would read otherwise, and what is no file at all."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from webui.cli.verify import verify

Edit = Callable[[str], str]


def run(*arguments: object) -> Result:
    return CliRunner().invoke(verify, [str(argument) for argument in arguments])


def moved(text: str) -> str:
    """A balance in the middle of the entries."""
    line = next(x for x in text.splitlines(True) if " balance " in x)
    at = text.rindex("\n2026-03-09 *") + 1
    return text[:at] + line + text[at:].replace(line, "")


def after(text: str) -> str:
    """The last entry once more, a year after the balances."""
    entry = text[text.rindex("\n2026-03-09 *") :].split("\n\n", maxsplit=1)[0]
    return text + entry.replace("2026-03-09", "2027-03-09") + "\n"


EDITS: dict[str, tuple[Edit, str]] = {
    "no such day": (lambda t: t.replace("2026-03-02", "2026-13-02"), "no such day"),
    "other digits": (lambda t: t.replace("2026-03-02 *", "２０２６-03-02 *"), "not a line"),
    "out of order": (lambda t: t.replace("2026-03-02 *", "2026-03-10 *"), "comes after"),
    "a balance before its entries": (
        lambda t: t.replace("2026-03-10 balance", "2026-03-09 balance"),
        "not after the last entry",
    ),
    "a balance between entries": (moved, ""),
    "an entry after the balances": (after, "an entry after the balances"),
    "a posting outside an entry": (
        lambda t: t.replace("\n2026-03-09 *", "\n  Assets:Bank:P1  0.00 CNY\n2026-03-09 *"),
        "outside an entry",
    ),
    "another balance": (
        lambda t: re.sub(r"( balance \S+  )(\d+)\.(\d\d)", r"\g<1>9\2.\3", t, count=1),
        "balance differs",
    ),
    "one balance twice": (
        lambda t: re.sub(r"(?m)^(\d\S+ balance .*\n)", r"\1\1", t, count=1),
        "balance differs",
    ),
    "nothing": (lambda t: "", "no entry"),
}


@pytest.mark.parametrize("name", EDITS)
def test_a_bent_journal_fails_alone(name: str, whole: Path, tmp_path: Path) -> None:
    text = (whole / "ledger.beancount").read_text()
    edit, reason = EDITS[name]
    path = tmp_path / "ledger.beancount"
    path.write_text(text)
    assert "FAILED" not in run(path).output
    path.write_text(edit(text))
    assert edit(text) != text
    done = run(path)
    assert done.exit_code == 1
    assert reason in next(x for x in done.output.splitlines() if "FAILED" in x)


@pytest.mark.parametrize("place", ["x.zip", "log/tile/x", "bid/x", "x"])
@pytest.mark.parametrize("what", ["fifo", "device", "link"])
def test_what_is_no_file_is_refused_and_not_waited_for(out: Path, place: str, what: str) -> None:
    if what == "fifo":
        os.mkfifo(out / place)
    else:
        (out / place).symlink_to("/dev/zero" if what == "device" else out / "public.zip")
    for target in (out, *([out / "draw.zip"] if place == "log/tile/x" else [])):
        done = run(target)
        assert "Traceback" not in done.output
    done = run(out)
    assert done.exit_code == 1
    assert any("FAILED" in line and "x" in line for line in done.output.splitlines())
