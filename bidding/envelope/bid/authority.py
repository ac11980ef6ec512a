"""manifest.p7s: what a CA's certificate signs of a bid, detached, beside the bidder's signature.

Optional: the bidder's CA tool signs manifest.json as it is (CMS SignedData, RFC 5652, one signer,
电子签名法 13). Which algorithms are verified here is a table, `VERIFIERS`: SM2 with SM3 (GM/T 0010)
is kept and said to be not verified until its row is there. A certificate names its owner, so this
file goes wherever the manifest goes: sealed to the trustees until CLOSE. No CA decrypts anything.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from asn1crypto import cms, pem
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from bidding.envelope.bid.object import AUTHORITY
from bidding.envelope.document import BadSignature, Malformed

LONGEST = 64 * 1024
UNREADABLE = (
    ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError, RecursionError,
)  # fmt: skip
"""What the reader of DER raises, here or there, where somebody's bytes are none."""
HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}


@dataclass(frozen=True, slots=True)
class Signer:
    """Whom the certificate names; `verified` False: no one here can verify such a signature yet."""

    subject: str
    issuer: str
    serial: str
    algorithm: str
    verified: bool


def read_signer(manifest: bytes, signature: bytes) -> Signer:
    """Return who signed these bytes; raises Malformed, and BadSignature where it does not hold.

    That the certificate's CA is to be trusted, and that it runs, is for whoever relies on it.
    """
    if len(signature) > LONGEST:
        raise Malformed(f"{AUTHORITY}: 超过 {LONGEST >> 10} KiB / longer than that")
    try:
        return _read(manifest, signature)
    except UNREADABLE as error:
        message = "须为一人的 CMS 分离签名，并附证书 / one signer's, detached, with the certificate"
        raise Malformed(f"{AUTHORITY}: {message}") from error


def _read(manifest: bytes, signature: bytes) -> Signer:
    info, certificate = _parts(signature)
    method = _method(info, certificate)
    signer = Signer(
        certificate.subject.human_friendly,
        certificate.issuer.human_friendly,
        format(certificate.serial_number, "x"),
        method,
        method in VERIFIERS,
    )
    if signer.verified:
        _require_digest(info, manifest)
        try:
            key = load_der_public_key(certificate.public_key.dump())
            VERIFIERS[method](key, info["signature"].native, _signed(info, manifest), _hash(info))
        except (InvalidSignature, UnsupportedAlgorithm) as error:
            message = "签名与清单不符 / not a signature of the manifest"
            raise BadSignature(f"{AUTHORITY}: {message}") from error
    return signer


def _parts(signature: bytes) -> tuple[Any, Any]:
    """Return the one signer and that signer's certificate, of what is read to its last byte."""
    der = pem.unarmor(signature)[2] if pem.detect(signature) else signature
    told = cms.ContentInfo.load(der, strict=True)
    if told["content_type"].native != "signed_data":
        raise Malformed(f"{AUTHORITY}: 不是 CMS 签名 / no CMS signature")
    if told.native["content"]["encap_content_info"]["content"] is not None:
        raise Malformed(f"{AUTHORITY}: 须为分离签名 / must be detached")
    [info] = told["content"]["signer_infos"]
    [certificate] = [
        each.chosen
        for each in told["content"]["certificates"]
        if _is_of(each.chosen, info["sid"].chosen)
    ]
    return info, certificate


def _is_of(certificate: Any, sid: Any) -> bool:
    if isinstance(sid, cms.IssuerAndSerialNumber):
        named = sid["issuer"], sid["serial_number"].native
        return named == (certificate.issuer, certificate.serial_number)
    return certificate.key_identifier is not None and sid.native == certificate.key_identifier


def _method(info: Any, certificate: Any) -> str:
    """Name the method by key and digest: rsa or ec with SHA-2, else as they are."""
    key = str(certificate.public_key["algorithm"]["algorithm"].native)
    algorithm = str(info["digest_algorithm"]["algorithm"].native)
    if key == "rsa" and "pss" in str(info["signature_algorithm"]["algorithm"].native):
        key = "rsa-pss"
    curve = certificate.public_key["algorithm"]["parameters"].native if key == "ec" else ""
    known = algorithm in HASHES and curve in {"", "secp256r1", "secp384r1", "secp521r1"}
    return key if known else f"{key} {curve} {algorithm}".replace("  ", " ")


def _require_digest(info: Any, manifest: bytes) -> None:
    """Hold the signed digest to the manifest, where there are signed attributes at all."""
    if not info["signed_attrs"]:
        return
    told = {each["type"].native: each["values"].native for each in info["signed_attrs"]}
    name = info["digest_algorithm"]["algorithm"].native
    if told.get("message_digest") != [hashlib.new(name, manifest).digest()]:
        raise BadSignature(
            f"{AUTHORITY}: 签的不是这份清单 / made for other bytes than this manifest"
        )


def _signed(info: Any, manifest: bytes) -> bytes:
    """Return what the signature covers: the attributes as a SET (RFC 5652 §5.4), else the bytes."""
    return bytes(info["signed_attrs"].untag().dump()) if info["signed_attrs"] else manifest


def _hash(info: Any) -> hashes.HashAlgorithm:
    return HASHES[info["digest_algorithm"]["algorithm"].native]()


Verify = Callable[[Any, bytes, bytes, hashes.HashAlgorithm], None]


def _rsa(key: rsa.RSAPublicKey, signature: bytes, told: bytes, by: hashes.HashAlgorithm) -> None:
    key.verify(signature, told, padding.PKCS1v15(), by)


def _ec(
    key: ec.EllipticCurvePublicKey, signature: bytes, told: bytes, by: hashes.HashAlgorithm
) -> None:
    key.verify(signature, told, ec.ECDSA(by))


VERIFIERS: dict[str, Verify] = {"rsa": _rsa, "ec": _ec}
"""Who verifies which method; raises InvalidSignature. What has no row is kept, and said so."""
