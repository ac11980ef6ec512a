"""archive.zip and public.zip: all that the verifier inside checks, and what it leaves open."""

import json
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import experts.draw_verify
from trading.archive.offline import source
from trading.archive.offline.checkpoint import checkpoint
from trading.archive.offline.layout import kind_of
from trading.archive.offline.log import Records
from trading.archive.offline.verify import FAIL, OK, check, load
from webui.artefact.book import Book, Log, digest_of
from webui.artefact.keys import Keys
from webui.artefact.kind.draw import check_draw
from webui.artefact.kind.kept import check_bids
from webui.artefact.kind.ledger import check_ledger
from webui.artefact.kind.opening import check_opening
from webui.artefact.kind.paper import check_paper
from webui.artefact.line import Line, failed, guarded, passed, unchecked
from webui.artefact.trust import Trust

_OWN = "data/log/vkeys.txt"


def check_archive(path: Path, trust: Trust, keys: Keys | None) -> Iterator[Line]:
    """Check a canonical zip, or an unpacked bag; without keys by those inside it."""
    name = path.name
    files, how = load(str(path))
    yield passed(name, how)
    lines = check(files, keys.text if keys else "", source())
    for state, text in lines:
        if state in (OK, FAIL):
            yield (passed if state == OK else failed)(name, text)
    if any(state == FAIL for state, _ in lines):
        return
    if keys is None:
        yield unchecked(f"{name} {_OWN}", "公钥取自本档案 / the keys are the archive's own")
    elif files[_OWN].decode() != keys.text:
        yield unchecked(f"{name} {_OWN}", "与所用公钥不同 / not the keys it was checked with")
    yield from _verifier(name, files)
    yield from _filed(name, files, trust.book(path).log)
    yield from _inside(name, files, trust)
    yield from guarded(f"{name} data/bids", partial(check_bids, name, files))


def _verifier(name: str, files: Mapping[str, bytes]) -> Iterator[Line]:
    same = files["data/draw_verify.py"] == Path(experts.draw_verify.__file__).read_bytes()
    said = "data/draw_verify.py: 与本程序所附不同 / not the one of this program"
    yield passed(name, "data/draw_verify.py") if same else failed(name, said)


def _filed(name: str, files: Mapping[str, bytes], log: Log | None) -> Iterator[Line]:
    """With a log beside it: archive.file names this very zip, of a state of that log."""
    if log is None:
        said = "page, title and mark are bound by archive.file, and no log is beside it"
        yield unchecked(name, f"旁无日志，index.html 文字、题名、标记未对照 / {said}")
        return
    kind = kind_of(dict(files))
    filed = digest_of(files) in log.said(kind)
    yield (passed if filed else failed)(name, f"archive.file {kind}: SHA-256")
    size, root, _ = checkpoint(dict(files), files[_OWN].decode())
    if fault := log.fault(size, root):
        yield failed(name, fault)
    opened = Records(dict(files)).body
    shown = {at for at, body in opened.items() if kind == "public" or "seq" in body}
    if dropped := sorted(shown - set(log.bodies)):
        yield failed(name, f"日志未开示记录 {dropped[0]} / the log beside it hides that record")


def _inside(name: str, files: Mapping[str, bytes], trust: Trust) -> Iterator[Line]:
    """Check the documents that have a check of their own; the contents vouch for them by class."""
    rows = json.loads(files["data/manifest.json"])
    book = Book(held={f"#{n}": (row["class"], row["sha256"]) for n, row in enumerate(rows)})
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
