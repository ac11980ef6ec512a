"""Genuine artefacts in the wrong place: each is sound alone, and not what stands beside it."""

import base64
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.experts.draw_world import a_whole_draw
from tests.trading.archive.test_forgery import planted
from tests.webui.outcome import CODE
from trading.archive.bag import make_bag
from trading.archive.canonical_zip import canonical_zip, read_canonical
from webui.cli.verify import verify

Damage = Callable[[Path], object]
JOURNAL = "ledger.beancount"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(verify, [str(argument) for argument in arguments])


def repacked(name: str, member: str, change: Callable[[bytes], bytes]) -> Damage:
    """Change one member of a bag and make all manifests and the zip anew."""

    def damage(out: Path) -> None:
        files = read_canonical((out / name).read_bytes())
        body = change(files[f"data/{member}"])
        (out / name).write_bytes(canonical_zip(planted(member, body)(files)))

    return damage


def relabelled(out: Path) -> None:
    files = read_canonical((out / "archive.zip").read_bytes())
    pairs = (line.split(": ", 1) for line in files["bag-info.txt"].decode().splitlines())
    info = {k: v for k, v in pairs if k != "Payload-Oxum"} | {"External-Description": "x"}
    payload = {n[5:]: b for n, b in files.items() if n.startswith("data/")}
    assert info["External-Identifier"] == CODE
    (out / "archive.zip").write_bytes(canonical_zip(make_bag(payload, info)))


def another_draw(out: Path) -> None:
    (out / "draw.zip").write_bytes(a_whole_draw(out / "more", draw="D-2").finish())
    shutil.rmtree(out / "more")


def another_letter(out: Path) -> None:
    """Rename: another signed paper of the archive under the name of the award notice."""
    paper = (out / "award-notice.pdf").read_bytes()
    (out / "award-notice.pdf").write_bytes(paper + b"\n")


def without(action: str) -> Damage:
    def damage(out: Path) -> None:
        path = out / "log" / "openings.jsonl"
        lines = path.read_bytes().splitlines(keepends=True)
        kept = [x for x in lines if action.encode() not in base64.b64decode(json.loads(x)["body"])]
        assert len(kept) == len(lines) - 1
        path.write_bytes(b"".join(kept))

    return damage


def rolled_back(out: Path) -> None:
    """The log as it was at 16 leaves: its checkpoint lies in the archive."""
    files = read_canonical((out / "archive.zip").read_bytes())
    (out / "log" / "checkpoint").write_bytes(files["data/log/checkpoint"])
    path = out / "log" / "openings.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(line for line in lines if json.loads(line)["index"] < 16))
    for name in ("tile/0/000.p/24", "tile/entries/000.p/24"):
        (out / "log" / name).unlink()


def stripped(out: Path) -> None:
    path = out / "receipts" / "1.json"
    value = json.loads(path.read_bytes())
    value["proof"] = ""
    path.write_bytes(json.dumps(value, sort_keys=True, separators=(",", ":")).encode())


SWAPS: dict[str, tuple[Damage, str, str]] = {
    "another draw": (another_draw, "draw.zip", "draw.publish_bundle"),
    "another paper": (another_letter, "award-notice.pdf", "of this name"),
    "another opening record": (
        lambda out: (out / "opening-record.json").write_bytes(
            (out / "opening-record.json").read_bytes().replace(b"1234567", b"1234566")
        ),
        "opening-record.json",
        "opening.reveal",
    ),
    "an empty ledger": (lambda out: (out / JOURNAL).write_bytes(b""), JOURNAL, ""),
    "the log without the reveal": (without("opening.reveal"), "log", "is gone"),
    "the log without the bid": (without("bid.submit"), "public.zip", "hides that record"),
    "the log without the filing": (without("archive.file"), "archive.zip", "archive.file custody"),
    "an older log": (rolled_back, "archive.zip", "archive.file custody"),
    "a receipt without its proof": (stripped, "1.json", "its proof is gone"),
    "another label": (relabelled, "archive.zip", "archive.file custody"),
    "another draw verifier": (
        repacked("archive.zip", "draw_verify.py", lambda body: b"print('ok')\n"),
        "archive.zip",
        "data/draw_verify.py",
    ),
    "another verifier": (
        repacked("public.zip", "verify.py", lambda body: b"print('ok')\n"),
        "public.zip",
        "data/verify.py",
    ),
    "another page": (
        repacked("public.zip", "index.html", lambda body: body.replace(b"<h1>", b"<h1>x")),
        "public.zip",
        "archive.file public",
    ),
}


@pytest.mark.parametrize("name", SWAPS)
def test_what_is_sound_but_not_of_this_trade_fails(name: str, out: Path) -> None:
    damage, item, reason = SWAPS[name]
    damage(out)
    done = run(out, "--keys", out / "log" / "keys.txt")
    assert done.exit_code == 1
    found = [x for x in done.output.splitlines() if "FAILED" in x and reason in x]
    assert any(item in line for line in found), done.output


def test_a_bag_of_another_log_beside_this_one_fails(out: Path) -> None:
    """A receipt whose proof is to a larger tree than the log beside it."""
    path = out / "receipts" / "1.json"
    from bidding.envelope.receipt import verify_receipt
    from monitor.log.commitment import Opening
    from monitor.log.proof import LogProof
    from monitor.log.tile import TileStore
    from webui.artefact.keys import read_keys
    from webui.artefact.kind.receipt import prove

    keys, note = read_keys((out / "log/keys.txt").read_text()), (out / "log/checkpoint").read_text()
    verify_receipt(path.read_bytes(), keys.receipt)
    own = Opening.parse((out / "log/openings.jsonl").read_bytes().splitlines(True)[0])
    proof = LogProof.build(TileStore(out / "log").hash_reader(24), own.index, 24, note)
    path.write_bytes(prove(path.read_bytes(), proof, own.salt, own.body))
    assert run(path).exit_code == 0
    rolled_back(out)
    done = run(path)
    assert done.exit_code == 1
    assert "older: 16 leaves, not 24" in done.output


def test_the_same_paper_is_the_archives(out: Path) -> None:
    done = run(out / "award-notice.pdf")
    assert "of the archive: documents/letter/award-notice.pdf" in done.output
    (out / "archive.zip").unlink()
    done = run(out / "award-notice.pdf")
    assert "by digest only" in done.output
