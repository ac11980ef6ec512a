"""A stand-in certificate authority for demonstrations: its names say so on every certificate.

A real centre signs with certificates of a licensed authority (电子签名法 16-18) and never makes its
own; nothing here is used then.
"""

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

KEY_BITS = 3072
ROOT_YEARS, LEAF_YEARS = 20, 3
MARK = "演示替身 / stand-in"
UB_COMMON_NAME = 64
CUT = "…"
_DAYS = 365


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key with its certificate and those above it, leaf first, root last."""

    key: RSAPrivateKey
    chain: tuple[x509.Certificate, ...]

    @property
    def name(self) -> str:
        """Return the common name on the certificate."""
        return str(self.chain[0].subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


@dataclass(frozen=True, slots=True)
class Authority:
    """The stand-in root: it issues certificates for signing papers and for time stamps."""

    key: RSAPrivateKey
    certificate: x509.Certificate

    def issue(self, name: str, now: datetime) -> Signer:
        """Return a new key and certificate for signing papers, valid for three years."""
        use = _usage(digital_signature=True, content_commitment=True)
        return self._issue(name, now, [(use, True)])

    def issue_time_stamper(self, now: datetime) -> Signer:
        """Return a new key and certificate for a time-stamping service (RFC 3161 §2.3)."""
        purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        use = _usage(digital_signature=True)
        return self._issue("时间戳 / time stamps", now, [(use, True), (purpose, True)])

    def _issue(
        self, name: str, now: datetime, extensions: list[tuple[x509.ExtensionType, bool]]
    ) -> Signer:
        key = generate_private_key(65537, KEY_BITS)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        builder = _builder(_marked(name), key, now, LEAF_YEARS)
        builder = builder.issuer_name(self.certificate.subject)
        no_authority = (x509.BasicConstraints(ca=False, path_length=None), True)
        for extension, critical in [no_authority, (issuer, False), *extensions]:
            builder = builder.add_extension(extension, critical)
        return Signer(key, (builder.sign(self.key, hashes.SHA256()), self.certificate))

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read what make_stand_in_authority wrote."""
        key = serialization.load_pem_private_key((folder / "root.key").read_bytes(), None)
        assert isinstance(key, RSAPrivateKey)  # noqa: S101
        return cls(key, x509.load_pem_x509_certificate((folder / "root.pem").read_bytes()))


def make_stand_in_authority(folder: Path, now: datetime) -> Authority:
    """Make a stand-in root in a new folder: root.pem, and root.key for the owner's eyes only.

    FileExistsError if there is one already: a root is made once and never silently anew.
    """
    key = generate_private_key(65537, KEY_BITS)
    builder = _builder(f"八统根证书（{MARK}）", key, now, ROOT_YEARS)
    builder = builder.issuer_name(x509.Name([_common_name(f"八统根证书（{MARK}）")]))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
    builder = builder.add_extension(_usage(key_cert_sign=True, crl_sign=True), True)
    certificate = builder.sign(key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    folder.mkdir(parents=True, exist_ok=True)
    _write_new(folder / "root.key", private, 0o600)
    _write_new(folder / "root.pem", certificate.public_bytes(serialization.Encoding.PEM), 0o644)
    return Authority(key, certificate)


def _builder(name: str, key: RSAPrivateKey, now: datetime, years: int) -> x509.CertificateBuilder:
    identity = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([_common_name(name)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=years * _DAYS))
        .add_extension(identity, critical=False)
    )


def _marked(name: str) -> str:
    """Return the name with the mark behind it, cut so that both fit (RFC 5280, ub-common-name)."""
    mark = f"（{MARK}）"
    room = UB_COMMON_NAME - len(mark.encode())
    if len(name.encode()) <= room:
        return name + mark
    kept = name.encode()[: room - len(CUT.encode())].decode("utf-8", "ignore")
    return kept.rstrip("（( ") + CUT + mark


def _common_name(name: str) -> x509.NameAttribute[str]:
    return x509.NameAttribute(NameOID.COMMON_NAME, name)


def _usage(**granted: bool) -> x509.KeyUsage:
    every = (
        "digital_signature content_commitment key_encipherment data_encipherment key_agreement "
        "key_cert_sign crl_sign encipher_only decipher_only"
    )
    return x509.KeyUsage(**{name: granted.get(name, False) for name in every.split()})


def _write_new(path: Path, data: bytes, mode: int) -> None:
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(opened, "wb") as file:
        file.write(data)
