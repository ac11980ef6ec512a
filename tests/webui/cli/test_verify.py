"""`batong verify`: every artefact as it comes, and every artefact bent by somebody."""

import json
import os
import secrets
import shutil
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from monitor.log.checkpoint import Policy
from tests.webui.outcome import DESK, LOG, POLICY, an_outcome, member_at, offsets, told
from trading.archive.canonical_zip import canonical_zip, read_canonical
from webui.artefact.keys import read_keys, write_keys
from webui.cli.draw import draw
from webui.cli.verify import verify

Damage = Callable[[Path], None]


def run(*arguments: object) -> Result:
    return CliRunner().invoke(verify, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return an_outcome(tmp_path_factory.mktemp("outcome"))


@pytest.fixture
def out(whole: Path, tmp_path: Path) -> Path:
    """A copy that a test may bend."""
    copy = tmp_path / "out"
    shutil.copytree(whole, copy)
    return copy


def test_the_whole_folder_passes_and_every_artefact_is_named(whole: Path) -> None:
    done = run(whole, "--keys", whole / "log" / "keys.txt")
    assert done.exit_code == 0, done.output
    for name in ("archive.zip", "public.zip", "draw.zip", "award-notice.pdf", "1.json", "log/",
                 "opening-record.json", "ledger.beancount", "bid/identity.txt"):  # fmt: skip
        assert f"passed  {name}" in done.output, name
    assert "FAILED" not in done.output


@pytest.mark.parametrize(
    "name",
    ["archive.zip", "public.zip", "draw.zip", "award-notice.pdf", "receipts/1.json", "log", "bid",
     "opening-record.json", "ledger.beancount", "receipts"],
)  # fmt: skip
def test_each_artefact_passes_alone_beside_its_keys(whole: Path, name: str) -> None:
    done = run(whole / name, "--json")
    assert done.exit_code == 0, done.output
    assert told(done.stdout)["ok"] is True


def test_an_unpacked_bag_is_checked_like_its_zip(out: Path, tmp_path: Path) -> None:
    for name, data in read_canonical((out / "public.zip").read_bytes()).items():
        path = tmp_path / "bag" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    assert run(tmp_path / "bag").exit_code == 0
    (tmp_path / "bag" / "data" / "index.html").write_bytes(b"<p>nothing to see</p>")
    done = run(tmp_path / "bag")
    assert done.exit_code == 1
    assert "data/index.html" in done.output


def test_keys_that_came_along_are_said_to_prove_nothing(whole: Path) -> None:
    along = run(whole / "archive.zip")
    assert "came along" in along.output
    assert (
        "came along"
        not in run(
            whole / "archive.zip",
            "--keys",
            whole / "log" / "keys.txt",
            "--roots",
            whole / "log" / "roots.pem",
        ).output
    )


def test_a_house_that_signed_with_other_keys_fails_under_the_right_ones(
    out: Path, tmp_path: Path
) -> None:
    from monitor.log.note import Kind, SigningKey

    other = SigningKey.generate(LOG.name, Kind.ED25519)
    keys = tmp_path / "right.txt"
    keys.write_text(write_keys(Policy(other.verifier, POLICY.witnesses, 1), "00" * 32))
    for name in ("archive.zip", "public.zip", "log", "receipts/1.json"):
        done = run(out / name, "--keys", keys)
        assert done.exit_code == 1, name
        assert "FAILED" in done.output


def test_a_checkpoint_without_its_witness_is_refused(out: Path) -> None:
    note = (out / "log" / "checkpoint").read_text()
    lines = [line for line in note.splitlines(keepends=True) if "witness.example" not in line]
    (out / "log" / "checkpoint").write_text("".join(lines))
    done = run(out / "log")
    assert done.exit_code == 1
    assert "checkpoint" in done.output


@pytest.mark.parametrize("name", ["archive.zip", "public.zip"])
def test_one_changed_byte_anywhere_fails_and_names_the_item(
    whole: Path, tmp_path: Path, name: str
) -> None:
    zipped = (whole / name).read_bytes()
    bent = tmp_path / name
    for at, difference in offsets(name, len(zipped), 200):
        changed = bytearray(zipped)
        changed[at] ^= difference
        bent.write_bytes(changed)
        done = run(bent)
        assert done.exit_code == 1, at
        hit = member_at(zipped, at)  # of a name bent in the directory, the bent name is the item
        assert f"FAILED  {name} " in done.output
        assert hit == "zip directory" or hit in done.output
        assert done.stderr == ""


def test_one_changed_byte_of_a_draw_fails_and_names_the_item(whole: Path, tmp_path: Path) -> None:
    zipped = (whole / "draw.zip").read_bytes()
    bent = tmp_path / "draw.zip"
    for at, difference in offsets("draw", len(zipped), 50):
        changed = bytearray(zipped)
        changed[at] ^= difference
        bent.write_bytes(changed)
        done = run(bent)
        assert done.exit_code == 1, at
        hit = member_at(zipped, at)
        assert hit == "zip directory" or hit in done.output


@pytest.mark.parametrize(
    "name",
    ["award-notice.pdf", "receipts/1.json", "log/openings.jsonl", "log/checkpoint",
     "opening-record.json", "bid/letter.age", "bid/capsule.json", "bid/manifest.json"],
)  # fmt: skip
def test_one_changed_byte_of_a_loose_file_fails(out: Path, name: str) -> None:
    path, whole = out / name, (out / name).read_bytes()
    for at, difference in offsets(name, len(whole), 6):
        changed = bytearray(whole)
        changed[at] ^= difference
        path.write_bytes(changed)
        target = path.parent if name.startswith(("log", "bid")) else path
        done = run(target)
        assert done.exit_code == 1, (at, done.output)


def test_a_ledger_bent_so_that_it_still_balances_is_not_the_archives(out: Path) -> None:
    path = out / "ledger.beancount"
    path.write_text(path.read_text("utf-8").replace("28720.00", "28721.00"), "utf-8")
    done = run(path)
    assert done.exit_code == 1
    assert "balance, 2 balances hold" in done.output
    path.write_text(path.read_text("utf-8").replace("28721.00", "28720.00", 1), "utf-8")
    assert "line" in run(path).output


def test_a_repacked_archive_with_one_document_changed_names_it(out: Path) -> None:
    files = read_canonical((out / "archive.zip").read_bytes())
    files["data/documents/contract/contract.txt"] = b"another price"
    (out / "archive.zip").write_bytes(canonical_zip(files))
    done = run(out / "archive.zip")
    assert done.exit_code == 1
    assert "data/documents/contract/contract.txt" in done.output


def test_a_receipt_whose_proof_is_of_another_record_fails(out: Path) -> None:
    from bidding.envelope.receipt import verify_receipt
    from monitor.log.commitment import Opening
    from monitor.log.proof import LogProof
    from monitor.log.tile import TileStore
    from webui.artefact.receipt import prove

    path, note = out / "receipts" / "1.json", (out / "log" / "checkpoint").read_text()
    keys = read_keys((out / "log" / "keys.txt").read_text())
    verify_receipt(path.read_bytes(), keys.receipt)
    second = Opening.parse((out / "log" / "openings.jsonl").read_bytes().splitlines(True)[1])
    proof = LogProof.build(TileStore(out / "log").hash_reader(16), second.index, 16, note)
    path.write_bytes(prove(path.read_bytes(), proof, second.salt, second.body))
    done = run(path)
    assert done.exit_code == 1
    assert "differs from its record" in done.output


def test_a_receipt_without_a_receipt_key_is_not_believed(out: Path) -> None:
    keys = out / "log" / "keys.txt"
    keys.write_text("".join(line for line in keys.read_text().splitlines(True) if line[0] != "#"))
    done = run(out / "receipts" / "1.json")
    assert done.exit_code == 1
    assert DESK is not None


def test_a_bid_with_a_foreign_key_or_a_file_more_fails(out: Path) -> None:
    (out / "bid" / "att-099.age").write_bytes(b"more")
    assert "att-099.age" in run(out / "bid").output
    (out / "bid" / "att-099.age").unlink()
    identity = (out / "bid" / "identity.txt").read_text()
    (out / "bid" / "identity.txt").write_text(identity[:-3] + "QQ\n")
    assert run(out / "bid").exit_code == 1


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


@pytest.mark.parametrize("name", ["log/tile/entries/000.p/16", "log/tile/0/000.p/16"])
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

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(whole))) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_an_address_is_fetched_and_checked(served: str, whole: Path) -> None:
    keys = ("--keys", whole / "log" / "keys.txt")
    assert run(f"{served}/public.zip", *keys).exit_code == 0
    assert run(f"{served}/receipts/1.json", *keys).exit_code == 0
    missing = run(f"{served}/none.zip", *keys)
    assert missing.exit_code == 2
    assert len(missing.stderr.splitlines()) == 1


def test_an_endless_answer_is_cut(served: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webui.fetch.MOST", 1000)
    done = run(f"{served}/public.zip")
    assert done.exit_code == 2
    assert "too long" in done.stderr


def test_an_address_where_nobody_answers_is_bad_use() -> None:
    done = run("http://127.0.0.1:1/archive.zip")
    assert done.exit_code == 2
    assert len(done.stderr.splitlines()) == 1


def test_a_keys_file_reads_back() -> None:
    keys = read_keys(write_keys(POLICY, "ab" * 32))
    assert (keys.policy, keys.receipt) == (POLICY, "ab" * 32)
    some = read_keys(f"log {LOG.verifier}\nwitness w {POLICY.witnesses[0]}\nquorum w\n")
    assert (some.policy.quorum, some.receipt) == (1, "")


def test_draw_verify_says_the_same(whole: Path, tmp_path: Path) -> None:
    good = CliRunner().invoke(draw, ["verify", str(whole / "draw.zip"), "--json"])
    assert good.exit_code == 0
    steps: list[dict[str, Any]] = json.loads(good.stdout)["lines"]
    assert steps[0]["item"] == "draw.zip container"
    (tmp_path / "bad.zip").write_bytes(b"PK")
    assert CliRunner().invoke(draw, ["verify", str(tmp_path / "bad.zip")]).exit_code == 1
