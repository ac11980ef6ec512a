"""The stage: a whole platform in a demo folder, with its stand-in witness beside it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import ParamSpec, TypeVar
from uuid import UUID

from bidding.desk import Desk
from bidding.envelope.document import public_key
from bidding.hall.preparation.program import publish_programs
from bidding.hall.trust import name_log
from monitor.clock import DemoClock
from monitor.log.checkpoint import Policy, SignedCheckpoint, open_checkpoint
from monitor.log.proof import LogProof
from monitor.log.sequencer.sequencer import NotLeader, Sequencer
from monitor.record.action import Action
from monitor.record.demo import RowReader, advance
from monitor.record.platform import Platform
from monitor.refusal import Refusal
from monitor.role import SYSTEM, Actor
from monitor.runtime.embedded import embedded
from monitor.runtime.settings import Settings
from monitor.store import FolderStore
from webui import build
from webui.artefact.keys import write_keys
from webui.demo.narrator import Narrator
from webui.house import files_folder, keep_keys, open_log, receipt_key, watchers_of

P = ParamSpec("P")
R = TypeVar("R")
_LEADING = 0.05  # seconds until we ask again who leads the log


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that the scenes act on; `stand_ins` holds what is not the platform's."""

    platform: Platform
    sequencer: Sequencer
    policy: Policy
    desk: Desk
    store: FolderStore
    stand_ins: Path
    narrator: Narrator
    settings: Settings
    valkey_url: str

    @property
    def now(self) -> datetime:
        """The demo's present moment."""
        return self.platform.clock.now()

    def until(self, moment: datetime) -> None:
        """Let demo time pass up to a moment."""
        self.platform.perform(advance, SYSTEM, None, to=moment)

    def do(
        self,
        action: Action[P, R],
        actor: Actor,
        project: UUID | None,
        /,
        *args: P.args,
        **inputs: P.kwargs,
    ) -> R:
        """Perform one action."""
        return self.platform.perform(action, actor, project, *args, **inputs)

    def refused(
        self,
        action: Action[P, R],
        actor: Actor,
        project: UUID | None,
        /,
        *args: P.args,
        **inputs: P.kwargs,
    ) -> Refusal:
        """Perform an action that must be refused; return the refusal."""
        try:
            self.platform.perform(action, actor, project, *args, **inputs)
        except Refusal as refusal:
            return refusal
        raise AssertionError(f"{action.name} was not refused")

    def say(self, line: str) -> None:
        """Tell one step."""
        self.narrator.say(self.now, line)

    def settle(self) -> SignedCheckpoint:
        """Sequence what is pending and have it cosigned; return the checkpoint."""
        while not self._sequence() or self.sequencer.public_waits():
            time.sleep(_LEADING)
        note = self.sequencer.published()
        if note is None:
            raise LookupError("no checkpoint")
        return open_checkpoint(note, self.policy)

    def _sequence(self) -> bool:
        """Run a batch; False while the platform's own sequencer leads the log."""
        try:
            self.sequencer.run_once(self.now)
        except NotLeader:
            return False
        return True

    def proof(self, record: UUID) -> LogProof:
        """Return the inclusion proof of a record that was sequenced."""
        found = self.sequencer.proof(record)
        if found is None:
            raise LookupError(f"record {record} is in no published tree")
        return found


@contextmanager
def set_stage(
    settings: Settings, stand_ins: Path, start: datetime, narrator: Narrator
) -> Iterator[Stage]:
    """Start the servers, migrate, and set up the platform, its log and the stand-in witness."""
    with ExitStack() as stack:
        ground = stack.enter_context(embedded(settings))
        from monitor.migrations.schema import migrate  # heavy, and needed once

        migrate(ground.database.owner_url)
        reader = RowReader(ground.database.app_url, start)
        stack.callback(reader.close)
        platform = Platform(ground.database.app_url, DemoClock(reader))
        stack.callback(platform.close)
        watchers = watchers_of(settings, stand_ins, ground)
        sequencer, policy = open_log(settings, watchers, ground.database.sequencer_url)
        stack.callback(sequencer.close)
        store = FolderStore(files_folder(settings))
        desk = Desk(platform, store, receipt_key(settings))
        keep_keys(settings, write_keys(policy, public_key(desk.signer)))
        name_log(platform, policy)
        publish_programs(platform, build.frame(), build.offline())
        yield Stage(
            platform, sequencer, policy, desk, store, stand_ins, narrator, settings,
            ground.redis_url,
        )  # fmt: skip
