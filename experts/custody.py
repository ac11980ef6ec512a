"""Custody: the own folder of a program that holds keys, and the papers of each draw in it.

The centre's draw service and the inspector's agent each have one, beside and never inside the
platform's data. Files are readable by their owner alone; encrypting the disk is the caller's.
"""

import hashlib
import os
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from experts.draw import seed, transcript, verification
from experts.draw.curve import vrf
from experts.draw.encoding import (
    H,
    mapping,
    read,
    require,
    rows,
    sign,
    signing_public,
    text,
    unhex,
)
from experts.draw.header import Header, read_header
from experts.draw.pool import KEY_BYTES, Entry, Pool
from experts.draw.transcript import Progress, Round, round_name
from experts.draw.verification import Trial
from experts.escrow.key import deal_key
from experts.escrow.recovery import Holder, Seal
from experts.escrow.succession import SUCCESSION, succeeded
from monitor.log.canonical import JSON, canonical

PRIVATE = "private.json"
ROUND = "round.json"
REBUILT = "rebuilt.key"
"""Another machine's VRF key, put together again for one draw; it goes when that draw is over."""
PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
Entropy = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Custody:
    """One holder's folder: two secret keys and a sub-folder a draw."""

    folder: Path

    @classmethod
    def create(cls, folder: Path, entropy: Entropy = secrets.token_bytes) -> "Custody":
        """Make a folder with fresh keys; raises FileExistsError rather than replace them."""
        folder.mkdir(mode=0o700, parents=True)
        for name in ("sign.key", "vrf.key"):
            _write(folder / name, entropy(32))
        return cls(folder)

    def public(self) -> dict[str, JSON]:
        """Return the public keys as the header lists them."""
        verifying = vrf.public_key(self._key("vrf"))
        return {"sign": signing_public(self._key("sign")).hex(), "vrf": verifying.hex()}

    def sign(self, digest: bytes) -> str:
        """Sign a tagged hash with this holder's key; hex."""
        return sign(self._key("sign"), digest)

    def commit(self, hh: bytes, role: str, share: bytes, escrow: bytes) -> dict[str, JSON]:
        """Return this holder's signed commitment."""
        return seed.commit_value(hh, role, share, escrow, self._key("sign"))

    def prove(self, alpha: bytes) -> bytes:
        """Return this holder's VRF proof; not constant-time, see experts.draw.curve.vrf."""
        return vrf.prove(self._key("vrf"), alpha)

    def prove_in(self, draw: str, alpha: bytes) -> bytes:
        """Return the proof in a draw: by a lost machine's key where it was rebuilt for this one."""
        papers = self.papers(draw)
        if not papers.has(REBUILT):
            return self.prove(alpha)
        return vrf.prove_shared(int.from_bytes(papers.data(REBUILT), "big"), alpha)

    def deal(
        self, role: str, holders: Sequence[Holder], heir: bytes, seal: Seal
    ) -> dict[str, JSON]:
        """Return the pieces of this holder's VRF key, sealed to three who hold them in escrow."""
        signer = bytes.fromhex(str(self.public()["sign"]))
        return deal_key(role, self._key("vrf"), holders, heir, seal, signer, self.sign)

    def papers(self, draw: str) -> "Papers":
        """Return the papers of one draw; raises DrawError for an id that is not a plain name."""
        require(PLAIN.fullmatch(draw) is not None, "draw", "an id is letters, digits, - and _")
        return Papers(self.folder / "draws" / draw)

    def draws(self) -> list[str]:
        """Return the names of the draws of which papers are kept."""
        folder = self.folder / "draws"
        found = folder.iterdir() if folder.is_dir() else ()
        return sorted(each.name for each in found if PLAIN.fullmatch(each.name))

    def chain(self, header: Header) -> Path:
        """Return the file that remembers all attempts of a (project, lot, purpose)."""
        names = (text(header.value[k], k).encode() for k in ("project", "lot", "purpose"))
        return self.folder / "chains" / f"{H('chain', *names).hex()}.json"

    def _key(self, name: str) -> bytes:
        return (self.folder / f"{name}.key").read_bytes()


@dataclass(frozen=True, slots=True)
class Papers:
    """What one holder keeps of one draw, each paper written once."""

    folder: Path

    def put(self, name: str, value: JSON) -> JSON:
        """Keep a paper; raises DrawError if another one stands there already."""
        if self.has(name):
            require(self.get(name) == value, name, "is already fixed / 已固定，不可更改")
        return self.replace(name, value)

    def replace(self, name: str, value: JSON) -> JSON:
        """Keep a paper that may still change, such as the open round."""
        _write(self.folder / name, canonical(value))
        return value

    def get(self, name: str) -> JSON:
        """Return a paper; raises DrawError when the draw is not there yet."""
        return read(self.data(name), name)

    def has(self, name: str) -> bool:
        """Say whether the paper is there."""
        return (self.folder / name).is_file()

    def keep(self, name: str, data: bytes) -> None:
        """Keep bytes that are not JSON, such as a bundle."""
        _write(self.folder / name, data)

    def data(self, name: str) -> bytes:
        """Return bytes that were kept; raises DrawError when they are not there yet."""
        require(self.has(name), name, "is not there yet / 尚未产生")
        return (self.folder / name).read_bytes()

    def drop(self, name: str) -> None:
        """Destroy a paper, and what was remembered of the pools."""
        (self.folder / name).unlink()
        _hidden.cache_clear()

    def header(self) -> Header:
        """Return the header of this draw, with who succeeded to a lost machine's part."""
        found = mapping(self.get(transcript.HEADER), "header signatures", "")["header"]
        header = read_header(found)
        if not self.has(SUCCESSION):
            return header
        listed = mapping(self.get(transcript.COMMITS), "commits open", transcript.COMMITS)
        return succeeded(header, listed["commits"], self.get(SUCCESSION))

    def pool(self) -> Pool:
        """Return the pool with its people; only until the draw is finished."""
        return _hidden(self.data(PRIVATE))[0]

    def hide(self, hidden: Pool) -> None:
        """Keep a pool and its people, and remember it as it is."""
        self.replace(PRIVATE, private_value(hidden))
        _hidden.remember(self.data(PRIVATE), hidden)

    def rounds(self) -> list[JSON]:
        """Return the closed rounds, bodies only."""
        found, k = list[JSON](), 0
        while self.has(round_name(k)):
            signed = mapping(self.get(round_name(k)), "round signatures", round_name(k))
            found.append(signed["round"])  # type: ignore[arg-type]
            k += 1
        return found

    def trial(self) -> tuple[Trial, list[Round]]:
        """Resume the draw where this holder, who checked every closed round, left it."""
        header, (hidden, known) = self.header(), _hidden(self.data(PRIVATE))
        opened, commits = verification.check_commits(header, self.get(transcript.COMMITS))
        closed, shares = verification.check_reveals(header, self.reveals(), opened, commits)
        beta = verification.base(header, opened, shares, self.get(transcript.BEACON), closed)
        trial = Trial(header, hidden.leaves, beta, closed.hex(), Progress(header), known)
        done = []
        for k, body in enumerate(self.rounds()):
            done.append(transcript.read_round(body, k))
            trial = _closed(trial, done[-1])
        return trial, done

    def reveals(self) -> dict[str, JSON]:
        """Return the closed reveals without signatures."""
        told = mapping(self.get(transcript.REVEALS), "closed reveals signatures", "reveals")
        return {"closed": told["closed"], "reveals": told["reveals"]}  # type: ignore[dict-item]


Known = Mapping[bytes, Mapping[str, JSON]]


@dataclass(slots=True)
class _Pools:
    """Pools with all their fields, by their papers: every step needs them, each takes seconds."""

    most: int
    kept: dict[bytes, tuple[Pool, Known]] = field(default_factory=dict)

    def __call__(self, data: bytes) -> tuple[Pool, Known]:
        name = hashlib.sha256(data).digest()
        if name not in self.kept:
            self.remember(data, read_private(read(data, PRIVATE)))
        return self.kept[name]

    def remember(self, data: bytes, hidden: Pool) -> None:
        """Keep a pool for its papers; the oldest goes where there are too many."""
        known = {leaf: entry.value() for leaf, entry in hidden.entries.items()}
        self.kept[hashlib.sha256(data).digest()] = hidden, known
        while len(self.kept) > self.most:
            del self.kept[next(iter(self.kept))]

    def cache_clear(self) -> None:
        """Forget all of them."""
        self.kept.clear()


_hidden = _Pools(4)


def _closed(trial: Trial, done: Round) -> Trial:
    """Return the trial after a round that was checked when it was closed."""
    changed = after_change(trial, dict(done.value)["change"])
    before = transcript.closing(trial.header.hh, dict(done.value)).hex()
    return replace(changed, before=before, progress=changed.progress.after(done))


def after_change(trial: Trial, change: JSON) -> Trial:
    """Return the trial once departures and re-checks are applied; raises DrawError."""
    progress = trial.progress.changed(change, frozenset(trial.leaves), "change")
    return replace(trial, progress=progress)


def private_value(hidden: Pool) -> dict[str, JSON]:
    """Return K_draw and all entries, for one's own folder and the archive."""
    key = "" if hidden.key is None else hidden.key.hex()
    return {"entries": [entry.value() for entry in hidden.entries.values()], "key": key}


def read_private(value: object) -> Pool:
    """Rebuild a pool from private_value; raises DrawError."""
    parts = mapping(value, "entries key", PRIVATE)
    key = read_key(parts["key"])
    return Pool.build(key, (Entry.read(entry) for entry in rows(parts["entries"], PRIVATE)))


def read_key(told: object) -> bytes | None:
    """Read K_draw in hex; "" is that of public agencies, which have none. Raises DrawError."""
    return None if told == "" else unhex(told, KEY_BYTES, "K_draw")


def _write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, readable by its owner alone."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def read_chain(path: Path) -> list[JSON]:
    """Return the signed headers of all attempts, oldest first."""
    if not path.is_file():
        return []
    return list(rows(read(path.read_bytes(), "chain"), "chain"))  # type: ignore[arg-type]


def write_chain(path: Path, headers: list[JSON]) -> None:
    """Remember the signed headers of all attempts."""
    _write(path, canonical(headers))
