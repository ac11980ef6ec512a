"""What every command does alike: one readable line for an error, lines or JSON for a result."""

import functools
import json
from collections.abc import Callable, Sequence
from typing import NoReturn, ParamSpec, TypeVar

import click

from bidding.envelope.age.error import AgeError
from bidding.envelope.document import EnvelopeError
from monitor.log.note import NoteError
from monitor.log.sequencer.halt import Halt
from monitor.log.sequencer.latch import LatchMoved
from monitor.log.tile import BadTile
from monitor.log.tree import BadProof
from monitor.refusal import Refusal
from monitor.runtime.account import AccountError
from monitor.runtime.backup import BackupError
from monitor.runtime.folder import FolderError
from monitor.runtime.process import ProcessError
from monitor.runtime.program import ProgramError
from monitor.runtime.settings import SettingsError
from trading.money import MoneyError
from webui.artefact.keys import KeysError
from webui.artefact.line import Line, State

P = ParamSpec("P")
R = TypeVar("R")
BAD_USE = (SettingsError, FolderError, KeysError)
BROKEN = (
    ProcessError, ProgramError, AccountError, BackupError, NoteError, Refusal, LookupError,
    EnvelopeError, AgeError, MoneyError, Halt, LatchMoved, BadProof, BadTile,
)  # fmt: skip


def fail(message: str, status: int) -> NoReturn:
    """Print one line on stderr and end."""
    click.echo("batong: " + " ".join(message.split()), err=True)
    raise SystemExit(status)


def one_line_errors(command: Callable[P, R]) -> Callable[P, R]:
    """Turn what can go wrong into one line on stderr: status 1, or 2 for bad use."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except BAD_USE as error:
            fail(str(error), 2)
        except FileExistsError as error:
            fail(f"{error.filename}: 已存在，不覆盖 / exists already, left as it is", 2)
        except BrokenPipeError:
            raise  # the reader has seen enough (`| head`): click ends without a word
        except OSError as error:
            told = error.strerror or str(getattr(error, "reason", error))
            fail(f"{error.filename or ''}: 无法读写 / cannot be read or written: {told}", 2)
        except BROKEN as error:
            fail(str(error) or type(error).__name__, 1)

    return wrapped


def _verdict(lines: Sequence[Line], ok: bool) -> str:
    """Return the last line; it never says more than was checked."""
    left = sum(each.state is State.OPEN for each in lines)
    if any(each.state is State.FAILED for each in lines):
        return "未通过 / FAILED"
    if not ok:
        return f"没有可核验的，{left} 项未核验 / nothing could be checked; {left} not checked"
    if left:
        zh, en = f"已核验的全部通过；{left} 项未核验", "all that was checked passed"
        return f"{zh} / {en}; {left} not checked"
    return "全部通过 / all passed"


def show(lines: Sequence[Line], ok: bool, as_json: bool) -> NoReturn:
    """Print the lines of a verification and end with 0 or 1."""
    if as_json:
        rows = [{"state": each.state, "item": each.item, "text": each.text} for each in lines]
        click.echo(json.dumps({"ok": ok, "lines": rows}, ensure_ascii=False))
    else:
        for each in lines:
            click.echo(str(each))
        click.echo(_verdict(lines, ok))
    raise SystemExit(0 if ok else 1)
