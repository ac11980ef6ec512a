"""The child's one run: bind, read the file from standard input, do the task, say JSON, end."""

from __future__ import annotations

import encodings
import json
import sys
from collections.abc import Callable
from typing import Any

import pdfminer
import pdfplumber

from trading.intake.pdf.inside.bound import bind, step_down
from trading.intake.pdf.inside.plumb import plumb
from trading.intake.pdf.inside.show import show
from trading.intake.pdf.inside.survey import Stop, opened, survey
from trading.intake.pdf.trouble import Trouble


def main() -> None:
    """Say what was read, or by name why not. What pdfium aborts is the parent's to name."""
    wish = json.loads(sys.argv[2])
    bind(wish["limits"])
    step_down((encodings.__file__, pdfplumber.__file__, pdfminer.__file__))
    file = sys.stdin.buffer.read(wish["limits"]["file"] + 1)
    sys.stdout.write(json.dumps(_answer(TASKS[wish["task"]], file, wish)))
    sys.stdout.flush()


def _answer(task: Callable[..., Any], file: bytes, wish: dict[str, Any]) -> dict[str, Any]:
    try:
        return dict(task(file, wish))
    except Stop as stop:
        return {"trouble": stop.trouble.value}
    except MemoryError:
        return {"trouble": Trouble.UNPACKS_TOO_LARGE.value}
    except Exception:  # pdfminer raises anything at all of what it cannot parse
        return {"trouble": Trouble.UNREADABLE.value}


def _read(file: bytes, wish: dict[str, Any]) -> dict[str, Any]:
    limits = wish["limits"]
    found = survey(file, limits)
    return {
        "count": found.count,
        "blank": found.blank,
        "pages": plumb(file, found.chosen, limits),
    }


def _show(file: bytes, wish: dict[str, Any]) -> dict[str, Any]:
    with opened(file) as document:
        return {"pictures": show(document, wish["places"])}


TASKS = {"read": _read, "show": _show}
