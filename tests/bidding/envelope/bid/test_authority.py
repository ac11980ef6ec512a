"""A CA's signature of the manifest: made by OpenSSL as a CA's tool makes it, and everything wrong."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from asn1crypto import cms
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bidding.envelope.bid.acceptance import accept
from bidding.envelope.bid.authority import LONGEST, read_signer
from bidding.envelope.bid.object import AUTHORITY, MANIFEST, Objects
from bidding.envelope.document import BadSignature, EnvelopeError, Malformed
from bidding.envelope.finding import Weight, refused
from tests.bidding.envelope.bid.test_bid import text, with_object
from tests.bidding.envelope.world import Bid

SUBJECT = "/C=CN/O=Qinghe Construction/CN=Qinghe Construction 91139900MA"
KEYS = {"rsa": ("rsa:2048",), "ec": ("ec", "-pkeyopt", "ec_paramgen_curve:P-384")}
MANIFESTED = b'{"v":"a manifest"}'


@dataclass(frozen=True)
class Ca:
    """A certificate and its key, and the tool that signs with them."""

    folder: Path

    def sign(self, data: bytes, *more: str, form: str = "DER") -> bytes:
        """Sign detached, as `openssl cms` does."""
        (self.folder / "data").write_bytes(data)
        run = subprocess.run(
            ["openssl", "cms", "-sign", "-binary", "-in", "data", "-signer", "cert.pem",
             "-inkey", "key.pem", "-outform", form, *more],
            cwd=self.folder, capture_output=True, check=True,
        )  # fmt: skip
        return run.stdout


def a_ca(folder: Path, kind: str) -> Ca:
    folder.mkdir()
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", *KEYS[kind], "-nodes", "-keyout", "key.pem",
         "-out", "cert.pem", "-subj", SUBJECT, "-days", "30"],
        cwd=folder, capture_output=True, check=True,
    )  # fmt: skip
    return Ca(folder)


@pytest.fixture(scope="module")
def cas(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ca]:
    return {kind: a_ca(tmp_path_factory.mktemp("ca") / kind, kind) for kind in KEYS}


def with_sm3(signature: bytes) -> bytes:
    """The same with another digest's name (GM/T 0006: SM3), as a tool for SM2 writes it."""
    told = cms.ContentInfo.load(signature)
    [info] = told["content"]["signer_infos"]
    info["digest_algorithm"] = {"algorithm": "1.2.156.10197.1.401"}
    return bytes(told.dump(force=True))


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize(
    ("more", "form"),
    [((), "DER"), (("-md", "sha512"), "DER"), (("-noattr", "-md", "sha384"), "DER"), ((), "PEM"),
     (("-keyid",), "DER")],
)  # fmt: skip
def test_what_a_tool_signed_is_verified_and_its_owner_named(
    cas: dict[str, Ca], kind: str, more: tuple[str, ...], form: str
) -> None:
    signer = read_signer(MANIFESTED, cas[kind].sign(MANIFESTED, *more, form=form))
    assert (signer.algorithm, signer.verified) == (kind, True)
    assert "Qinghe Construction" in signer.subject
    assert signer.subject == signer.issuer, "made by itself"


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize("more", [(), ("-noattr",)])
def test_a_signature_of_another_bid_or_of_a_stolen_certificate_does_not_hold(
    cas: dict[str, Ca], kind: str, more: tuple[str, ...], tmp_path: Path
) -> None:
    good = cas[kind].sign(MANIFESTED, *more)
    with pytest.raises(BadSignature):
        read_signer(MANIFESTED + b" ", good)
    thief = a_ca(tmp_path / "thief", kind)
    told, theirs = (cms.ContentInfo.load(one) for one in (good, thief.sign(MANIFESTED, *more)))
    told["content"]["signer_infos"][0]["signature"] = theirs["content"]["signer_infos"][0][
        "signature"
    ].native
    with pytest.raises(BadSignature):
        read_signer(MANIFESTED, told.dump(force=True))


def test_what_is_no_detached_signature_of_one_is_refused_in_words(cas: dict[str, Ca]) -> None:
    ca, other = cas["rsa"], cas["ec"]
    two = ca.sign(
        MANIFESTED, "-signer", str(other.folder / "cert.pem"), "-inkey",
        str(other.folder / "key.pem"),
    )  # fmt: skip
    wrong = (
        b"", b"no DER", b"\x30\x80", ca.sign(MANIFESTED, "-nodetach"), two,
        ca.sign(MANIFESTED, "-nocerts"), (ca.folder / "cert.pem").read_bytes(),
        ca.sign(MANIFESTED) + b"\0", bytes(LONGEST + 1),
    )  # fmt: skip
    for each in wrong:
        with pytest.raises(Malformed, match=AUTHORITY.replace(".", "[.]")):
            read_signer(MANIFESTED, each)


@pytest.fixture(scope="module")
def signed(cas: dict[str, Ca]) -> bytes:
    return cas["rsa"].sign(MANIFESTED)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(min_value=0), bit=st.integers(min_value=0, max_value=7))
def test_a_flipped_bit_ends_in_nothing_but_a_finding(signed: bytes, at: int, bit: int) -> None:
    data = bytearray(signed)
    data[at % len(data)] ^= 1 << bit
    try:
        signer = read_signer(MANIFESTED, bytes(data))
    except EnvelopeError:
        return
    assert signer.algorithm


@pytest.fixture
def manifest(bid: Bid) -> bytes:
    with bid.objects[MANIFEST]() as file:
        return file.read()


def test_a_bid_is_taken_with_a_signature_that_fits_and_refused_with_one_that_does_not(
    bid: Bid, manifest: bytes, cas: dict[str, Ca]
) -> None:
    def told(signature: bytes) -> Objects:
        return with_object(bid.objects, AUTHORITY, signature)

    assert accept(told(cas["ec"].sign(manifest)), bid.expected) == []
    for wrong in (cas["ec"].sign(b"another"), b"nothing"):
        found = accept(told(wrong), bid.expected)
        assert [each.item for each in found] == [AUTHORITY]
        assert refused(found)
    kept = accept(told(with_sm3(cas["ec"].sign(manifest))), bid.expected)
    assert [(each.item, each.weight) for each in kept] == [(AUTHORITY, Weight.FLAG)]
    assert "不能验证" in text(kept)
    assert not refused(kept)
