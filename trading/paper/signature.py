"""Signatures on papers: PAdES B-B, or B-T when a time-stamping service is given."""

import asyncio
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.validation import SignatureCoverageLevel, validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from trading.paper.authority import Signer


class SignatureFault(Exception):
    """A paper that cannot be signed: it is no PDF, or the certificate does not permit it."""


@dataclass(frozen=True, slots=True)
class Signed:
    """One signature: who, when (said by the signer, or by the time stamp), and what holds."""

    name: str
    at: datetime | None
    time_stamped: bool
    intact: bool
    trusted: bool
    whole: bool
    summary: str

    @property
    def good(self) -> bool:
        """Bytes unchanged, certificate trusted at the given time, and the whole file covered."""
        return self.intact and self.trusted and self.whole


@dataclass(frozen=True, slots=True)
class Report:
    """All signatures of a paper; fault says why the file could not be read at all."""

    signatures: tuple[Signed, ...]
    fault: str = ""

    @property
    def good(self) -> bool:
        """At least one signature, and every one good."""
        return bool(self.signatures) and all(one.good for one in self.signatures)


class _StillWriter(IncrementalPdfFileWriter):
    """Leaves the metadata alone: the library would write the time of its own clock there."""

    def _update_meta(self) -> None:
        """Write nothing."""


def sign_pdf(
    pdf: bytes, signer: Signer, now: datetime, time_stamper: TimeStamper | None = None
) -> bytes:
    """Return the paper with one more signature (ETSI EN 319 142-1 B-B; with time_stamper B-T)."""
    try:
        return asyncio.run(_sign(pdf, signer, now, time_stamper))
    except (PdfError, SigningError) as fault:
        raise SignatureFault(f"cannot sign / 无法签名: {fault}") from fault


def check_pdf(pdf: bytes, roots: Sequence[x509.Certificate], now: datetime) -> Report:
    """Check every signature of a paper against these roots at this time; nothing is fetched.

    For an archived paper now is the time at which the log shows its digest, since certificates
    end long before the retention does.
    """
    context = ValidationContext(
        trust_roots=[_asn1(root) for root in roots], moment=now, allow_fetching=False
    )
    try:
        found = list(PdfFileReader(io.BytesIO(pdf)).embedded_regular_signatures)
        reach = [SignatureCoverageLevel.ENTIRE_REVISION] * (len(found) - 1)
        reach.append(SignatureCoverageLevel.ENTIRE_FILE)
        return Report(tuple(map(_checked, found, reach, [context] * len(found))))
    except Exception as fault:  # hostile bytes may raise anything in a parser
        return Report((), f"not readable / 无法读取: {type(fault).__name__}")


def _checked(signature: Any, reach: SignatureCoverageLevel, context: ValidationContext) -> Signed:
    status = validate_pdf_signature(signature, context, ts_validation_context=context)
    stamp = status.timestamp_validity
    good_stamp = stamp if stamp is not None and stamp.valid and stamp.trusted else None
    return Signed(
        name=str(status.signing_cert.subject.native["common_name"]),
        at=good_stamp.timestamp if good_stamp else status.signer_reported_dt,
        time_stamped=good_stamp is not None,
        intact=bool(status.intact and status.valid),
        trusted=bool(status.trusted) and stamp is good_stamp,
        whole=bool(status.coverage >= reach and status.docmdp_ok is not False),
        summary=status.summary(),
    )


async def _sign(
    pdf: bytes, signer: Signer, now: datetime, time_stamper: TimeStamper | None
) -> bytes:
    """Run the library's own steps with our time instead of its clock."""
    writer = _StillWriter(io.BytesIO(pdf))
    count = len(list(writer.prev.embedded_signatures))
    meta = PdfSignatureMetadata(
        field_name=f"Signature{count + 1}", md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES
    )
    pdf_signer = PdfSigner(meta, _library_signer(signer), timestamper=time_stamper)
    session = pdf_signer.init_signing_session(writer)
    session.system_time = now
    checked = await session.perform_presign_validation(writer)
    reserved = await session.estimate_signature_container_size(checked)
    document = session.prepare_tbs_document(checked, reserved)
    out = io.BytesIO()
    digest, _ = document.digest_tbs_document(output=out)
    attributes = PdfCMSSignedAttributes(signing_time=now)
    done = await document.perform_signature(digest.document_digest, attributes)
    await done.post_signature_processing(out)
    return out.getvalue()


def _library_signer(signer: Signer) -> SimpleSigner:
    private = signer.key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    store.register_multiple([_asn1(one) for one in signer.chain])
    return SimpleSigner(
        signing_cert=_asn1(signer.chain[0]),
        signing_key=asn1_keys.PrivateKeyInfo.load(private),
        cert_registry=store,
    )


def _asn1(certificate: x509.Certificate) -> Any:
    return asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))
