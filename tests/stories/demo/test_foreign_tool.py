"""The demo's artefacts before programs that are not ours."""

import hashlib
import json
import re
import shutil
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import pem
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from tests.flip import flip
from tests.stories.demo.run import Played

ISSUED = datetime(2026, 4, 21, 1, tzinfo=UTC)
LETTER_BYTES = 64 * 1024


def call(*command: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([str(part) for part in command], capture_output=True, check=False)


def need(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"no {program} on this machine")
    return found


FLIPS = 40
"""Single bits of the draw's bundle that are turned, one after another."""


def age(identity: Path, sealed: Path) -> bytes:
    done = call(need("age"), "-d", "-i", identity, sealed)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_age_opens_the_letter_and_it_says_what_was_read_out(played: Played) -> None:
    bid = played.out / "bid"
    plain = age(bid / "identity.txt", bid / "letter.age")
    assert len(plain) == LETTER_BYTES
    letter, manifest = json.loads(plain), json.loads((bid / "manifest.json").read_bytes())
    for member in ("bid", "lot", "tender", "version", "signer"):
        assert letter[member] == manifest[member], member
    opened = json.loads((played.out / "opening-record.json").read_bytes())
    row = next(one for one in opened["bids"] if one["bid"] == letter["bid"])
    assert (row["price_fen"], row["price_words"]) == (letter["price_fen"], letter["price_words"])
    assert (row["name"], row["uscc"]) == (letter["bidder"]["name"], letter["bidder"]["uscc"])
    assert row["manifest"] == hashlib.sha256((bid / "manifest.json").read_bytes()).hexdigest()


def test_age_opens_the_attachments_and_cut_to_size_they_are_those_that_the_letter_names(
    played: Played,
) -> None:
    bid = played.out / "bid"
    letter = json.loads(age(bid / "identity.txt", bid / "letter.age"))
    sealed = {
        one["name"]: one for one in json.loads((bid / "manifest.json").read_bytes())["objects"]
    }
    assert {one["object"] for one in letter["attachments"]} == set(sealed) - {"letter.age"}
    sent = {
        path.read_bytes()
        for path in (played.out / "platform/stand-ins/tenderers").glob("*/plain-*/*")
    }
    for one in letter["attachments"]:
        data = (bid / one["object"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == sealed[one["object"]]["sha256"]
        plain = age(bid / "identity.txt", bid / one["object"])
        inside, rest = plain[: one["size"]], plain[one["size"] :]
        assert hashlib.sha256(inside).hexdigest() == one["sha256"]
        assert inside in sent
        assert rest.strip(b"\0") == b""


def test_age_refuses_another_bids_key_and_a_changed_letter(
    played: Played, copy: Path, tmp_path: Path
) -> None:
    tool = need("age")
    own = (copy / "bid" / "identity.txt").read_bytes()
    with zipfile.ZipFile(copy / "archive.zip") as archive:
        names = [name for name in archive.namelist() if name.endswith("/identity.txt")]
        others = [key for name in names if (key := archive.read(name)) != own]
    (tmp_path / "other.txt").write_bytes(others[0])
    assert call(tool, "-d", "-i", tmp_path / "other.txt", copy / "bid" / "letter.age").returncode
    flip(copy / "bid" / "letter.age", 40_000)
    assert call(
        tool, "-d", "-i", copy / "bid" / "identity.txt", copy / "bid" / "letter.age"
    ).returncode


@pytest.mark.parametrize("name", ["archive", "public"])
def test_bagit_validates_the_bag_until_a_byte_of_it_changes(
    played: Played, tmp_path: Path, name: str
) -> None:
    program = Path(sys.executable).with_name("bagit.py")
    with zipfile.ZipFile(played.out / f"{name}.zip") as archive:
        archive.extractall(tmp_path / name)
    done = call(sys.executable, program, "--validate", tmp_path / name)
    assert done.returncode == 0, done.stderr
    flip(tmp_path / name / "data" / "opening" / "opening-record.json", 100)
    done = call(sys.executable, program, "--validate", tmp_path / name)
    assert done.returncode == 1
    assert b"opening-record.json" in done.stderr


def test_pdfsig_finds_the_notice_signed_over_its_whole_length(copy: Path) -> None:
    tool, paper = need("pdfsig"), copy / "award-notice.pdf"
    said = call(tool, "-nocert", paper).stdout.decode()
    assert "Signature is Valid." in said
    assert "Total document signed" in said
    assert "ETSI.CAdES.detached" in said
    flip(paper, paper.read_bytes().index(b"stream") + 20)
    assert "Signature is Valid." not in call(tool, "-nocert", paper).stdout.decode()


def pyhanko(paper: Path, roots: bytes) -> Any:
    _, _, der = pem.unarmor(roots)
    trust = ValidationContext(
        trust_roots=[asn1_x509.Certificate.load(der)], moment=ISSUED, allow_fetching=False
    )
    with paper.open("rb") as opened:
        signed = PdfFileReader(opened).embedded_regular_signatures
        assert len(signed) == 1
        return validate_pdf_signature(signed[0], trust)


def test_pyhanko_trusts_the_notice_under_the_root_that_came_along_and_no_other(
    copy: Path, played: Played
) -> None:
    paper, roots = copy / "award-notice.pdf", (copy / "roots.pem").read_bytes()
    status = pyhanko(paper, roots)
    assert status.bottom_line, status.summary()
    assert status.signer_reported_dt == ISSUED
    flip(paper, paper.read_bytes().index(b"stream") + 20)
    assert not pyhanko(paper, roots).bottom_line


def test_bean_check_accepts_the_journal_until_a_fen_of_it_changes(copy: Path) -> None:
    program, journal = Path(sys.executable).with_name("bean-check"), copy / "ledger.beancount"
    done = call(program, journal)
    assert (done.returncode, done.stderr) == (0, b"")
    text = journal.read_text("utf-8")
    journal.write_text(text.replace("250000.00 CNY", "250000.01 CNY", 1), "utf-8")
    assert call(program, journal).returncode == 1


def test_the_journal_ends_with_every_deposit_paid_back(played: Played) -> None:
    journal = (played.out / "ledger.beancount").read_text("utf-8")
    owed = re.findall(r"balance Liabilities:Deposit:\S+  (\S+) ~", journal)
    assert owed == ["0.00"] * 8


@pytest.mark.parametrize("name", ["archive.zip", "public.zip"])
def test_the_bags_own_verifier_runs_on_a_bare_interpreter(copy: Path, name: str) -> None:
    with zipfile.ZipFile(copy / name) as archive:
        archive.extract("data/verify.py", copy)
    program, keys = copy / "data" / "verify.py", copy / "log" / "keys.txt"
    bare = (sys.executable, "-I", "-S", program, copy / name)
    for extra in ((), ("--keys", keys)):
        done = call(*bare, *extra)
        assert done.returncode == 0, done.stdout.decode()
        assert done.stderr == b""
    flip(copy / name, (copy / name).stat().st_size // 2)
    assert call(*bare).returncode == 1


def test_the_draws_own_verifier_runs_on_a_bare_interpreter(copy: Path) -> None:
    with zipfile.ZipFile(copy / "archive.zip") as archive:
        archive.extract("data/draw_verify.py", copy)
        assert archive.read("data/draw/draw.zip") == (copy / "draw.zip").read_bytes()
    bare = (sys.executable, "-I", "-S", copy / "data" / "draw_verify.py", copy / "draw.zip")
    done = call(*bare)
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    whole = (copy / "draw.zip").read_bytes()
    for n in range(FLIPS):
        at = n * len(whole) // FLIPS
        bent = whole[:at] + bytes([whole[at] ^ 1 << n % 8]) + whole[at + 1 :]
        (copy / "draw.zip").write_bytes(bent)
        told = call(*bare)
        assert (told.returncode, told.stdout[:5]) == (1, b"FAIL ")
