"""Accept a sealed bid without any key: every reason to refuse it while there is time.

An upload is refused only on lawful grounds; here that is: not sealed (招标投标法实施条例 36,
电子招标投标办法 26), or not what its own signed manifest says.
"""

from dataclasses import dataclass

from bidding.envelope.age.error import AgeError
from bidding.envelope.age.header import VERSION_LINE
from bidding.envelope.age.stream import plaintext_length
from bidding.envelope.bid.authority import read_signer
from bidding.envelope.bid.invitation import Invitation
from bidding.envelope.bid.letter import SIZE
from bidding.envelope.bid.manifest import (
    Entry,
    Manifest,
    check_manifest_signature,
    read_manifest,
)
from bidding.envelope.bid.object import (
    AUTHORITY,
    CAPSULE,
    DOCUMENTS,
    LETTER,
    MANIFEST,
    SIGNATURE,
    Metered,
    ObjectError,
    Objects,
    padded_size,
    read_document,
)
from bidding.envelope.capsule import Context, Kind, check_capsule
from bidding.envelope.document import EnvelopeError, digest
from bidding.envelope.finding import Finding, Weight
from bidding.envelope.inspection import inspect_header

FORM = "batong-bid/1"
UNSEALED = "电子招标投标办法 26；招标投标法实施条例 36"


@dataclass(frozen=True, slots=True)
class Expected:
    """What the platform waits for: the tender, the bid's id and version, the bidder's key."""

    invitation: Invitation
    bid: str
    version: int
    signer: str


def accept(objects: Objects, expected: Expected) -> list[Finding]:
    """Check all objects of one upload; [] or flags only means accept. Memory is flat."""
    try:
        data, signature = read_document(objects, MANIFEST), read_document(objects, SIGNATURE)
        capsule = read_document(objects, CAPSULE)
    except ObjectError as error:
        return [Finding("upload", FORM, str(error)), *_unsealed(objects)]
    manifest, findings = check_manifest(data, signature, expected)
    if manifest is None:
        return [*findings, *_unsealed(objects)]
    findings += _name_findings(objects, manifest)
    findings += check_bid_capsule(capsule, manifest, expected)
    findings += check_authority(objects, data)
    for entry in manifest.objects:
        findings += check_object(objects, entry) if entry.name in objects else []
    return findings


def check_manifest(
    data: bytes, signature: bytes, expected: Expected
) -> tuple[Manifest | None, list[Finding]]:
    """Check the manifest alone, as it comes before the objects; None if it cannot be read."""
    try:
        manifest = read_manifest(data)
        check_manifest_signature(data, signature, manifest.signer)
    except EnvelopeError as error:
        return None, [Finding(MANIFEST, FORM, str(error))]
    invitation = expected.invitation
    checks = (
        (manifest.tender == invitation.tender, "投给别的项目 / made for another tender"),
        (manifest.lot == invitation.lot, "投给别的标段 / made for another lot"),
        (manifest.bid == expected.bid, "投标编号不符 / another bid id"),
        (manifest.version == expected.version, "版本号不符 / another version number"),
        (manifest.signer == expected.signer, "不是本投标人的签名密钥 / not this bidder's key"),
    )
    wrong = [Finding(MANIFEST, FORM, message) for good, message in checks if not good]
    return manifest, wrong + _notice_findings(manifest, invitation)


def check_authority(objects: Objects, data: bytes) -> list[Finding]:
    """Check a CA's signature of the manifest, if there is one, while it can still be mended."""
    if AUTHORITY not in objects:
        return []
    try:
        signer = read_signer(data, read_document(objects, AUTHORITY))
    except EnvelopeError as error:
        return [Finding(AUTHORITY, FORM, str(error))]
    if signer.verified:
        return []
    message = "本平台尚不能验证此种算法，已随清单密封保存 / of a kind not verified here; it is kept"
    return [Finding(AUTHORITY, FORM, message, Weight.FLAG)]


def check_bid_capsule(capsule: bytes, manifest: Manifest, expected: Expected) -> list[Finding]:
    """Check the capsule against the signed manifest and the current trustees."""
    if digest(capsule) != manifest.capsule:
        return [Finding(CAPSULE, FORM, "与清单不符 / not the one in the manifest")]
    invitation = expected.invitation
    context = Context(Kind.BID, invitation.tender, invitation.lot, expected.bid)
    return check_capsule(capsule, invitation.roster, context)


def check_object(objects: Objects, entry: Entry) -> list[Finding]:
    """Check one sealed object: that it is sealed, its form and lengths, and its digests."""
    try:
        if not _looks_sealed(objects, entry.name):
            return [_not_sealed(entry.name)]
        with objects[entry.name]() as file:
            source = Metered(file)
            header = inspect_header(source, 1)
            measured = source.measured()
        size = plaintext_length(measured.size - header.size)
    except AgeError as error:
        return [Finding(entry.name, FORM, str(error))]
    right = size == SIZE if entry.name == LETTER else size == padded_size(size)
    if not right:
        return [Finding(entry.name, FORM, "长度未按规则填充 / not padded by the rule")]
    same = measured == entry.measured
    return [] if same else [Finding(entry.name, FORM, "与清单不符 / not the one in the manifest")]


def _notice_findings(manifest: Manifest, invitation: Invitation) -> list[Finding]:
    if manifest.notice == invitation.notice:
        return []
    if manifest.notice in invitation.earlier:
        message = "密封于补遗之前，仍有效 / sealed before an addendum, still valid"
        return [Finding(MANIFEST, FORM, message, Weight.FLAG)]
    return [Finding(MANIFEST, FORM, "招标文件版本不符 / sealed for other tender documents")]


def _name_findings(objects: Objects, manifest: Manifest) -> list[Finding]:
    wanted = {CAPSULE, MANIFEST, SIGNATURE, *(entry.name for entry in manifest.objects)}
    missing = [Finding(name, FORM, "缺少 / missing") for name in sorted(wanted - set(objects))]
    foreign = sorted(set(objects) - wanted - {AUTHORITY})
    return missing + [Finding(name, FORM, "清单之外 / not in the manifest") for name in foreign]


def _unsealed(objects: Objects) -> list[Finding]:
    """Say of a whole upload without manifest which files are plain: the commonest mistake."""
    names = sorted(set(objects) - {CAPSULE, *DOCUMENTS})
    return [_not_sealed(name) for name in names if not _looks_sealed(objects, name)]


def _looks_sealed(objects: Objects, name: str) -> bool:
    with objects[name]() as source:
        return source.read(len(VERSION_LINE)) == VERSION_LINE


def _not_sealed(name: str) -> Finding:
    return Finding(name, UNSEALED, "文件未加密，拒收 / the file is not sealed: refused")
