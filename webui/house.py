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
from socket import gethostname
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.envelope.document import public_key
from monitor.clock import Clock, DemoClock, SystemClock
from monitor.log.checkpoint import Policy
from monitor.log.note import Kind, MalformedKey, SigningKey, VerifierKey
from monitor.log.sequencer.asking import Witnessing
from monitor.log.sequencer.latch import Latch, LatchMoved
from monitor.log.sequencer.sequencer import NotLeader, Sequencer
from monitor.log.tile import TileStore, write_durably
from monitor.log.witness.wire import RemoteWitness, open_witness, signing_key
from monitor.record.demo import RowReader
from monitor.record.platform import Platform
from monitor.runtime.embedded import Ground, embedded
from monitor.runtime.folder import Kind as Folder
from monitor.runtime.secret import secret, write_once
from monitor.runtime.settings import Settings, SettingsError
from monitor.work.hint import ACT, Hints
from webui.artefact.keys import FILE, Keys, KeysError, read_keys, write_keys

ORIGIN = "demo.batong.example/log/2026"
WITNESS = "stand-in-witness.batong.example"
WITNESS_FILE = "witness.json"
NAME_FILE = "secrets/log.origin"
BEFORE_DEMO = datetime(2026, 1, 1, tzinfo=UTC)
"""Where a demo folder's time stands until it is first moved."""


@dataclass(frozen=True, slots=True)
class Watcher:
    """A witness: its public key, and whom to ask."""

    key: VerifierKey
    asked: Witnessing


@dataclass(frozen=True, slots=True)
class Watchers:
    """The witnesses of a log, and how many of them must have cosigned; none is a log without."""

    each: tuple[Watcher, ...]
    quorum: int

    def policy(self, log: VerifierKey) -> Policy:
        """Return what a reader of that log demands; raises MalformedKey."""
        return Policy(log, tuple(one.key for one in self.each), self.quorum)


@dataclass(frozen=True, slots=True)
class House:
    """A data folder that is open: its servers, and the platform on them."""

    ground: Ground
    platform: Platform

    def prepare(self) -> None:
        """Bring the schema up to date, unless a running `serve` holds the folder and has."""
        if not self.ground.borrowed:
            from monitor.migrations.schema import migrate  # heavy, and few who open a house need it

            migrate(self.ground.database.owner_url)

    def publish(self, settings: Settings) -> None:
        """Sequence what is pending, have it cosigned, keep the keys; a running `serve` does it too.

        Raises KeysError when other keys are kept.
        """
        url = self.ground.database.sequencer_url
        watchers = watchers_of(settings, stand_in_folder(settings), self.ground)
        log, policy = open_log(settings, watchers, url)
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
        hints = Hints(ground.redis_url, ACT)
        stack.callback(hints.close)
        platform = Platform(ground.database.app_url, clock, published=hints.give)
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


def demo_folders(settings: Settings) -> tuple[Path, ...]:
    """Return all that a demo begun anew must not find: its data, checkpoints and stand-ins."""
    return settings.data, settings.checkpoint_store, stand_in_folder(settings)


def watchers_of(settings: Settings, stand_ins: Path, ground: Ground) -> Watchers:
    """Return who cosigns the log of a folder, and how many of them must.

    Under `serve` they are programs of their own, asked over HTTP; a demo folder that nobody serves
    has its stand-in in this process. A real folder has those that its settings name, or none.
    """
    if settings.witnesses or settings.kind is not Folder.DEMO:
        return _told(settings)
    if ground.borrowed:
        return named_watchers(settings)
    witness = open_witness(stand_ins / "witness", WITNESS, [log_key(settings).verifier])
    return Watchers((Watcher(witness.verifier, witness),), 1)


def named_watchers(settings: Settings) -> Watchers:
    """Return the witnesses that are asked over HTTP: as set, else the one that `serve` has named.

    Raises FileNotFoundError before it has.
    """
    if settings.witnesses or settings.kind is not Folder.DEMO:
        return _told(settings)
    told = json.loads((settings.data / WITNESS_FILE).read_text("utf-8"))
    key = VerifierKey.parse(told["key"])
    return Watchers((Watcher(key, RemoteWitness(told["address"], key)),), 1)


def _told(settings: Settings) -> Watchers:
    each = tuple(
        Watcher(key, RemoteWitness(address, key))
        for vkey, address in settings.witnesses
        for key in [VerifierKey.parse(vkey)]
    )
    most = len(each) // 2 + 1 if each else 0
    return Watchers(each, most if settings.quorum is None else settings.quorum)


def outage_keys(settings: Settings, policy: Policy) -> list[VerifierKey]:
    """Return the keys by which the log's own witnesses sign measures of outages.

    Raises SettingsError for what is no such key, or of nobody who witnesses this log.
    """
    names = {key.name for key in policy.witnesses}
    try:
        found = [VerifierKey.parse(vkey) for vkey in settings.outage_keys]
    except MalformedKey as fault:
        raise SettingsError(f"outage_keys: 公钥有误 / {fault}") from fault
    for key in found:
        if key.name not in names or key.kind is not Kind.ED25519:
            raise SettingsError(
                f"outage_keys: {key.name} 不是本日志见证人的测量公钥 / "
                "not by which a witness of this log signs outages"
            )
    return found


def name_witness(settings: Settings, address: str, key: VerifierKey) -> None:
    """Write down where the witness is asked."""
    told = json.dumps({"address": address, "key": str(key)})
    write_durably(settings.data / WITNESS_FILE, told.encode())


def open_log(settings: Settings, watchers: Watchers, url: str) -> tuple[Sequencer, Policy]:
    """Open a folder's log as its sequencer; and its policy. Raises MalformedKey for one of none."""
    key = log_key(settings)
    asked = {each.key.name: each.asked for each in watchers.each}
    tiles, latch = TileStore(log_folder(settings)), Latch(settings.checkpoint_store)
    return Sequencer(url, key, tiles, latch, asked), watchers.policy(key.verifier)


def origin_of(settings: Settings) -> str:
    """Return the name of a folder's log: given once, kept for ever; a demo has its own.

    Raises SettingsError for a real folder that is named otherwise now.
    """
    told = named(settings)
    if settings.kind is Folder.DEMO:
        return told
    (settings.data / "secrets").mkdir(mode=0o700, parents=True, exist_ok=True)
    if write_once(settings.data / NAME_FILE, told) != told:
        raise SettingsError(
            f"{NAME_FILE}: 日志已另有名称，不得更改 / the log has another name for ever"
        )
    return told


def named(settings: Settings) -> str:
    """Return the name that a folder's log has, or gets for ever: as told, else by where it is."""
    if settings.kind is Folder.DEMO:
        return ORIGIN
    if settings.log_origin:
        return settings.log_origin
    kept = settings.data / NAME_FILE
    if kept.exists():
        return kept.read_text("utf-8").strip()
    host = urlsplit(settings.public_url).netloc or gethostname()
    return f"{host}/log/{SystemClock().now().year}"


def log_key(settings: Settings) -> SigningKey:
    """Return the log's own key, made on first use."""
    return signing_key(settings.data / "secrets", "log.key", origin_of(settings), Kind.ED25519)


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

    A log's key never changes silently: a new key is a new log. Witnesses may be added.
    """
    for folder in (settings.checkpoint_store, log_folder(settings)):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / FILE
        if path.exists() and not _demands_more(text, path.read_text("utf-8")):
            raise KeysError(f"{path}: 已有另一套公钥 / other keys are kept there already")
        path.write_text(text, "utf-8")


def _demands_more(text: str, kept: str) -> bool:
    """Tell whether keys are those that are kept, or the same with more witnesses."""
    if text == kept:
        return True
    new, old = read_keys(text), read_keys(kept)
    same = (new.policy.log, new.receipt) == (old.policy.log, old.receipt)
    more = set(new.policy.witnesses) >= set(old.policy.witnesses)
    return same and more and new.policy.quorum >= old.policy.quorum


def kept_keys(settings: Settings) -> Keys:
    """Return the keys kept outside the data folder; raises KeysError when there are none."""
    path = settings.checkpoint_store / FILE
    if not path.is_file():
        raise KeysError(f"{path}: 没有公钥，请给出 --keys / no keys there: give --keys FILE")
    return read_keys(path.read_text("utf-8", errors="replace"))
