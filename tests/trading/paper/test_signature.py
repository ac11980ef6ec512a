"""Signatures on papers, checked by the library and by pdfsig, against attackers."""

import io
import shutil
import stat
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.timestamps import DummyTimeStamper

from trading.paper.authority import UB_COMMON_NAME, Authority, Signer, make_stand_in_authority
from trading.paper.sheet import Proof, Sheet, set_sheet
from trading.paper.signature import SignatureFault, check_pdf, sign_pdf

NOW = datetime(2026, 3, 16, 1, 30, tzinfo=UTC)
LATER = NOW + timedelta(days=15 * 365)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_stand_in_authority(tmp_path_factory.mktemp("stand-in"), NOW)


@pytest.fixture(scope="module")
def rogue(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_stand_in_authority(tmp_path_factory.mktemp("rogue"), NOW)


@pytest.fixture(scope="module")
def signer(authority: Authority) -> Signer:
    return authority.issue("某某招标人", NOW)


@pytest.fixture(scope="module")
def paper() -> bytes:
    sheet = Sheet(
        "中标通知书",
        "",
        "1号",
        "甲公司",
        ("正文",),
        (),
        (),
        "招标人",
        Proof("https://x", "ab" * 32),
    )
    return set_sheet(sheet, NOW)


@pytest.fixture(scope="module")
def signed(paper: bytes, signer: Signer) -> bytes:
    return sign_pdf(paper, signer, NOW)


def _dummy(stamper: Signer) -> DummyTimeStamper:
    der = stamper.key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    certificate = stamper.chain[0].public_bytes(serialization.Encoding.DER)
    return DummyTimeStamper(
        tsa_cert=asn1_x509.Certificate.load(certificate),
        tsa_key=asn1_keys.PrivateKeyInfo.load(der),
        fixed_dt=NOW,
    )


def test_a_signed_paper_is_good_and_says_who_signed_when(
    signed: bytes, authority: Authority
) -> None:
    report = check_pdf(signed, [authority.certificate], NOW)
    assert report.good
    assert [(s.name, s.at, s.time_stamped) for s in report.signatures] == [
        ("某某招标人（演示替身 / stand-in）", NOW, False)
    ]


def test_signing_leaves_the_paper_itself_untouched_and_reads_no_other_clock(
    paper: bytes, signed: bytes
) -> None:
    assert signed.startswith(paper)
    assert b"ETSI.CAdES.detached" in signed[len(paper) :]
    assert b"/ModDate" not in signed[len(paper) :]


def test_pdfsig_finds_the_signature_valid_over_the_whole_document(
    signed: bytes, tmp_path: Path
) -> None:
    if shutil.which("pdfsig") is None:
        pytest.skip("no pdfsig (poppler-utils) on this machine")
    (tmp_path / "good.pdf").write_bytes(signed)
    at = signed.index(b"stream") + 20
    (tmp_path / "bad.pdf").write_bytes(signed[:at] + bytes([signed[at] ^ 1]) + signed[at + 1 :])
    said = [
        subprocess.run(
            ["pdfsig", "-nocert", str(tmp_path / name)], capture_output=True, text=True, check=False
        )
        for name in ("good.pdf", "bad.pdf")
    ]
    assert "Signature is Valid." in said[0].stdout
    assert "Total document signed" in said[0].stdout
    assert "ETSI.CAdES.detached" in said[0].stdout
    assert "Signature is Valid." not in said[1].stdout


def test_one_changed_byte_anywhere_in_the_paper_is_seen(
    paper: bytes, signed: bytes, authority: Authority
) -> None:
    for at in range(9, len(paper), len(paper) // 60):
        bad = signed[:at] + bytes([signed[at] ^ 1]) + signed[at + 1 :]
        report = check_pdf(bad, [authority.certificate], NOW)
        assert not report.good
        assert not any(one.intact for one in report.signatures)


def test_something_added_after_the_signature_is_seen(signed: bytes, authority: Authority) -> None:
    writer = IncrementalPdfFileWriter(io.BytesIO(signed))
    writer.root["/OpenAction"] = writer.root["/Pages"]
    writer.update_root()  # type: ignore[no-untyped-call]
    out = io.BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]
    assert out.getvalue().startswith(signed)
    report = check_pdf(out.getvalue(), [authority.certificate], NOW)
    assert not report.good
    assert not report.signatures[0].whole


def test_two_may_sign_one_after_the_other(signed: bytes, authority: Authority) -> None:
    both = sign_pdf(signed, authority.issue("某某中心", NOW), NOW + timedelta(minutes=1))
    report = check_pdf(both, [authority.certificate], NOW)
    assert report.good
    assert [s.name[:4] for s in report.signatures] == ["某某招标", "某某中心"]


def test_a_certificate_of_another_root_is_not_trusted(
    paper: bytes, authority: Authority, rogue: Authority
) -> None:
    forged = sign_pdf(paper, rogue.issue("某某招标人", NOW), NOW)
    report = check_pdf(forged, [authority.certificate], NOW)
    assert report.signatures[0].intact
    assert not report.signatures[0].trusted
    assert not report.good


def test_a_plain_signature_does_not_outlive_its_certificate_a_time_stamped_one_says_when(
    paper: bytes, signed: bytes, signer: Signer, authority: Authority
) -> None:
    assert not check_pdf(signed, [authority.certificate], LATER).good
    stamped = sign_pdf(paper, signer, NOW, _dummy(authority.issue_time_stamper(NOW)))
    report = check_pdf(stamped, [authority.certificate], NOW)
    assert report.good
    assert (report.signatures[0].time_stamped, report.signatures[0].at) == (True, NOW)


def test_a_time_stamp_of_a_stranger_does_not_count(
    paper: bytes, signer: Signer, authority: Authority, rogue: Authority
) -> None:
    stamped = sign_pdf(paper, signer, NOW, _dummy(rogue.issue_time_stamper(NOW)))
    report = check_pdf(stamped, [authority.certificate], NOW)
    assert not report.good
    assert not report.signatures[0].time_stamped


def test_a_paper_without_a_signature_is_never_good(paper: bytes, authority: Authority) -> None:
    report = check_pdf(paper, [authority.certificate], NOW)
    assert not report.good
    assert report.signatures == ()


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7\n", b"\0" * 100])
def test_what_is_no_pdf_is_reported_and_not_signed(
    data: bytes, signer: Signer, authority: Authority
) -> None:
    assert check_pdf(data, [authority.certificate], NOW).fault
    with pytest.raises(SignatureFault):
        sign_pdf(data, signer, NOW)


def test_the_stand_in_root_says_so_is_made_once_and_keeps_its_key_to_itself(tmp_path: Path) -> None:
    made = make_stand_in_authority(tmp_path, NOW)
    assert "演示替身 / stand-in" in made.certificate.subject.rfc4514_string()
    assert stat.S_IMODE((tmp_path / "root.key").stat().st_mode) == 0o600
    assert Authority.read(tmp_path).certificate == made.certificate
    with pytest.raises(FileExistsError):
        make_stand_in_authority(tmp_path, NOW)
    assert Authority.read(tmp_path).certificate == made.certificate


def test_a_name_too_long_for_a_certificate_is_cut_at_a_character_and_says_so(
    authority: Authority,
) -> None:
    name = authority.issue("示例市水务建设管理中心（演示）", NOW).name
    assert name == "示例市水务建设管理中…（演示替身 / stand-in）"
    assert len(name.encode()) <= UB_COMMON_NAME
    assert authority.issue("示例市水务建设管理中心", NOW).name.startswith(
        "示例市水务建设管理中心（"
    )
