"""Seal and open against the raw cipher and Debian's age: MB a second of the processor, best of N.

    python -m benchmarks.seal_speed [--mib 256] [--rounds 3] [--folder FOLDER]

A share of the raw cipher is what compares machines; the wall tells only how busy this one is.
Memory is by how much the peak grows from one MiB to the whole. Give a folder in memory.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from bidding.envelope.age.file import decrypt, encrypt
from bidding.envelope.age.key import new_identity, recipient_of

MIB = 1024 * 1024
CHUNK = 64 * 1024


@dataclass
class Bench:
    """Three files and a key."""

    folder: Path
    identity: str

    def path(self, name: str) -> Path:
        return self.folder / name

    def write(self, size: int) -> None:
        with self.path("plain").open("wb") as sink:
            for _ in range(size // MIB):
                sink.write(os.urandom(MIB))

    def seal(self) -> None:
        with self.path("plain").open("rb") as source, self.path("sealed").open("wb") as sink:
            encrypt(source, sink, [recipient_of(self.identity)])

    def open(self) -> None:
        with self.path("sealed").open("rb") as source, self.path("opened").open("wb") as sink:
            decrypt(source, sink, [self.identity])

    def age_seal(self) -> None:
        out = ["-o", str(self.path("sealed")), str(self.path("plain"))]
        subprocess.run(["age", "-r", recipient_of(self.identity), *out], check=True)

    def age_open(self) -> None:
        self.path("key").write_text(self.identity + "\n")
        out = ["-o", str(self.path("opened")), str(self.path("sealed"))]
        subprocess.run(["age", "-d", "-i", str(self.path("key")), *out], check=True)


def spent() -> float:
    """Seconds of the processor of this process and of its ended children."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def rate(size: int, rounds: int, work: Callable[[], None]) -> dict[str, float]:
    """The best of several rounds, in MB a second of the processor and of the wall."""
    best = {"processor": 0.0, "wall": 0.0}
    for _ in range(rounds):
        processor, wall = spent(), time.perf_counter()
        work()
        took = {"processor": spent() - processor, "wall": time.perf_counter() - wall}
        best = {name: max(best[name], size / 1e6 / took[name]) for name in best}
    return {name: round(value, 1) for name, value in best.items()}


def raw(size: int) -> None:
    """Nothing but the cipher, over one chunk again and again."""
    cipher, chunk = ChaCha20Poly1305(bytes(32)), bytes(CHUNK)
    for number in range(size // CHUNK):
        cipher.encrypt(number.to_bytes(12, "big"), chunk, None)


def peak() -> int:
    """The most KiB that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def measure(bench: Bench, size: int, rounds: int) -> dict[str, object]:
    """Everything, each held to the raw cipher of this minute."""
    bench.write(MIB)
    bench.seal()
    bench.open()
    before = peak()
    bench.write(size)
    works = {"raw": lambda: raw(size), "seal": bench.seal, "open": bench.open}
    if shutil.which("age"):
        works |= {"age seal": bench.age_seal, "age open": bench.age_open}
    figures = {name: rate(size, rounds, work) for name, work in works.items()}
    grown = round((peak() - before) / 1024, 1)
    assert bench.path("opened").stat().st_size == size
    for each in figures.values():
        each["share of raw"] = round(each["processor"] / figures["raw"]["processor"], 3)
    return {"mib": size // MIB, **figures, "memory grown MiB": grown}


def main() -> None:
    told = argparse.ArgumentParser()
    told.add_argument("--mib", type=int, default=256)
    told.add_argument("--rounds", type=int, default=3)
    told.add_argument("--folder")
    given = told.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        bench = Bench(Path(folder), new_identity())
        print(json.dumps(measure(bench, given.mib * MIB, given.rounds), indent=2))


if __name__ == "__main__":
    main()
