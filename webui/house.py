"""A data folder's own: its platform by its clock, its log, and its keys, kept outside too.

Whoever can change the folder could change the keys in it too; the audit reads those outside.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.envelope.document import public_key
from monitor.clock import Clock, DemoClock, SystemClock
from monitor.log.checkpoint import Policy
from monitor.log.note import Kind, SigningKey, VerifierKey
from monitor.log.sequencer.latch import Latch, LatchMoved
from monitor.log.sequencer.sequencer import NotLeader, Sequencer, Witnessing
from monitor.log.tile import TileStore, write_durably
from monitor.log.witness.wire import RemoteWitness, open_witness, signing_key
from monitor.migrations.schema import migrate
from monitor.record.demo import RowReader
from monitor.record.platform import Platform
from monitor.runtime.embedded import Ground, embedded
from monitor.runtime.folder import Kind as Folder
from monitor.runtime.secret import secret
from monitor.runtime.settings import Settings
from webui.artefact.keys import FILE, Keys, KeysError, read_keys, write_keys

ORIGIN = "demo.batong.example/log/2026"
WITNESS = "stand-in-witness.batong.example"
WITNESS_FILE = "witness.json"
BEFORE_DEMO = datetime(2026, 1, 1, tzinfo=UTC)
"""Where a demo folder's time stands until it is first moved."""


@dataclass(frozen=True, slots=True)
class Watcher:
    """A witness: its public key, and whom to ask."""

    key: VerifierKey
    asked: Witnessing


@dataclass(frozen=True, slots=True)
class House:
    """A data folder that is open: its servers, and the platform on them."""

    ground: Ground
    platform: Platform

    def prepare(self) -> None:
        """Bring the schema up to date, unless a running `serve` holds the folder and has."""
        if not self.ground.borrowed:
            migrate(self.ground.database.owner_url)

    def publish(self, settings: Settings) -> None:
        """Sequence what is pending, have it cosigned, keep the keys; a running `serve` does it too.

        Raises KeysError when other keys are kept.
        """
        url = self.ground.database.sequencer_url
        witness = witness_of(settings, stand_in_folder(settings), self.ground)
        log, policy = open_log(settings, witness, url)
        keep_keys(settings, write_keys(policy, public_key(receipt_key(settings))))
        try:
            log.run_once(self.platform.clock.now())
            while log.public_waits():
                log.run_once(self.platform.clock.now())
        except (NotLeader, LatchMoved):
            return  # another leads, and takes up what waits
        finally:
            log.close()


@contextmanager
def open_house(settings: Settings) -> Iterator[House]:
    """Open a data folder for one command: by the clock that it lives by, its schema untouched."""
    with ExitStack() as stack:
        ground = stack.enter_context(embedded(settings))
        clock = clock_of(settings, ground.database.app_url)
        if isinstance(clock, DemoClock) and isinstance(clock.read_row, RowReader):
            stack.callback(clock.read_row.close)
        platform = Platform(ground.database.app_url, clock)
        stack.callback(platform.close)
        yield House(ground, platform)


def clock_of(settings: Settings, app_url: str) -> Clock:
    """Return the clock that a data folder lives by."""
    if settings.kind is Folder.DEMO:
        return DemoClock(RowReader(app_url, BEFORE_DEMO))
    return SystemClock()


def stand_in_folder(settings: Settings) -> Path:
    """Return where the stand-in people of a demo folder keep their keys: beside it, never in it."""
    beside = settings.data.parent / "stand-ins"
    return beside if beside.is_dir() else Path(f"{settings.data}-stand-ins")


def witness_of(settings: Settings, stand_ins: Path, ground: Ground) -> Watcher:
    """Return who cosigns a demo folder's log: under `serve` a program of its own, which is asked
    over HTTP and whose folder nobody else opens; else the stand-in, in this process.
    """
    if ground.borrowed:
        return named_witness(settings)
    witness = open_witness(stand_ins / "witness", WITNESS, [log_key(settings).verifier])
    return Watcher(witness.verifier, witness)


def named_witness(settings: Settings) -> Watcher:
    """Return the witness that `serve` has named; raises FileNotFoundError before it has."""
    told = json.loads((settings.data / WITNESS_FILE).read_text("utf-8"))
    key = VerifierKey.parse(told["key"])
    return Watcher(key, RemoteWitness(told["address"], key))


def name_witness(settings: Settings, address: str, key: VerifierKey) -> None:
    """Write down where the witness is asked."""
    told = json.dumps({"address": address, "key": str(key)})
    write_durably(settings.data / WITNESS_FILE, told.encode())


def open_log(settings: Settings, witness: Watcher, url: str) -> tuple[Sequencer, Policy]:
    """Open a demo folder's log as its sequencer; and its policy."""
    key = log_key(settings)
    sequencer = Sequencer(
        url,
        key,
        TileStore(log_folder(settings)),
        Latch(settings.checkpoint_store),
        {witness.key.name: witness.asked},
    )
    return sequencer, Policy(key.verifier, (witness.key,), 1)


def log_key(settings: Settings) -> SigningKey:
    """Return the log's own key, made on first use."""
    return signing_key(settings.data / "secrets", "log.key", ORIGIN, Kind.ED25519)


def receipt_key(settings: Settings) -> Ed25519PrivateKey:
    """Return the key that signs receipts, made on first use."""
    seed = hashlib.sha256(secret(settings.data / "secrets", "receipt.key").encode()).digest()
    return Ed25519PrivateKey.from_private_bytes(seed)


def log_folder(settings: Settings) -> Path:
    """Return where the published log of a data folder lies."""
    return settings.data / "log"


def files_folder(settings: Settings) -> Path:
    """Return where the files of a data folder lie."""
    return settings.data / "files"


def keep_keys(settings: Settings, text: str) -> None:
    """Keep the text of `write_keys` in both places; raises KeysError when others are kept there.

    A log's key never changes silently: a new key is a new log.
    """
    for folder in (settings.checkpoint_store, log_folder(settings)):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / FILE
        if path.exists() and path.read_text("utf-8") != text:
            raise KeysError(f"{path}: 已有另一套公钥 / other keys are kept there already")
        path.write_text(text, "utf-8")


def kept_keys(settings: Settings) -> Keys:
    """Return the keys kept outside the data folder; raises KeysError when there are none."""
    path = settings.checkpoint_store / FILE
    if not path.is_file():
        raise KeysError(f"{path}: 没有公钥，请给出 --keys / no keys there: give --keys FILE")
    return read_keys(path.read_text("utf-8", errors="replace"))
