"""`batong verify` on garbage, on bad use, and on what lies at an address."""

import os
import secrets
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.answering import answering
from tests.webui.outcome import LOG
from trading.archive.canonical_zip import canonical_zip
from webui.cli.verify import verify

Damage = Callable[[Path], None]


def run(*arguments: object) -> Result:
    return CliRunner().invoke(verify, [str(argument) for argument in arguments])


def test_a_hostile_name_cannot_move_the_cursor(tmp_path: Path) -> None:
    bent = bytearray(canonical_zip({"a/quiet-name": b"x", "b": b"y"}))
    at = bent.rindex(b"quiet")
    bent[at : at + 3] = b"\r\x07x"
    (tmp_path / "x.zip").write_bytes(bent)
    done = run(tmp_path / "x.zip")
    assert "\\x0d\\x07" in done.output
    assert not {"\r", "\x07"} & set(done.output)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize(
    "name", ["archive.zip", "public.zip", "draw.zip", "award-notice.pdf", "receipts/1.json",
             "opening-record.json"]
)  # fmt: skip
@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(secrets.token_bytes(3000)),
        lambda path: path.write_bytes(b"PK\3\4" + secrets.token_bytes(300)),
        lambda path: path.write_bytes(b"%PDF-1.7\n" + secrets.token_bytes(300)),
        lambda path: path.write_bytes(b"[" * 100_000),
        truncate,
    ],
)
def test_garbage_fails_in_readable_lines(out: Path, name: str, damage: Damage) -> None:
    damage(out / name)
    done = run(out / name)
    assert done.exit_code == 1
    assert isinstance(done.exception, SystemExit)
    assert "Traceback" not in done.output + done.stderr
    assert all(len(line) < 500 for line in done.output.splitlines())


@pytest.mark.parametrize("name", ["log/tile/entries/000.p/24", "log/tile/0/000.p/24"])
def test_a_log_whose_tile_is_gone_or_garbage_fails(out: Path, name: str) -> None:
    (out / name).write_bytes(os.urandom(50))
    assert run(out / "log").exit_code == 1
    (out / name).unlink()
    assert run(out / "log").exit_code == 1


def test_nothing_to_check_is_not_a_pass(tmp_path: Path) -> None:
    assert run(tmp_path).exit_code == 1
    (tmp_path / "note.txt").write_text("hello")
    done = run(tmp_path / "note.txt")
    assert done.exit_code == 1
    assert "not recognised" in done.output


@pytest.mark.parametrize(
    "text", ["", "log x", "log", "witness a b\n", "log {log}\nquorum q", "log {log}\ngroup q 2 w\nquorum q",
             "log {log}\nlog {log}\nquorum none", "log {log}\ngroup q\nquorum q"]
)  # fmt: skip
def test_a_keys_file_that_is_none_is_bad_use(whole: Path, tmp_path: Path, text: str) -> None:
    keys = tmp_path / "keys.txt"
    keys.write_text(text.format(log=LOG.verifier))
    done = run(whole / "archive.zip", "--keys", keys)
    assert done.exit_code == 2
    assert len(done.stderr.splitlines()) == 1


def test_a_missing_path_is_bad_use() -> None:
    assert run("/nowhere/at/all.zip").exit_code == 2
    assert run().exit_code == 2


@pytest.fixture
def served(whole: Path) -> Iterator[str]:
    """The folder behind a real HTTP server; its address."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(whole)))
    with answering(server) as url:
        yield url


def test_an_address_is_fetched_and_checked(served: str, whole: Path) -> None:
    keys = ("--keys", whole / "log" / "keys.txt")
    assert run(f"{served}/public.zip", *keys).exit_code == 0
    assert run(f"{served}/receipts/1.json", *keys).exit_code == 0
    missing = run(f"{served}/none.zip", *keys)
    assert missing.exit_code == 2
    assert len(missing.stderr.splitlines()) == 1


def test_an_endless_answer_is_cut(served: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webui.artefact.fetch.MOST", 1000)
    done = run(f"{served}/public.zip")
    assert done.exit_code == 2
    assert "too long" in done.stderr


def test_an_address_where_nobody_answers_is_bad_use() -> None:
    done = run("http://127.0.0.1:1/archive.zip")
    assert done.exit_code == 2
    assert len(done.stderr.splitlines()) == 1
