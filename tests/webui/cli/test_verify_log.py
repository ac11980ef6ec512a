"""`batong verify` on what the log itself gives out: checkpoint, proof, record, stretch, growth."""

from __future__ import annotations

import functools
import json
import shutil
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.log.canonical import canonical
from monitor.log.checkpoint import Checkpoint, Policy, cosign, sign_checkpoint
from monitor.log.commitment import Opening, commit
from monitor.log.note import Kind, SigningKey, add_signatures, to_base64
from monitor.log.proof import LogProof
from monitor.log.tile import TileStore
from tests.flip import flip
from webui.artefact.keys import write_keys
from webui.cli.verify import verify

NOW = datetime(2026, 3, 16, 9, 0, tzinfo=UTC)
LOG = SigningKey("centre.example/log/2026", Kind.ED25519, b"l" * 32)
WITNESS = SigningKey("w1.example", Kind.COSIGNATURE, b"w" * 32)
POLICY = Policy(LOG.verifier, (WITNESS.verifier,), 1)
OLD, NEW, SECRET = 300, 700, 421


def salt(index: int) -> bytes:
    return sha256(b"salt %d" % index).digest()


def body(index: int, world: str = "") -> bytes:
    return canonical({"action": "notice.publish", "v": 1, "note": f"{world}{index}"})


def checkpoint(store: TileStore, size: int, entries: list[bytes]) -> str:
    head = Checkpoint(LOG.name, size, store.root_with(0, entries[:size]))
    return add_signatures(sign_checkpoint(head, LOG), [cosign(head, WITNESS, NOW)])


def grow(folder: Path, world: str = "") -> Path:
    """A log of 700 leaves whose first 300 are the same in every world."""
    entries = [commit(salt(n), body(n, world if n >= OLD else "")) for n in range(NEW)]
    store = TileStore(folder / "log")
    store.append(0, entries)
    store.write_checkpoint(checkpoint(store, NEW, entries))
    lines = [Opening(n, salt(n), body(n, world)).line() for n in range(NEW) if n != SECRET]
    (store.folder / "openings.jsonl").write_bytes(b"".join(lines[OLD:]))
    (store.folder / "keys.txt").write_text(write_keys(POLICY, "ab" * 32))
    for size in (OLD, 640):
        (folder / f"{size}.txt").write_text(checkpoint(store, size, entries))
    return folder


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return grow(tmp_path_factory.mktemp("honest"))


@pytest.fixture(scope="module")
def forked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return grow(tmp_path_factory.mktemp("forked"), "other ")


@pytest.fixture
def mirror(honest: Path) -> Iterator[str]:
    """The log over HTTP, as any web server gives it out."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    handler = functools.partial(Quiet, directory=str(honest))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=[0.05], daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/log"
        server.shutdown()


def run(keys: Path, *words: object) -> tuple[int, str]:
    given = ["--keys", str(keys / "log" / "keys.txt")]
    done = CliRunner().invoke(verify, [*given, *(str(word) for word in words)])
    return done.exit_code, done.output


def test_a_checkpoint_is_checked_by_itself_and_as_a_state_of_a_log(
    honest: Path, forked: Path, mirror: str, tmp_path: Path
) -> None:
    old = honest / "300.txt"
    assert run(honest, old)[0] == 0
    for place in (honest / "log", mirror):
        status, said = run(honest, old, "--log", place)
        assert (status, "earlier state of the log of 700" in said) == (0, True), said
    assert run(honest, forked / "640.txt")[0] == 0, "its signatures alone are good"
    status, said = run(honest, forked / "640.txt", "--log", mirror)
    assert (status, "a fork" in said) == (1, True), said
    (tmp_path / "bent.txt").write_bytes(old.read_bytes().replace(b"300", b"301"))
    assert run(honest, tmp_path / "bent.txt")[0] == 1
    (tmp_path / "alone.txt").write_text(sign_checkpoint(Checkpoint(LOG.name, 9, salt(9)), LOG))
    status, said = run(honest, tmp_path / "alone.txt")
    assert (status, "needs 1" in said) == (1, True), "no witness has signed it"


def test_of_two_checkpoints_the_later_must_extend_the_earlier(
    honest: Path, forked: Path, mirror: str, tmp_path: Path
) -> None:
    old, new, other = honest / "300.txt", honest / "640.txt", forked / "640.txt"
    for place in (honest / "log", mirror):
        status, said = run(honest, new, old, "--log", place)
        assert (status, "extends the earlier" in said) == (0, True), said
    status, said = run(honest, new, old)
    assert (status, "--log" in said) == (0, True), "without the log it is said to be unchecked"
    status, said = run(honest, new, other)
    assert (status, "a fork" in said) == (1, True), "one size, two roots, both signed"
    assert run(honest, old, other, "--log", honest / "log")[0] == 1
    shutil.copytree(honest / "log", tmp_path / "log")
    flip(tmp_path / "log" / "tile" / "0" / "001", 40)
    assert run(honest, old, new, "--log", tmp_path / "log")[0] == 1


def test_a_record_is_checked_by_the_proof_that_comes_with_it(
    honest: Path, forked: Path, tmp_path: Path
) -> None:
    reader, note = TileStore(honest / "log").hash_reader(NEW), (honest / "log" / "checkpoint")
    extra = salt(SECRET) + body(SECRET)
    proof = LogProof.build(reader, SECRET, NEW, note.read_text(), extra)
    file, record = tmp_path / "one.tlog-proof", tmp_path / "record.json"
    file.write_text(proof.encode())
    assert run(honest, file)[0] == 0
    told = {"index": SECRET, "salt": salt(SECRET).hex(), "body": to_base64(body(SECRET))}
    record.write_text(json.dumps({**told, "proof": proof.encode()}))
    status, said = run(honest, record)
    assert (status, f"leaf {SECRET} of {NEW}" in said) == (0, True), said
    for wrong in ({"index": 5}, {"salt": salt(5).hex()}, {"body": to_base64(body(5))}):
        record.write_text(json.dumps({**told, "proof": proof.encode(), **wrong}))
        assert run(honest, record)[0] == 1, wrong
    record.write_text(json.dumps(told))
    status, said = run(honest, record)
    assert (status, "no proof" in said) == (1, True), "nothing could be checked"
    shutil.copytree(forked / "log", tmp_path / "log")
    record.write_text(json.dumps({**told, "proof": proof.encode()}))
    status, said = run(honest, record)
    assert (status, "of another tree" in said) == (1, True), "of another log than the one beside it"


@pytest.mark.parametrize("between", ["0:256", "255:257", "0:", "300:700", "699:700", "17:530"])
def test_a_stretch_of_the_log_is_checked_without_reading_the_rest(
    honest: Path, mirror: str, between: str
) -> None:
    assert run(honest, mirror, "--range", between)[0] == 0
    status, said = run(honest, honest / "log", "--range", between)
    assert (status, "opened" in said) == (0, True), said


def test_what_is_bent_in_the_stretch_or_holds_it_is_found_and_what_lies_beside_is_not_read(
    honest: Path, tmp_path: Path
) -> None:
    def stretch(*gone: str, bend: tuple[str, int] | None = None) -> int:
        log = tmp_path / "copy"
        shutil.rmtree(log, ignore_errors=True)
        shutil.copytree(honest / "log", log)
        for name in gone:
            (log / name).unlink()
        if bend:
            flip(log / bend[0], bend[1])
        return run(honest, log, "--range", "300:400")[0]

    assert stretch("tile/entries/000", "tile/entries/002.p/188") == 0
    assert stretch("tile/entries/001") == 1
    assert stretch(bend=("tile/entries/001", 34 * 50 + 9)) == 1
    assert stretch(bend=("tile/entries/001", 34 * 5 + 9)) == 0, "before the stretch"
    assert stretch(bend=("tile/0/001", 32 * 5)) == 1, "a hash beside it that its proof needs"
    assert stretch(bend=("checkpoint", 40)) == 1
    at = (honest / "log" / "openings.jsonl").read_bytes().index(b'"index":350')
    assert stretch(bend=("openings.jsonl", at + 24)) == 1
    log = honest / "log"
    assert run(honest, log, "--range", "600:701")[0] == 1
    for word in ("7", "a:b", "9:9"):
        assert run(honest, log, "--range", word)[0] in {1, 2}
