"""A BagIt 1.0 bag (RFC 8493) in memory: payload and tag manifests by SHA-256 and SHA-512."""

import hashlib
import re
import unicodedata
from collections.abc import Mapping

ALGORITHMS = ("sha256", "sha512")
DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_UNSAFE = re.compile(r"[\x00-\x1f\x7f%]")
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")


class BagError(ValueError):
    """A payload path or a bag-info line that validators would read differently from each other."""


def make_bag(payload: Mapping[str, bytes], info: Mapping[str, str]) -> dict[str, bytes]:
    """Return path -> bytes of a bag; payload paths are given without data/.

    info becomes bag-info.txt in its own order, Payload-Oxum (octets.files) is added. BagError for
    a path with a control character, a percent sign or not in Unicode form C (RFC 8493 §5.3: tools
    differ on these) and for an info line that is not one line.
    """
    _check_paths(payload)
    bag = {f"data/{path}": body for path, body in payload.items()}
    tags = {"bagit.txt": DECLARATION, "bag-info.txt": _info(payload, info)}
    tags |= {f"manifest-{name}.txt": _manifest(name, bag) for name in ALGORITHMS}
    seals = {f"tagmanifest-{name}.txt": _manifest(name, tags) for name in ALGORITHMS}
    return bag | tags | seals


def _check_paths(payload: Mapping[str, bytes]) -> None:
    for path in payload:
        if _UNSAFE.search(path) or unicodedata.normalize("NFC", path) != path:
            raise BagError(f"{path!r}: control character, % or not Unicode form C / 路径不规范")


def _info(payload: Mapping[str, bytes], info: Mapping[str, str]) -> bytes:
    octets = sum(map(len, payload.values()))
    lines = [*info.items(), ("Payload-Oxum", f"{octets}.{len(payload)}")]
    for label, value in lines:
        if not _LABEL.fullmatch(label) or value != " ".join(value.split()):
            raise BagError(f"bag-info {label!r}: not one plain line / 不是单行文字")
    return "".join(f"{label}: {value}\n" for label, value in lines).encode()


def _manifest(algorithm: str, files: Mapping[str, bytes]) -> bytes:
    ordered = sorted(files, key=str.encode)
    digests = (hashlib.new(algorithm, files[path]).hexdigest() for path in ordered)
    return "".join(f"{d}  {p}\n" for d, p in zip(digests, ordered, strict=True)).encode()
