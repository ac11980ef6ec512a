"""archive.zip and public.zip: all that the verifier inside checks, and what it leaves open."""

import hashlib
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from trading.archive.offline import source
from trading.archive.offline.verify import FAIL, OK, check, load
from webui.artefact.keys import Keys
from webui.artefact.kind.draw import check_draw
from webui.artefact.kind.ledger import check_ledger
from webui.artefact.kind.opening import check_opening
from webui.artefact.kind.paper import check_paper
from webui.artefact.line import Line, failed, guarded, passed, unchecked
from webui.artefact.trust import Book, Trust

_OWN = "data/log/vkeys.txt"


def check_archive(path: Path, trust: Trust, keys: Keys | None) -> Iterator[Line]:
    """Check a canonical zip, or an unpacked bag; without keys by those inside it."""
    name = path.name
    files, how = load(str(path))
    yield passed(name, how)
    lines = check(files, keys.text if keys else "")
    for state, text in lines:
        if state in (OK, FAIL):
            yield (passed if state == OK else failed)(name, text)
    if any(state == FAIL for state, _ in lines):
        return
    if keys is None:
        yield unchecked(f"{name} {_OWN}", "公钥取自本档案 / the keys are the archive's own")
    if files.get("data/verify.py") != source():
        yield unchecked(f"{name} data/verify.py", "是另一版本 / another version than this one")
    yield from _inside(name, files, trust)


def _inside(name: str, files: Mapping[str, bytes], trust: Trust) -> Iterator[Line]:
    """Check the documents that have a check of their own."""
    book = Book(documents=frozenset(hashlib.sha256(body).hexdigest() for body in files.values()))
    for member, body in files.items():
        item = f"{name} {member}"
        yield from guarded(item, partial(_document, item, member, body, book, trust))
    if pdfs := 0 if trust.roots else sum(member.endswith(".pdf") for member in files):
        yield unchecked(name, f"{pdfs} 份 PDF 的签名，用 --roots / signatures of {pdfs} PDF files")


def _document(item: str, member: str, body: bytes, book: Book, trust: Trust) -> Iterator[Line]:
    if member.startswith("data/draw/"):
        yield from check_draw(item, body)
    elif member.endswith(".beancount"):
        yield from check_ledger(item, body, book)
    elif member.startswith("data/opening/"):
        yield from check_opening(item, body, book)
    elif member.endswith(".pdf") and trust.roots:
        yield from check_paper(item, body, trust)
