"""An exported log is checked from its files; whoever alters one of them is found out by name."""

import base64
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tlog_scales.backend import LocalBackend
from tlog_scales.reader import TilesReader
from tlog_scales.signing import Vkey, VkeySet

from monitor.log.canonical import canonical
from monitor.log.checkpoint import Checkpoint, Policy, cosign, sign_checkpoint
from monitor.log.commitment import Opening, commit, pad_commitment
from monitor.log.note import Kind, SigningKey, add_signatures, sign
from monitor.log.proof import LogProof
from monitor.log.tile import TileStore
from monitor.log.tree import leaf_hash, root
from monitor.log.verify.export import MAX_FINDINGS, OPENINGS, Report, verify_export

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
LOG = SigningKey("centre.example/log/2026", Kind.ED25519, b"l" * 32)
WITNESSES = [SigningKey(f"w{n}.example", Kind.COSIGNATURE, bytes([n]) * 32) for n in (1, 2, 3)]
LOG_VKEY = str(LOG.verifier)
WITNESS_VKEYS = [str(key.verifier) for key in WITNESSES]

SIZE = 600
SALTS = [number.to_bytes(32) for number in range(SIZE)]
BODIES = [canonical({"action": "bid.submit", "number": number}) for number in range(SIZE)]
ENTRIES = [
    pad_commitment(salt) if number % 2 else commit(salt, body)
    for number, (salt, body) in enumerate(zip(SALTS, BODIES, strict=True))
]
HASHES = [leaf_hash(entry) for entry in ENTRIES]
SHOWN = [Opening(index, SALTS[index], BODIES[index]) for index in (0, 8, 300, 598)]


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export")
    _write(folder, Checkpoint(LOG.name, SIZE, root(HASHES)), ENTRIES)
    return folder


def _write(folder: Path, head: Checkpoint, entries: list[bytes]) -> None:
    store = TileStore(folder)
    store.append(0, entries)
    note = sign_checkpoint(head, LOG)
    store.write_checkpoint(add_signatures(note, [cosign(head, key, NOW) for key in WITNESSES]))
    (folder / OPENINGS).write_bytes(b"".join(opening.line() for opening in SHOWN))


@pytest.fixture
def export(pristine: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(pristine, tmp_path / "export"))


def _verify(folder: Path, quorum: int = 3) -> Report:
    return verify_export(folder, LOG_VKEY, WITNESS_VKEYS, quorum)


def _places(report: Report) -> list[str]:
    return [finding.place for finding in report.findings]


def test_an_honest_export_is_sound(pristine: Path) -> None:
    report = _verify(pristine)
    assert report.findings == ()
    assert report.ok
    assert report.checkpoint == Checkpoint(LOG.name, SIZE, root(HASHES))
    assert (len(report.cosignatures), report.openings) == (3, len(SHOWN))


def test_progress_runs_to_the_end(pristine: Path) -> None:
    seen: list[tuple[int, int]] = []
    verify_export(pristine, LOG_VKEY, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(256, SIZE), (512, SIZE), (SIZE, SIZE)]


def test_tlog_scales_finds_the_same_export_sound(pristine: Path) -> None:
    foreign = TilesReader(LocalBackend(pristine))
    head = foreign.get_checkpoint()
    keys = [Vkey.from_string(vkey) for vkey in [LOG_VKEY, *WITNESS_VKEYS]]
    assert len(VkeySet(*keys).verify(head.signatures, head)) == 4
    assert foreign.calculate_root_hash() == head.root_hash
    foreign.get_inclusion_proof(300, SIZE).check(leaf_hash(ENTRIES[300]), head.root_hash)


def _tlog_tiles(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    program = Path(sys.executable).with_name("tlog-tiles")
    return subprocess.run([program, *arguments], capture_output=True, check=False)


def test_the_foreign_program_gets_a_checked_leaf_and_refuses_a_tampered_one(export: Path) -> None:
    assert _tlog_tiles("get-leaf", "-c", str(export), "300").stdout == ENTRIES[300]
    _flip(export / "tile/entries/001", 44 * 34 + 2)
    assert _tlog_tiles("get-leaf", "-c", str(export), "300").returncode != 0


def test_a_proof_made_by_the_foreign_program_verifies_here(pristine: Path) -> None:
    made = _tlog_tiles("gen-proof", str(pristine), "300").stdout.decode()
    proof = LogProof.parse(made)
    proof.verify(ENTRIES[300], Policy.of(LOG_VKEY, WITNESS_VKEYS, 3))
    reader = TileStore(pristine).hash_reader(SIZE)
    assert proof == LogProof.build(reader, 300, SIZE, (pristine / "checkpoint").read_text())


def _flip(path: Path, at: int, bit: int = 0) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1 << bit
    path.write_bytes(data)


FILES = [
    "tile/entries/000",
    "tile/entries/001",
    "tile/entries/002.p/88",
    "tile/0/000",
    "tile/0/001",
    "tile/0/002.p/88",
    "tile/1/000.p/2",
]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("share", [0.0, 0.31, 0.999])
def test_a_flipped_bit_in_any_tile_or_bundle_is_found(
    export: Path, name: str, share: float
) -> None:
    path = export / name
    _flip(path, int(share * path.stat().st_size))
    assert not _verify(export).ok


def test_the_finding_names_the_leaf_or_the_tile(export: Path) -> None:
    _flip(export / "tile/entries/001", 44 * 34 + 2)
    assert _places(_verify(export))[0] == "leaf 300"
    _flip(export / "tile/entries/001", 44 * 34 + 2)
    _flip(export / "tile/0/001", 44 * 32)
    assert _places(_verify(export)) == ["leaf 300"]
    _flip(export / "tile/0/001", 44 * 32)
    _flip(export / "tile/1/000.p/2", 32)
    assert _places(_verify(export)) == ["tile/1/000.p/2"]


def test_every_byte_of_the_checkpoint_matters(export: Path) -> None:
    note = (export / "checkpoint").read_bytes()
    for at in range(len(note)):
        (export / "checkpoint").write_bytes(note)
        _flip(export / "checkpoint", at)
        report = _verify(export)
        assert _places(report) == ["checkpoint"]
        assert report.checkpoint is None


def _swap(values: list[bytes]) -> list[bytes]:
    return [*values[:10], values[11], values[10], *values[12:]]


def _drop(values: list[bytes]) -> list[bytes]:
    return values[:10] + values[11:]


def _double(values: list[bytes]) -> list[bytes]:
    return [*values[:11], values[10], *values[11:]]


def _cut(values: list[bytes]) -> list[bytes]:
    return values[:-1]


def _substitute(values: list[bytes]) -> list[bytes]:
    return [*values[:10], values[9], *values[11:]]


@pytest.mark.parametrize("attack", [_swap, _drop, _double, _cut, _substitute])
@pytest.mark.parametrize("name", ["tile/entries/000", "tile/0/000"])
def test_moving_values_inside_a_file_is_found(
    export: Path, name: str, attack: Callable[[list[bytes]], list[bytes]]
) -> None:
    width = 34 if "entries" in name else 32
    data = (export / name).read_bytes()
    values = [data[at : at + width] for at in range(0, len(data), width)]
    (export / name).write_bytes(b"".join(attack(values)))
    assert not _verify(export).ok


@pytest.mark.parametrize("attack", [_swap, _drop, _double, _substitute])
def test_a_whole_tree_rebuilt_without_the_key_is_found(
    tmp_path: Path, attack: Callable[[list[bytes]], list[bytes]]
) -> None:
    _write(tmp_path, Checkpoint(LOG.name, SIZE, root(HASHES)), (attack(ENTRIES) * 2)[:SIZE])
    report = _verify(tmp_path)
    assert "checkpoint" in _places(report)


@pytest.mark.parametrize("name", [*FILES, OPENINGS, "checkpoint"])
def test_a_missing_or_empty_or_shortened_file_is_found(export: Path, name: str) -> None:
    path = export / name
    data = path.read_bytes()
    path.unlink()
    assert not _verify(export).ok
    path.write_bytes(data[:-1])
    assert not _verify(export).ok
    path.write_bytes(data[: len(data) // 2])
    assert not _verify(export).ok


def test_swapped_files_are_found(export: Path) -> None:
    for one, other in [("tile/0/000", "tile/0/001"), ("tile/entries/000", "tile/entries/001")]:
        first, second = export / one, export / other
        held = first.read_bytes()
        first.write_bytes(second.read_bytes())
        second.write_bytes(held)
        assert not _verify(export).ok


def test_a_checkpoint_of_another_size_does_not_fit(export: Path) -> None:
    for size in (0, 599, 601):
        head = Checkpoint(LOG.name, size, root(HASHES[:size]))
        (export / "checkpoint").write_text(sign_checkpoint(head, LOG))
        assert not _verify(export, quorum=0).ok


def test_a_lying_log_that_signs_an_absurd_size_cannot_keep_us_busy(export: Path) -> None:
    head = Checkpoint(LOG.name, 2**62, root(HASHES))
    (export / "checkpoint").write_text(sign_checkpoint(head, LOG))
    assert len(_verify(export, quorum=0).findings) == MAX_FINDINGS


def test_too_few_or_foreign_signatures_are_found(export: Path) -> None:
    head = Checkpoint(LOG.name, SIZE, root(HASHES))
    note = add_signatures(sign_checkpoint(head, LOG), [cosign(head, WITNESSES[0], NOW)])
    (export / "checkpoint").write_text(note)
    assert _verify(export, quorum=1).ok
    assert _places(_verify(export, quorum=2)) == ["checkpoint"]
    thief = SigningKey(LOG.name, Kind.ED25519, b"t" * 32)
    (export / "checkpoint").write_text(sign(head.body(), thief))
    assert _places(_verify(export, quorum=0)) == ["checkpoint"]


def test_a_false_opening_is_found_and_named(export: Path) -> None:
    forged = canonical({"action": "bid.submit", "number": 7})
    for false in [
        Opening(8, SALTS[8], forged),
        Opening(8, SALTS[9], BODIES[8]),
        Opening(8, SALTS[8][:31], BODIES[8]),
        Opening(9, SALTS[8], BODIES[8]),
    ]:
        (export / OPENINGS).write_bytes(false.line())
        assert _places(_verify(export)) == [f"leaf {false.index}"]


def test_a_logged_record_that_is_not_canonical_is_found(tmp_path: Path) -> None:
    body = b'{"a": 1}'
    entries = [commit(SALTS[0], body)]
    _write(tmp_path, Checkpoint(LOG.name, 1, leaf_hash(entries[0])), entries)
    (tmp_path / OPENINGS).write_bytes(Opening(0, SALTS[0], body).line())
    assert _places(_verify(tmp_path)) == ["leaf 0"]


@pytest.mark.parametrize(
    "lines",
    [
        [SHOWN[0], SHOWN[0]],
        [SHOWN[1], SHOWN[0]],
        [SHOWN[0], Opening(600, SALTS[0], BODIES[0])],
        [Opening(-1, SALTS[0], BODIES[0])],
    ],
)
def test_repeated_disordered_or_foreign_openings_are_found(
    export: Path, lines: list[Opening]
) -> None:
    (export / OPENINGS).write_bytes(b"".join(opening.line() for opening in lines))
    assert len(_places(_verify(export))) == 1


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"{}\n",
        b"[]\n",
        SHOWN[0].line().removesuffix(b"\n"),
        SHOWN[0].line().replace(b":0,", b": 0,"),
        SHOWN[0].line().replace(b":0,", b":true,"),
        SHOWN[0].line().replace(b"}", b',"x":1}'),
        SHOWN[0].line().replace(b'"salt":"00', b'"salt":"0g'),
        SHOWN[0].line().replace(b'"body":"', b'"body":" '),
        SHOWN[0].line().replace(SALTS[0].hex().encode(), b"AA" * 32),
        b"\xff\n",
        base64.b64encode(b"x") + b"\n",
    ],
)
def test_malformed_openings_are_found(export: Path, line: bytes) -> None:
    (export / OPENINGS).write_bytes(line)
    assert _places(_verify(export)) == [f"{OPENINGS} line 1"]


def test_an_older_partial_tile_may_stay_but_only_as_it_was(export: Path) -> None:
    older = export / "tile/0/002.p/40"
    older.write_bytes((export / "tile/0/002.p/88").read_bytes()[: 40 * 32])
    assert _verify(export).ok
    _flip(older, 3)
    assert _places(_verify(export)) == ["tile/0/002.p/40"]


@pytest.mark.parametrize(
    "name", ["tile/0/003", "tile/2/000.p/1", "tile/0/002.p/89", "tile/note.txt", "tile/0/.tmp"]
)
def test_files_that_no_signed_tree_has_are_found(export: Path, name: str) -> None:
    path = export / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(32))
    assert _places(_verify(export)) == [name]


def test_a_leaf_that_is_no_commitment_is_found(tmp_path: Path) -> None:
    entries = [ENTRIES[0], b"in the clear"]
    hashes = [leaf_hash(entry) for entry in entries]
    _write(tmp_path, Checkpoint(LOG.name, 2, root(hashes)), entries)
    (tmp_path / OPENINGS).write_bytes(SHOWN[0].line())
    assert _places(_verify(tmp_path)) == ["leaf 1"]


def test_an_empty_log_and_a_full_tile_are_sound(tmp_path: Path) -> None:
    for size in (0, 256, 512):
        folder = tmp_path / str(size)
        folder.mkdir()
        _write(folder, Checkpoint(LOG.name, size, root(HASHES[:size])), ENTRIES[:size])
        (folder / OPENINGS).write_bytes(b"")
        assert _verify(folder).findings == ()
