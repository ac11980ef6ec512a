"""A forger changes an archive, then makes its list of contents, manifests and zip anew."""

import hashlib
import json
import os
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.trading.archive.test_offline import Files, failures, jsonl, rebagged, run
from trading.archive.bag import make_bag
from trading.archive.canonical_zip import canonical_zip, read_canonical
from trading.archive.offline import source
from trading.archive.offline.verify import FAIL, check

Forge = Callable[[Files], Files]


def relisted(files: Files, name: str, body: bytes) -> Files:
    """Exchange a document and list the other one in its place."""
    rows = json.loads(files["data/manifest.json"])
    digest = hashlib.sha256(files[f"data/{name}"]).hexdigest()
    for row in rows:
        if row["sha256"] == digest:
            row |= {"sha256": hashlib.sha256(body).hexdigest(), "size": len(body)}
    listed = json.dumps(rows, sort_keys=True, indent=1, ensure_ascii=False).encode() + b"\n"
    return rebagged(files, **{name: body, "manifest.json": listed})


def unlisted(files: Files, kind: str) -> Files:
    """Remove the documents of a class from bag and contents alike."""
    rows = json.loads(files["data/manifest.json"])
    gone = {row["sha256"] for row in rows if row["class"] == kind}
    rows = [row for row in rows if row["class"] != kind]
    listed = json.dumps(rows, sort_keys=True, indent=1, ensure_ascii=False).encode() + b"\n"
    names = [n[5:] for n, b in files.items() if hashlib.sha256(b).hexdigest() in gone]
    return rebagged(files, **dict.fromkeys(names), **{"manifest.json": listed})


def cut_off(files: Files) -> Files:
    """Remove the last public act with its proof, and what it gathered."""
    acts = [json.loads(line) for line in files["data/records/openings.jsonl"].splitlines()]
    last = max((row for row in acts if "seq" in row), key=lambda row: row["seq"])
    gathered = json.loads(files["data/records/gatherings.json"])
    gathered.pop(str(last["index"]))
    changed = {
        name: jsonl(
            [
                row
                for line in files[f"data/{name}"].splitlines()
                if (row := json.loads(line))["index"] != last["index"]
            ]
        )
        for name in ("records/openings.jsonl", "log/proofs.jsonl")
    }
    compact = json.dumps(gathered, sort_keys=True, separators=(",", ":")).encode()
    return rebagged(files, **changed, **{"records/gatherings.json": compact})


def blinded(files: Files) -> Files:
    """Hide a secret act of a bag in custody behind its commitment."""
    rows = [json.loads(line) for line in files["data/records/openings.jsonl"].splitlines()]
    at = next(n for n, row in enumerate(rows) if "seq" not in row)
    salt, body = bytes.fromhex(rows[at]["salt"]), b64decode(rows[at]["body"])
    commitment = hashlib.sha256(b"batong-leaf/1\0" + salt + body).hexdigest()
    rows[at] = {"index": rows[at]["index"], "commitment": commitment}
    return rebagged(files, **{"records/openings.jsonl": jsonl(rows)})


def labelled(label: str, value: str) -> Forge:
    def forge(files: Files) -> Files:
        pairs = (line.split(": ", 1) for line in files["bag-info.txt"].decode().splitlines())
        info = {k: v for k, v in pairs if k != "Payload-Oxum"} | {label: value}
        return make_bag({n[5:]: b for n, b in files.items() if n.startswith("data/")}, info)

    return forge


def resealed(files: Files, **tags: bytes) -> Files:
    """Put files beside bagit.txt and make the tag manifests anew."""
    bag = {n: b for n, b in files.items() if not n.startswith("tagmanifest")} | tags
    inside = sorted(name for name in bag if not name.startswith("data/"))
    for algorithm in ("sha256", "sha512"):
        lines = (f"{hashlib.new(algorithm, bag[name]).hexdigest()}  {name}\n" for name in inside)
        bag[f"tagmanifest-{algorithm}.txt"] = "".join(lines).encode()
    return bag


def planted(name: str, body: bytes) -> Forge:
    return lambda files: rebagged(files, **{name: body})


def page(change: Callable[[bytes], bytes]) -> Forge:
    return lambda files: rebagged(files, **{"index.html": change(files["data/index.html"])})


ALL: dict[str, tuple[Forge, str]] = {
    "the opening record says other prices": (
        lambda f: relisted(f, "opening/opening-record.json", b'{"bidders":4}'),
        "not the one that archive.close names",
    ),
    "a tender document is another": (
        lambda f: relisted(f, "documents/tender/tender.txt", b"other"),
        "not the one that archive.close names",
    ),
    "a document is taken out of the contents": (
        lambda f: unlisted(f, "tender"),
        "not the one that archive.close names",
    ),
    "the last acts are cut off": (cut_off, "not archive.close"),
    "the page has a script": (
        page(lambda b: b.replace(b"</body>", b"<script>fetch('//x')</script></body>")),
        "index.html",
    ),
    "the page has an event": (
        page(lambda b: b.replace(b"<table>", b"<table onclick=x>", 1)),
        "index.html",
    ),
    "the page goes elsewhere": (
        page(lambda b: b.replace(b"<h1>", b'<a href="javascript:x"><h1>', 1)),
        "index.html",
    ),
    "the page fetches a style": (
        page(lambda b: b.replace(b"<style>", b"<style>@import '//x';", 1)),
        "index.html",
    ),
    "the verifier inside says yes": (planted("verify.py", b"print('ok')\n"), "data/verify.py"),
    "a stub that no row has": (planted("withheld/9999.json", b"{}"), "withheld/9999.json"),
    "a file among the records": (planted("records/more.jsonl", b""), "records/more.jsonl"),
    "a file in the log": (planted("log/more", b""), "log/more"),
    "a file of no place": (planted("extra/x/y", b""), "extra/x/y"),
    "a document twice": (
        lambda f: rebagged(
            f, **{"documents/notice/2.txt": f["data/documents/notice/notice.txt"]}
        ),
        "documents/notice/2.txt: not in manifest.json",
    ),
    "a file beside bagit.txt": (lambda f: resealed(f, evil=b"x"), "evil"),
    "fetch.txt": (lambda f: resealed(f, **{"fetch.txt": b"https://x 1 data/x\n"}), "fetch.txt"),
    "another bagit.txt": (
        lambda f: resealed(f, **{"bagit.txt": f["bagit.txt"] + b"More: x\n"}),
        "bagit.txt",
    ),
    "it may go sooner": (labelled("Keep-Until", "2026-12-31"), "Keep-Until"),
    "it may go some days sooner": (labelled("Keep-Until", "2041-03-15"), "Keep-Until"),
    "another code": (labelled("External-Identifier", "E1"), "External-Identifier"),
    "another day": (labelled("Bagging-Date", "2020-01-01"), "Bagging-Date"),
    "one label more": (labelled("Keep-No", "x"), "labels"),
}  # fmt: skip


@pytest.mark.parametrize("kind", ["custody", "public"])
@pytest.mark.parametrize("name", ALL)
def test_a_forged_archive_fails(name: str, kind: str, custody: bytes, public: bytes) -> None:
    files = read_canonical({"custody": custody, "public": public}[kind])
    forge, reason = ALL[name]
    found = [text for state, text in check(forge(files), own=source()) if state == FAIL]
    assert any(reason in text for text in found), found
    assert [text for state, text in check(files, own=source()) if state == FAIL] == []


def test_a_bag_in_custody_opens_every_record_and_cannot_call_itself_public(
    custody: bytes, public: bytes
) -> None:
    files = read_canonical(custody)
    assert any("1 records are blind" in text for text in failures(blinded(files)))
    assert any("Group" in x for x in failures(labelled("Bag-Group-Identifier", "public")(files)))
    files = read_canonical(public)
    assert any("Group" in x for x in failures(labelled("Bag-Group-Identifier", "custody")(files)))


def test_a_public_bag_withholds_all_that_is_not_public_or_nothing(
    custody: bytes, public: bytes
) -> None:
    whole, files = read_canonical(custody), read_canonical(public)
    stub = next(name[5:] for name in files if name.startswith("data/withheld/"))
    row = json.loads(files[f"data/{stub}"])
    name, body = next(
        (n[5:], b) for n, b in whole.items() if hashlib.sha256(b).hexdigest() == row["sha256"]
    )
    forged = rebagged(files, **{stub: None, name: body})
    assert any("withheld" in text for text in failures(forged))


def test_the_file_that_runs_wants_itself_in_the_bag(tmp_path: Path, public: bytes) -> None:
    forged = rebagged(read_canonical(public), **{"verify.py": b"print('ok')\n"})
    (tmp_path / "x.zip").write_bytes(canonical_zip(forged))
    done = run(tmp_path, "x.zip")
    assert done.returncode == 1
    assert "FAIL data/verify.py" in done.stdout


@pytest.mark.parametrize("what", ["fifo", "link", "folder link", "device"])
def test_what_is_no_file_in_an_unpacked_bag_is_refused_and_not_waited_for(
    what: str, tmp_path: Path, public: bytes
) -> None:
    for name, body in read_canonical(public).items():
        (tmp_path / "x" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "x" / name).write_bytes(body)
    place = tmp_path / "x" / "data" / "more"
    if what == "fifo":
        os.mkfifo(place)
    else:
        place.symlink_to({"link": "index.html", "folder link": "log", "device": "/dev/zero"}[what])
    done = run(tmp_path, "x")
    assert done.returncode == 1
    assert "FAIL more: " in done.stdout
    assert "regular file" in done.stdout
