"""The offline tool as a person or a program runs it."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest
from click.testing import CliRunner, Result
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bidding.envelope.bid.invitation import Invitation
from bidding.envelope.document import BadSignature, check_signature
from bidding.envelope.roster import Authority, Device, Roster, Seat
from bidding.submission import BID_ID, withdrawal
from tests.flip import flip
from trading.account.proof.mask import message
from webui.cli.sealing import keygen, open_, prove, seal, withdraw

DRAFT = {
    "name": "甲建设有限公司",
    "uscc": "91350100M000100Y43",
    "price": "1,234.56",
    "period_days": 180,
    "quality": "合格",
    "bid": "bid-1",
}


def run(command: object, *arguments: object, text: str | None = None) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments], input=text)  # type: ignore[arg-type]


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A desk with keys, an invitation, a draft, and two files to seal."""
    seats = []
    for number, kind in enumerate(list(Authority)[:3], 1):
        made = json.loads(run(keygen, tmp_path / f"t{number}", "--trustee", "--json").stdout)
        seats.append(Seat(number, kind, f"body-{number}", f"受托人 {number}", (Device(**made),)))
    invitation = Invitation("T", "001", "ab" * 32, (), Roster(2, tuple(seats)))
    (tmp_path / "invitation.json").write_bytes(invitation.to_bytes())
    (tmp_path / "draft.json").write_text(json.dumps(DRAFT), "utf-8")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "技术标.pdf").write_bytes(b"%PDF" * 50_000)
    (tmp_path / "in" / "b.txt").write_bytes(b"b")
    assert run(keygen, tmp_path / "signer.pem").exit_code == 0
    return tmp_path


def seal_on(desk: Path, key: str = "signer.pem", text: str | None = None) -> Result:
    options = ["--invitation", desk / "invitation.json", "--draft", desk / "draft.json"]
    return run(seal, desk / "in", desk / "out", *options, "--key", desk / key, "--json", text=text)


def open_on(desk: Path, *more: object) -> Result:
    identity = desk / "out.identity.txt"
    return run(open_, desk / "out", desk / "opened", "--identity", identity, "--json", *more)


def test_a_bid_is_sealed_and_opened_by_its_own_key(desk: Path) -> None:
    sealed = json.loads(seal_on(desk).stdout)
    assert sealed["bid"] == "bid-1"
    assert "identity" not in sealed
    assert Path(sealed["identity_file"]).stat().st_mode & 0o777 == 0o600
    result = open_on(desk, "--manifest", sealed["manifest"])
    opened = json.loads(result.stdout)
    assert opened["price_fen"] == "123456"
    assert opened["price_words"] == "人民币壹仟贰佰叁拾肆元伍角陆分"
    for name in ("技术标.pdf", "b.txt"):
        assert (desk / "opened" / name).read_bytes() == (desk / "in" / name).read_bytes()


@pytest.mark.skipif(shutil.which("age") is None, reason="Debian program age is not on PATH")
@pytest.mark.parametrize(("there", "words"), [(False, "没有此文件夹"), (True, "文件夹是空的")])
def test_a_folder_with_nothing_to_seal_is_refused(desk: Path, there: bool, words: str) -> None:
    shutil.rmtree(desk / "in")
    if there:
        (desk / "in").mkdir()
    result = seal_on(desk)
    assert (result.exit_code, words in result.stderr) == (2, True)
    assert not (desk / "out").exists()


def test_the_identity_file_is_one_that_debian_age_reads(desk: Path) -> None:
    assert seal_on(desk).exit_code == 0
    command = ["age", "-d", "-i", str(desk / "out.identity.txt"), str(desk / "out" / "letter.age")]
    letter = subprocess.run(command, capture_output=True, check=True).stdout
    assert json.loads(letter)["bidder"]["uscc"] == DRAFT["uscc"]


def test_a_draft_without_an_id_gets_one_that_the_platform_takes(desk: Path) -> None:
    draft = {name: value for name, value in DRAFT.items() if name != "bid"}
    (desk / "draft.json").write_text(json.dumps(draft), "utf-8")
    assert BID_ID.fullmatch(json.loads(seal_on(desk).stdout)["bid"])


def test_the_bid_key_proves_itself_for_one_project_alone(desk: Path) -> None:
    project, other = uuid4(), uuid4()
    options = ["--key", desk / "signer.pem", "--project", project, "--challenge", "c-1", "--json"]
    told = json.loads(run(prove, *options).stdout)
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(told["public_key"]))
    key.verify(bytes.fromhex(told["signature"]), message(project, "c-1"))
    for wrong in (message(other, "c-1"), message(project, "c-2")):
        with pytest.raises(InvalidSignature):
            key.verify(bytes.fromhex(told["signature"]), wrong)


def test_a_withdrawal_is_signed_for_one_bid_alone(desk: Path) -> None:
    project, section, bid = uuid4(), uuid4(), str(uuid4())
    options = ["--key", desk / "signer.pem", "--project", project, "--section", section]
    told = json.loads(run(withdraw, *options, "--bid", bid, "--json").stdout)
    proof = ["--key", desk / "signer.pem", "--project", project, "--challenge", "x", "--json"]
    key = json.loads(run(prove, *proof).stdout)["public_key"]
    statement = withdrawal(project, section, bid)
    check_signature("withdrawal", statement, told["signature"], key)
    with pytest.raises(BadSignature):
        check_signature(
            "withdrawal", withdrawal(project, section, str(uuid4())), told["signature"], key
        )


def test_a_key_under_a_passphrase_seals_only_with_it(desk: Path) -> None:
    made = run(keygen, desk / "locked.pem", "--passphrase", text="secret\nsecret\n")
    assert made.exit_code == 0
    assert b"ENCRYPTED" in (desk / "locked.pem").read_bytes()
    wrong = seal_on(desk, "locked.pem", text="wrong\n")
    assert wrong.exit_code == 1
    assert "passphrase" in wrong.stderr
    assert seal_on(desk, "locked.pem", text="secret\n").exit_code == 0


def test_a_changed_file_fails_with_one_line_that_names_it(desk: Path) -> None:
    seal_on(desk)
    path = desk / "out" / "att-001.age"
    flip(path)
    result = open_on(desk)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert "att-001.age" in result.stderr


def test_a_manifest_other_than_the_receipts_fails(desk: Path) -> None:
    seal_on(desk)
    assert open_on(desk, "--manifest", "00" * 32).exit_code == 1


def test_another_key_fails_and_is_not_repeated(desk: Path) -> None:
    seal_on(desk)
    shutil.copy(desk / "t1" / "identity.txt", desk / "out.identity.txt")
    result = open_on(desk)
    assert result.exit_code == 1
    assert "SECRET" not in result.stderr


@pytest.mark.parametrize("member", ["name", "uscc", "price", "period_days", "quality"])
def test_a_draft_without_a_member_fails_and_names_it(desk: Path, member: str) -> None:
    draft = {key: value for key, value in DRAFT.items() if key != member}
    (desk / "draft.json").write_text(json.dumps(draft), "utf-8")
    result = seal_on(desk)
    assert result.exit_code == 1
    assert member in result.stderr
    assert not (desk / "out").exists()


def test_nothing_is_ever_overwritten(desk: Path) -> None:
    assert seal_on(desk).exit_code == 0
    before = (desk / "out.identity.txt").read_bytes()
    again = seal_on(desk)
    assert again.exit_code == 2
    assert (desk / "out.identity.txt").read_bytes() == before
    assert run(keygen, desk / "signer.pem").exit_code == 2
    (desk / "opened").mkdir()
    assert open_on(desk).exit_code == 2


def test_bad_use_is_status_two_and_help_speaks_two_languages() -> None:
    assert run(seal, "/nowhere", "x").exit_code == 2
    for command in (keygen, seal, open_):
        helped = run(command, "--help")
        assert helped.exit_code == 0
        assert " / " in helped.stdout


def test_the_tool_runs_from_the_command_line(desk: Path) -> None:
    command = [sys.executable, "-m", "webui.cli", "keygen", str(desk / "k.pem"), "--json"]
    made = subprocess.run(command, capture_output=True, check=True)
    assert len(json.loads(made.stdout)["signer"]) == 64


def test_a_place_that_cannot_be_written_is_bad_use_told_in_one_line(desk: Path) -> None:
    done = run(keygen, desk / "no such folder" / "k.pem")
    assert done.exit_code == 2
    assert done.stderr.count("\n") == 1
    assert "no such folder" in done.stderr
