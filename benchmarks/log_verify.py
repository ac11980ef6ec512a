"""Verifying a whole export: rate beside raw SHA-256, pymerkle and Go's x/mod, and how sizes grow.

Run `python -m benchmarks.log_verify [LEAVES ...]` (default 10000 100000 1000000).

The export is made by this project's own code; raw is one hashlib.sha256 a leaf of the same bytes.
Each is run five times in turn, the median of the ratios is shown; time is that of the processor,
so that a busy machine tells the same. Go reads the same files, where
`go` and golang-golang-x-mod-dev are installed. pymerkle makes its tree of the first 20,000 leaves.
"""

from __future__ import annotations

import hashlib
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pymerkle

from monitor.clock import SystemClock
from monitor.log.checkpoint import Checkpoint, Policy, cosign, sign_checkpoint
from monitor.log.note import Kind, SigningKey, add_signatures
from monitor.log.proof import LogProof
from monitor.log.tile import TileStore
from monitor.log.verify.export import verify_export
from tests.stories.demo.test_foreign_log import MODULE, build

TIMES, STEP, SOME = 5, 65_536, 20_000
LOG = SigningKey("bench.example/log/2026", Kind.ED25519, b"b" * 32)
WITNESS = SigningKey("witness.example", Kind.COSIGNATURE, b"w" * 32)
POLICY = Policy(LOG.verifier, (WITNESS.verifier,), 1)


def entries_of(size: int) -> list[bytes]:
    return [hashlib.sha256(b"%d" % number).digest() for number in range(size)]


def make(folder: Path, entries: Sequence[bytes]) -> TileStore:
    store, at = TileStore(folder), 0
    while at < len(entries):
        at = store.append(at, entries[at : at + STEP])
    head = Checkpoint(LOG.name, at, store.root_with(at, []))
    store.write_checkpoint(
        add_signatures(sign_checkpoint(head, LOG), [cosign(head, WITNESS, SystemClock().now())])
    )
    (folder / "openings.jsonl").write_bytes(b"")
    return store


def timed(work: Callable[[], object]) -> float:
    """Processor seconds of this process and of those that it waited for."""
    begun = _used()
    work()
    return _used() - begun


def _used() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def raw(entries: Sequence[bytes]) -> None:
    sha256 = hashlib.sha256
    for entry in entries:
        sha256(entry).digest()


def ours(store: TileStore, size: int) -> None:
    report = verify_export(store.folder, str(LOG.verifier), [str(WITNESS.verifier)], 1)
    assert report.ok, report.findings[:3]
    assert report.checkpoint is not None
    assert report.checkpoint.size == size


def foreign(entries: Sequence[bytes]) -> None:
    pymerkle.InmemoryTree(algorithm="sha256").append_entries(entries)


def measure(folder: Path, size: int, go: Path | None) -> None:
    entries = entries_of(size)
    store = make(folder, entries)
    some = make(folder.with_name(f"{folder.name}-some"), entries[:SOME])
    ratios: dict[str, list[float]] = {"raw SHA-256": [], "pymerkle": [], "Go x/mod": []}
    rates, few, command = [], min(SOME, size), [str(go), str(folder), str(LOG.verifier), "root"]
    for _ in range(TIMES):
        own = timed(lambda: ours(store, size)) / size
        rates.append(1 / own)
        ratios["raw SHA-256"].append(timed(lambda: raw(entries)) / size / own)
        same = timed(lambda: ours(some, few)) / few
        ratios["pymerkle"].append(timed(lambda: foreign(entries[:SOME])) / few / same)
        if go:
            took = timed(lambda: subprocess.run(command, check=True, capture_output=True)) / size
            ratios["Go x/mod"].append(took / own)
    note = store.read_checkpoint().decode()
    proof = LogProof.build(store.hash_reader(size), size // 3, size, note)
    files = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    told = ", ".join(
        f"{name} {statistics.median(found):.2f} [{min(found):.2f}-{max(found):.2f}]"
        for name, found in ratios.items()
        if found
    )
    print(
        f"{size:,} leaves: {statistics.median(rates):,.0f} verified/s; our rate ÷ theirs: {told}"
        f"; files {files / size:.1f} B a leaf, proof {len(proof.encode())} B"
    )


def main() -> None:
    sizes = [int(word) for word in sys.argv[1:]] or [10_000, 100_000, 1_000_000]
    with tempfile.TemporaryDirectory() as name:
        tool = shutil.which("go")
        go = build(Path(name), tool) if tool and MODULE.is_dir() else None
        for size in sizes:
            measure(Path(name) / str(size), size, go)


if __name__ == "__main__":
    main()
