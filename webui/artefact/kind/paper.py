"""A signed PDF: bytes unchanged, certificate under a given root, whole file covered."""

from collections.abc import Iterator
from datetime import UTC, datetime

from trading.paper.signature import Signed, check_pdf
from webui.artefact.line import Line, failed, passed, unchecked
from webui.artefact.trust import Trust

_ANY = datetime(2000, 1, 1, tzinfo=UTC)


def check_paper(name: str, pdf: bytes, trust: Trust) -> Iterator[Line]:
    """Check every signature; without `at`, certificates are judged at the time each one states."""
    first = check_pdf(pdf, trust.roots, trust.at or _ANY)
    if first.fault or not first.signatures:
        yield failed(
            name,
            first.fault
            or "没有签名；若是回执的打印件，请核验回执 .json"
            " / holds no signature; of a printed receipt check the .json",
        )
        return
    for number, found in enumerate(first.signatures):
        at = trust.at or found.at or _ANY
        signed = check_pdf(pdf, trust.roots, at).signatures[number]
        yield from _judge(f"{name} {signed.name}", signed, at, trust)


def _judge(item: str, signed: Signed, at: datetime, trust: Trust) -> Iterator[Line]:
    if not (signed.intact and signed.whole):
        yield failed(item, f"签名后内容有变 / changed after it was signed: {signed.summary}")
        return
    yield passed(item, f"签名后未改动，签署时间 {at:%Y-%m-%d %H:%M} UTC / unchanged since signed")
    if not trust.roots:
        yield unchecked(item, "未给出根证书，用 --roots / certificate: give --roots FILE")
        return
    trust.used_roots = True
    if signed.trusted:
        yield passed(item, "证书由所给根证书签发 / certificate issued under the given root")
    else:
        yield failed(item, f"证书不可信 / certificate is not trusted: {signed.summary}")
