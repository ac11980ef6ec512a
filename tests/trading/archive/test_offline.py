"""The verifier inside the archive, run as a stranger runs it, against attackers."""

import ast
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from monitor.log.checkpoint import Policy
from monitor.log.note import Kind, SigningKey
from trading.archive.bag import make_bag
from trading.archive.canonical_zip import ZipError, canonical_zip, read_canonical
from trading.archive.evidence import Evidence, keys_of
from trading.archive.offline import source
from trading.archive.offline.checkpoint import checkpoint
from trading.archive.offline.container import read_zip
from trading.archive.offline.log import Records
from trading.archive.offline.verify import FAIL, OK, UNCHECKED, check
from trading.archive.offline.wrong import Wrong
from trading.archive.volume import Volume

Files = dict[str, bytes]


def failures(files: Files, keys: str = "") -> list[str]:
    return [text for state, text in check(files, keys) if state == FAIL]


def rebagged(files: Files, **changed: bytes | None) -> Files:
    """What a forger of the whole bag does: change the payload, then make all manifests anew."""
    payload = {name[5:]: body for name, body in files.items() if name.startswith("data/")}
    for name, body in changed.items():
        if body is None:
            del payload[name]
        else:
            payload[name] = body
    pairs = (line.split(": ", 1) for line in files["bag-info.txt"].decode().splitlines())
    return make_bag(payload, {k: v for k, v in pairs if k != "Payload-Oxum"})


def run(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    script = tmp_path / "verify.py"
    script.write_bytes(source())
    command = [sys.executable, "-I", "-S", str(script), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)


@pytest.mark.parametrize("kind", ["custody", "public"])
def test_both_bags_pass_in_a_bare_python(
    kind: str, tmp_path: Path, custody: bytes, public: bytes
) -> None:
    (tmp_path / "archive.zip").write_bytes({"custody": custody, "public": public}[kind])
    done = run(tmp_path, "archive.zip")
    assert (done.returncode, done.stderr) == (0, "")
    assert FAIL not in done.stdout
    assert "9 条记录在签名日志中" in done.stdout
    assert "5 public acts without a gap" in done.stdout
    assert "bind 4 secret acts, 0 came later" in done.stdout
    assert "1 of 12 documents are named" in done.stdout
    assert "此处未核验" in done.stdout


def test_an_unpacked_folder_passes_and_a_changed_file_in_it_fails(
    tmp_path: Path, public: bytes
) -> None:
    for name, body in read_canonical(public).items():
        (tmp_path / "x" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "x" / name).write_bytes(body)
    assert run(tmp_path, "x").returncode == 0
    (tmp_path / "x/data/documents/notice/notice.txt").write_text("changed")
    done = run(tmp_path, "x")
    assert done.returncode == 1
    assert "FAIL data/documents/notice/notice.txt: sha256" in done.stdout


@pytest.mark.parametrize("arguments", [(), ("none.zip",), ("a", "b"), ("a", "--keys", "none")])
def test_bad_use_is_status_2(arguments: tuple[str, ...], tmp_path: Path) -> None:
    assert run(tmp_path, *arguments).returncode == 2


def test_the_keys_a_stranger_brings_decide(tmp_path: Path, public: bytes, volume: Volume) -> None:
    (tmp_path / "public.zip").write_bytes(public)
    (tmp_path / "mine").write_text(volume.evidence.keys)
    done = run(tmp_path, "public.zip", "--keys", "mine")
    assert done.returncode == 0
    assert "公钥取自本档案" not in done.stdout
    other = SigningKey.generate("batong.example/log/2026", Kind.ED25519)
    (tmp_path / "mine").write_text(keys_of(Policy(other.verifier)))
    assert run(tmp_path, "public.zip", "--keys", "mine").returncode == 1


def test_the_shipped_file_imports_the_standard_library_only() -> None:
    tree = ast.parse(source())
    imported = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    imported |= {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    assert imported <= set(sys.stdlib_module_names) | {"collections.abc"}
    assert len(imported) > 5


def test_every_changed_byte_of_the_zip_is_refused_as_the_reader_refuses_it(public: bytes) -> None:
    step = max(1, len(public) // 400)
    for at in [*range(0, len(public), step), *range(len(public) - 300, len(public))]:
        bad = public[:at] + bytes([public[at] ^ 4]) + public[at + 1 :]
        with pytest.raises(ZipError) as ours:
            read_canonical(bad)
        with pytest.raises((Wrong, ValueError)) as theirs:
            read_zip(bad)
        if isinstance(theirs.value, Wrong):
            assert str(theirs.value).split(":")[0] == ours.value.item.split(" (")[0]


def test_every_member_is_bound_by_the_bag(custody: bytes) -> None:
    files = read_canonical(custody)
    for name, body in files.items():
        changed = {**files, name: body + b" "}
        found = failures(changed)
        assert found
        assert name.startswith("tagmanifest") or any(name in text for text in found), name
        assert failures({key: value for key, value in files.items() if key != name}), name
    assert "planted" in failures({**files, "data/planted": b"x"})[0]


def jsonl(rows: list[dict[str, object]]) -> bytes:
    """Write lines in their one form."""
    text = (json.dumps(row, sort_keys=True, separators=(",", ":")) + "\n" for row in rows)
    return "".join(text).encode()


Edit = Callable[[Files], dict[str, bytes | None]]


def _lines(files: Files, name: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in files[f"data/{name}"].splitlines()]


def _edited(name: str, change: Callable[[list[dict[str, object]]], object]) -> Edit:
    def edit(files: Files) -> dict[str, bytes | None]:
        rows = _lines(files, name)
        change(rows)
        return {name: jsonl(rows)}

    return edit


def _without_record(seq: int) -> Edit:
    def edit(files: Files) -> dict[str, bytes | None]:
        gone = next(
            r["index"] for r in _lines(files, "records/openings.jsonl") if r.get("seq") == seq
        )
        return {
            name: jsonl([r for r in _lines(files, name) if r["index"] != gone])
            for name in ("records/openings.jsonl", "log/proofs.jsonl")
        }

    return edit


def _forgotten(files: Files) -> dict[str, bytes | None]:
    """Leave a secret act out of the first gathering."""
    said = json.loads(files["data/records/gatherings.json"])
    said[min(said, key=int)].pop()
    return {"records/gatherings.json": json.dumps(said, separators=(",", ":")).encode()}


def _blinded(rows: list[dict[str, object]]) -> None:
    """Hide the second public act behind its commitment."""
    at = next(i for i, row in enumerate(rows) if row.get("seq") == 2)
    rows[at] = {"index": rows[at]["index"], "commitment": "00" * 32}


FORGERIES: dict[str, tuple[Edit, str]] = {
    "a salt is changed": (
        _edited("records/openings.jsonl", lambda r: r[0].update(salt="11" * 32)),
        "not in the signed log",
    ),
    "a body is changed": (
        _edited(
            "records/openings.jsonl", lambda r: r[0].update(body=r[2]["body"], seq=r[2]["seq"])
        ),
        "not in the signed log",
    ),
    "a number is changed": (
        _edited("records/openings.jsonl", lambda r: r[0].update(seq=2)),
        "seq",
    ),
    "a public act is left out": (_without_record(2), "public act 2 is missing"),
    "a public act is hidden": (
        _edited("records/openings.jsonl", _blinded),
        "not in the signed log",
    ),
    "a record has no proof": (_edited("log/proofs.jsonl", lambda r: r.pop()), "not one proof"),
    "a record stands twice": (
        _edited("records/openings.jsonl", lambda r: r.append(r[0])),
        "stands twice",
    ),
    "two proofs are swapped": (
        _edited("log/proofs.jsonl", lambda r: r[0].update(hashes=r[1]["hashes"])),
        "not in the signed log",
    ),
    "a gathering forgets a secret act": (
        _forgotten,
        "its gathering is not these",
    ),
    "a gathering is not told": (
        lambda f: {"records/gatherings.json": b"{}"},
        "not the gathering acts",
    ),
    "a document is exchanged": (
        lambda f: {"documents/notice/notice.txt": b"other"},
        "notice.txt: document missing",
    ),
    "a document is left out": (lambda f: {"documents/award/award.txt": None}, "document missing"),
    "a document is planted": (lambda f: {"documents/notice/2.txt": b"x"}, "not in manifest.json"),
    "a stub lies": (
        lambda f: {
            "withheld/0005.json": f["data/withheld/0005.json"].replace(b"letter", b"notice")
        },
        "not as listed",
    ),
    "a draw bundle is repacked": (
        lambda f: {
            "draw/panel.zip": f["data/draw/panel.zip"] + b"\0",
            "manifest.json": f["data/manifest.json"].replace(
                hashlib.sha256(f["data/draw/panel.zip"]).hexdigest().encode(),
                hashlib.sha256(f["data/draw/panel.zip"] + b"\0").hexdigest().encode(),
            ),
        },
        "data/draw/panel.zip: zip directory",
    ),
    "the size of the tree is changed": (
        lambda f: {"log/checkpoint": f["data/log/checkpoint"].replace(b"\n20\n", b"\n18\n")},
        "signature of",
    ),
    "the log's line is cut": (
        lambda f: {"log/checkpoint": _cut(f["data/log/checkpoint"], "batong.example")},
        "not signed by the log",
    ),
    "a witness's line is cut": (
        lambda f: {"log/checkpoint": _cut(f["data/log/checkpoint"], "witness1")},
        "quorum",
    ),
    "a file is not JSON": (lambda f: {"log/proofs.jsonl": b"{" * 9000}, ""),
}


def _cut(note: bytes, name: str) -> bytes:
    return b"".join(x for x in note.splitlines(True) if not x.startswith(f"— {name}".encode()))


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forger_who_makes_all_manifests_anew_is_caught(name: str, public: bytes) -> None:
    files = read_canonical(public)
    edit, reason = FORGERIES[name]
    assert failures(rebagged(files)) == []
    found = failures(rebagged(files, **edit(files)))
    assert found
    assert any(reason in text for text in found), found


def test_one_key_cannot_stand_for_two_witnesses(volume: Volume) -> None:
    files = {"data/log/checkpoint": volume.evidence.checkpoint}
    w1 = next(x.split()[2] for x in volume.evidence.keys.splitlines() if x.startswith("witness w1"))
    doubled = "\n".join(
        f"witness w3 {w1}" if x.startswith("witness w3") else x
        for x in volume.evidence.keys.splitlines()
    )
    assert checkpoint(files, volume.evidence.keys)[0] == 20
    with pytest.raises(Wrong, match="stands for two"):
        checkpoint(files, doubled)


def test_a_record_of_another_project_cannot_be_smuggled_in(volume: Volume) -> None:
    body = volume.evidence.leaves[0].body.replace(
        b"018f0000-0000-7000-8000", b"018f1111-0000-7000-8000"
    )
    leaves = (replace(volume.evidence.leaves[0], body=body), *volume.evidence.leaves[1:])
    forged = replace(
        volume, evidence=Evidence(leaves, volume.evidence.checkpoint, volume.evidence.keys)
    )
    assert failures(read_canonical(forged.public_zip()))


def test_a_chain_that_the_centre_itself_wrote_wrong_is_seen(volume: Volume) -> None:
    """The log is genuine, but an act names another act than the one before it."""
    acts = sorted((x for x in volume.evidence.leaves if x.seq), key=lambda x: x.seq or 0)
    turned = acts[2].body.replace(acts[1].commitment.hex().encode(), b"00" * 32)
    assert turned != acts[2].body
    for leaves, broken in ((acts, False), ([*acts[:2], replace(acts[2], body=turned)], True)):
        members = Evidence(tuple(leaves), b"", "").custody()
        records = Records({f"data/{name}": body for name, body in members.items()})
        if broken:
            with pytest.raises(Wrong, match="prev"):
                records.check_chain()
        else:
            assert "5 public acts" in records.check_chain()


def test_what_is_not_checked_is_said_and_counted(custody: bytes) -> None:
    left = [text for state, text in check(read_canonical(custody)) if state == UNCHECKED]
    assert any("decryption of 1 sealed" in text for text in left)
    assert any("the course of 1 draws" in text for text in left)
    assert {state for state, _ in check(read_canonical(custody))} == {OK, UNCHECKED}


def test_the_archive_is_the_same_bytes_every_time(volume: Volume, custody: bytes) -> None:
    assert volume.custody_zip() == custody
    assert canonical_zip(read_canonical(custody)) == custody
