"""Papers that a deed brings: their bytes lie in the store before it is done, kept if it is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from monitor.law.workday import SHANGHAI
from monitor.refusal import Invalid
from trading.paper.keeping import Stored, paper_with
from webui.deed.deed import Case
from webui.page.source import Source

MIB = 1024 * 1024
MOST = 32 * MIB
"""Bytes of one paper."""
PAPERS = ".pdf,.doc,.docx,.zip,.ofd"
"""Kinds of file that tender documents come as."""
KINDS = ("PDF", "Word", "OFD", "ZIP")
MAGIC = {b"%PDF-": ".pdf", b"PK\x03\x04": ".zip", b"\xd0\xcf\x11\xe0": ".doc"}


def store(case: Case, kind: str, title: str, body: bytes) -> Stored:
    """Put a paper of that class (content.toml) into the store, under a random name."""
    digest = hashlib.sha256(body).digest()
    name = f"{kind}-{digest.hex()[:12]}{suffix(body)}"
    return Stored(kind, name, title, digest, len(body), case.source.store.put(body))


def suffix(body: bytes) -> str:
    """Return the ending of a file's name, by how the file begins."""
    return next((end for magic, end in MAGIC.items() if body.startswith(magic)), ".txt")


def given(case: Case, field: str, body: bytes | None, sample: str, *, may: object) -> bytes:
    """Return the file that was dropped, or in a demo a sample text if that was ticked.

    Raises Invalid where there is neither.
    """
    if body:
        return body
    if may and case.source.demo:
        return f"{sample}\n（演示材料，无效力 / demo text, void）\n".encode()
    raise Invalid(field, "请选择文件 / choose a file", rule="webui/deed")


def discard_unused(source: Source, project: UUID | None, inputs: Mapping[str, Any]) -> None:
    """Take away what an act brought and did not keep: it was refused, or done before."""
    brought = list(_brought(inputs))
    if not brought:
        return
    with source.platform.read() as session:
        kept = [
            paper_with(session, project, paper.digest) if project else None for paper in brought
        ]
    for paper, row in zip(brought, kept, strict=True):
        if row is None or row.blob != paper.blob:
            source.store.discard(paper.blob)


def beijing(moment: datetime) -> str:
    """Write a moment to the minute in Beijing time."""
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


def _brought(inputs: Mapping[str, Any]) -> Iterator[Stored]:
    for value in inputs.values():
        yield from (
            each
            for each in (value if isinstance(value, list) else [value])
            if isinstance(each, Stored)
        )
