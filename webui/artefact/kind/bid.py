"""bid/: one sealed bid, opened again with its recovered key."""

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from bidding.envelope.bid.authority import read_signer
from bidding.envelope.bid.manifest import check_manifest_signature, read_manifest
from bidding.envelope.bid.object import (
    AUTHORITY,
    CAPSULE,
    MANIFEST,
    SIGNATURE,
    folder_objects,
)
from bidding.envelope.bid.opening import open_bid
from bidding.envelope.document import digest
from trading.money import format_yuan
from webui.artefact.book import Book
from webui.artefact.line import Line, failed, passed, unchecked

SECRET = "AGE-SECRET-KEY-1"  # noqa: S105 - the word that such keys begin with
_SMALL = 64 * 1024


def check_bid(folder: Path, book: Book) -> Iterator[Line]:
    """Check manifest, objects and, with the key beside them, the whole content of a bid."""
    name = folder.name
    objects = dict(folder_objects(folder))
    keys = {other: text for other in list(objects) if (text := _identity(folder / other))}
    for other in keys:
        del objects[other]
    manifest = read_manifest((folder / MANIFEST).read_bytes())
    check_manifest_signature(
        (folder / MANIFEST).read_bytes(), (folder / SIGNATURE).read_bytes(), manifest.signer
    )
    yield passed(f"{name}/{MANIFEST}", f"投标人签名有效 / signed by {manifest.signer}")
    sealed = digest((folder / MANIFEST).read_bytes())
    yield book.vouch("bid", f"{name}/{MANIFEST}", sealed)
    wanted = {MANIFEST, SIGNATURE, CAPSULE, *(entry.name for entry in manifest.objects)}
    if AUTHORITY in objects:
        yield _authority(folder)
    for other in sorted(wanted ^ (set(objects) - {AUTHORITY})):
        yield failed(f"{name}/{other}", "缺少或多余 / missing, or one too many")
    yield from _open(folder, objects, keys, sealed)


def _authority(folder: Path) -> Line:
    """Return what a CA's signature beside the manifest says, and whether it is verified here."""
    signer = read_signer((folder / MANIFEST).read_bytes(), (folder / AUTHORITY).read_bytes())
    item, who = f"{folder.name}/{AUTHORITY}", f"{signer.subject} ({signer.issuer})"
    if signer.verified:
        return passed(item, f"CA 签名与清单相符 / a CA's signature of the manifest: {who}")
    return unchecked(item, f"{signer.algorithm}: 此处不能验证 / not verified here: {who}")


def _open(
    folder: Path, objects: Mapping[str, object], keys: Mapping[str, str], sealed: str
) -> Iterator[Line]:
    name = folder.name
    if not keys:
        yield unchecked(name, "没有解密密钥 / there is no key to open it with")
        return
    with tempfile.TemporaryDirectory() as empty:
        for other, identity in keys.items():
            inside = {each: folder_objects(folder)[each] for each in objects}
            opened = open_bid(inside, identity, sealed, Path(empty) / other)
            letter = opened.opened.letter
            yield passed(
                f"{name}/{other}",
                f"全部开启 / opens everything: {letter.bidder.name}, "
                f"¥{format_yuan(letter.price_fen)}, {len(opened.files)} files",
            )


def _identity(path: Path) -> str:
    """Return the key inside a file that holds one and is no part of the bid."""
    if path.suffix != ".txt" or not path.is_file() or path.stat().st_size > _SMALL:
        return ""
    lines = path.read_text("utf-8", errors="replace").splitlines()
    return next((line.strip() for line in lines if line.startswith(SECRET)), "") or "unreadable"
