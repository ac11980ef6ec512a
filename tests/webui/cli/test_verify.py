"""`batong verify`: every artefact as it comes, and every artefact bent by somebody."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from monitor.log.checkpoint import Policy
from tests.webui.outcome import DESK, LOG, POLICY, member_at, offsets, told
from trading.archive.canonical_zip import canonical_zip, read_canonical
from webui.artefact.keys import read_keys, write_keys
from webui.cli.draw import draw
from webui.cli.verify import verify

Damage = Callable[[Path], None]


def run(*arguments: object) -> Result:
    return CliRunner().invoke(verify, [str(argument) for argument in arguments])


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
    from webui.artefact.kind.receipt import prove

    path, note = out / "receipts" / "1.json", (out / "log" / "checkpoint").read_text()
    keys = read_keys((out / "log" / "keys.txt").read_text())
    verify_receipt(path.read_bytes(), keys.receipt)
    second = Opening.parse((out / "log" / "openings.jsonl").read_bytes().splitlines(True)[1])
    proof = LogProof.build(TileStore(out / "log").hash_reader(24), second.index, 24, note)
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
    identity = (out / "bid" / "identity.txt").read_text().rstrip()
    other = identity[:-1] + ("Q" if identity[-1] != "Q" else "P")
    (out / "bid" / "identity.txt").write_text(other + "\n")
    assert run(out / "bid").exit_code == 1


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
