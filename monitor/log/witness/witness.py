"""Witness: remembers the largest tree it saw of each log and cosigns only what extends it.

C2SP tlog-witness `add-checkpoint` without the HTTP around it. A refusal carries the status that the
protocol gives it. Its folder is its memory: lose it, or bring back an old copy, and the witness
can be made to sign a fork, so the folder is made once by `create` and never made anew silently.
"""

import fcntl
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

from monitor.log.checkpoint import (
    Checkpoint,
    Policy,
    cosign,
    open_checkpoint,
    parse_decimal,
)
from monitor.log.note import (
    BadSignature,
    Kind,
    MalformedKey,
    MalformedNote,
    NoKnownSigner,
    NoteError,
    Signature,
    SigningKey,
    VerifierKey,
    split_note,
    to_base64,
)
from monitor.log.proof import parse_hashes
from monitor.log.tile import CHECKPOINT, make_folder, write_durably
from monitor.log.tree import EMPTY_ROOT, BadProof, BadTree, verify_consistency

SIZE_TYPE = "text/x.tlog.size"


class WitnessRefusal(Exception):
    """The witness does not cosign; `status`, `body` and `content_type` make its HTTP answer."""

    status = 500
    content_type = "text/plain; charset=utf-8"

    @property
    def body(self) -> str:
        """The text of the answer."""
        return f"{self}\n"


class BadRequest(WitnessRefusal):
    """The request is malformed, or its old size is above its checkpoint."""

    status = 400


class Untrusted(WitnessRefusal):
    """No trusted key of the log has signed, or its signature does not verify."""

    status = 403


class UnknownOrigin(WitnessRefusal):
    """The witness does not follow this log."""

    status = 404


class Stale(WitnessRefusal):
    """The old size is not the size that the witness cosigned last; `size` says which that is."""

    status = 409
    content_type = SIZE_TYPE

    def __init__(self, size: int) -> None:
        super().__init__(f"old size: the latest cosigned size is {size}")
        self.size = size

    @property
    def body(self) -> str:
        """The latest cosigned size in decimal."""
        return f"{self.size}\n"


class Inconsistent(WitnessRefusal):
    """The checkpoint does not extend what the witness saw: the log has forked or lost leaves."""

    status = 422


class DamagedMemory(WitnessRefusal):
    """The witness's own folder is missing, foreign or altered; it signs nothing until repaired."""


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """The body of a POST to add-checkpoint."""

    old_size: int
    proof: tuple[bytes, ...]
    checkpoint: str

    def encode(self) -> str:
        """Return the request body."""
        lines = [f"old {self.old_size}", *(to_base64(item) for item in self.proof)]
        return "\n".join(lines) + "\n\n" + self.checkpoint

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """Read a request body; raises BadRequest."""
        try:
            head, _, checkpoint = body.decode().partition("\n\n")
            first, *proof = head.split("\n")
            if not first.startswith("old "):
                raise BadRequest("request: must begin with the old size line")
            return cls(parse_decimal(first.removeprefix("old ")), parse_hashes(proof), checkpoint)
        except ValueError as error:
            raise BadRequest(f"request: {error}") from error


class Witness:
    """A witness with its own key (type 0x04), its logs' keys and its own folder."""

    def __init__(self, folder: Path, key: SigningKey, logs: Sequence[VerifierKey]) -> None:
        if key.kind is not Kind.COSIGNATURE:
            raise MalformedKey("witness: its key must be of type 4")
        self._folder, self._key = folder, key
        self._policies = {log.name: Policy(log) for log in logs}
        self._own = key.verifier
        if not _is_owned(folder, self._own):
            raise DamagedMemory("witness folder: not the memory of this key")

    @property
    def verifier(self) -> VerifierKey:
        """Its public key."""
        return self._own

    @property
    def origins(self) -> tuple[str, ...]:
        """The names of the logs that it follows."""
        return tuple(self._policies)

    @property
    def logs(self) -> tuple[VerifierKey, ...]:
        """The keys of the logs that it follows."""
        return tuple(policy.log for policy in self._policies.values())

    @classmethod
    def create(cls, folder: Path, key: SigningKey, logs: Sequence[VerifierKey]) -> Self:
        """Make the folder of a witness that has seen nothing yet; refuses one already in use."""
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise DamagedMemory("witness folder: is already in use")
        write_durably(folder / "witness", str(key.verifier).encode())
        return cls(folder, key, logs)

    def add_checkpoint(
        self,
        old_size: int,
        consistency_proof: Sequence[bytes],
        signed_checkpoint: str,
        now: datetime,
    ) -> str:
        """Check, remember on disk, and only then return the cosignature line.

        Raises a WitnessRefusal, checked in the order of C2SP tlog-witness: UnknownOrigin 404,
        Untrusted 403, BadRequest 400, Stale 409, Inconsistent 422.
        """
        policy = self._policy(signed_checkpoint)
        new = _open(signed_checkpoint, policy)
        if old_size > new.size:
            raise BadRequest("old size: is above the size of the checkpoint")
        with self._locked():
            last = self._recall(policy)
            _require_extension(last, new, old_size, consistency_proof)
            cosignature = cosign(new, self._key, now)
            self._remember(policy, signed_checkpoint, cosignature)
        return cosignature.line()

    def handle(self, body: bytes, now: datetime) -> str:
        """Answer a request body with the cosignature line; raises a WitnessRefusal."""
        request = AddCheckpoint.parse(body)
        return self.add_checkpoint(request.old_size, request.proof, request.checkpoint, now)

    def latest(self, origin: str) -> str | None:
        """Return the signed and cosigned checkpoint last remembered for an origin, if any.

        Raises UnknownOrigin and DamagedMemory.
        """
        if origin not in self._policies:
            raise UnknownOrigin("origin: not a log of this witness")
        with self._locked():
            return self._read(origin) if self._recall(self._policies[origin]) else None

    def _policy(self, note: str) -> Policy:
        try:
            text, _ = split_note(note)
        except MalformedNote as error:
            raise BadRequest(str(error)) from error
        policy = self._policies.get(text.split("\n", 1)[0])
        if policy is None:
            raise UnknownOrigin("origin: not a log of this witness")
        return policy

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with (self._folder / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _path(self, origin: str) -> Path:
        return self._folder / hashlib.sha256(origin.encode()).hexdigest() / CHECKPOINT

    def _read(self, origin: str) -> str | None:
        path = self._path(origin)
        return path.read_text() if path.exists() else None

    def _recall(self, policy: Policy) -> Checkpoint | None:
        note = self._read(policy.log.name)
        if note is None:
            return None
        try:
            return open_checkpoint(note, Policy(policy.log, (self._own,), 1)).checkpoint
        except NoteError as error:
            raise DamagedMemory("witness folder: the last checkpoint is altered") from error

    def _remember(self, policy: Policy, note: str, cosignature: Signature) -> None:
        text, signatures = split_note(note)
        log = policy.log
        kept = [each for each in signatures if (each.name, each.key_id) == (log.name, log.key_id)]
        whole = f"{text}\n" + "".join(each.line() for each in [*kept, cosignature])
        path = self._path(log.name)
        make_folder(path.parent)
        write_durably(path, whole.encode())


def _open(note: str, policy: Policy) -> Checkpoint:
    try:
        return open_checkpoint(note, policy).checkpoint
    except (BadSignature, NoKnownSigner) as error:
        raise Untrusted(str(error)) from error
    except NoteError as error:
        raise BadRequest(str(error)) from error


def _require_extension(
    last: Checkpoint | None, new: Checkpoint, old_size: int, proof: Sequence[bytes]
) -> None:
    known = last.size if last else 0
    if old_size != known:
        raise Stale(known)
    if new.size == 0 and new.root != EMPTY_ROOT:
        raise Inconsistent("root: is not that of the empty tree")
    if last is None or known == 0:
        if proof:
            raise Inconsistent("proof: must be empty when the old size is zero")
        return
    try:
        verify_consistency(known, new.size, proof, last.root, new.root)
    except (BadProof, BadTree) as error:
        raise Inconsistent(str(error)) from error


def _is_owned(folder: Path, key: VerifierKey) -> bool:
    marker = folder / "witness"
    return marker.is_file() and marker.read_text() == str(key)
