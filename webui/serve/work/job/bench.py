"""The bench: what a job works with. It is opened once a worker."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

from monitor.log.tile import TileStore
from monitor.record.platform import Platform
from monitor.runtime.folder import Kind
from monitor.runtime.settings import Settings
from monitor.store import FolderStore
from monitor.work.messenger import FolderMessenger, Messenger, SmtpMessenger
from trading.fee.bank import Bank, StandInBank
from trading.paper.authority import Authority, make_stand_in_authority
from webui.artefact.keys import Keys
from webui.house import kept_keys, log_folder

MARK = "演示 DEMO — 无效"
"""What stands large on every paper of a demo."""
DEMO_URL = "https://demo.batong.example"


@dataclass(frozen=True)
class Bench:
    """A platform with its files and keys, and the ways out: mail, and a demo's bank and seal."""

    platform: Platform
    settings: Settings

    @property
    def demo(self) -> bool:
        """Tell whether the papers count for nothing."""
        return self.settings.kind is Kind.DEMO

    @property
    def mark(self) -> str:
        """Return what a paper says of itself."""
        return MARK if self.demo else ""

    @property
    def url(self) -> str:
        """Return the address that links begin with."""
        return self.settings.public_url or DEMO_URL

    @cached_property
    def store(self) -> FolderStore:
        """Return the file store."""
        return FolderStore(self.settings.data / "files")

    @cached_property
    def tiles(self) -> TileStore:
        """Return the published log."""
        return TileStore(log_folder(self.settings))

    @cached_property
    def keys(self) -> Keys:
        """Return the public keys of the log and of receipts."""
        return kept_keys(self.settings)

    @cached_property
    def messenger(self) -> Messenger | None:
        """Return the way mail leaves: a folder in a demo, else by SMTP if it is set."""
        if self.demo:
            return FolderMessenger(self.settings.data / "mail")
        return SmtpMessenger(self.settings.smtp_url) if self.settings.smtp_url else None

    @cached_property
    def bank(self) -> Bank | None:
        """Return a demo's stand-in bank; a real centre's cashier confirms by hand."""
        return StandInBank(self.settings.data / "bank") if self.demo else None

    def authority(self, now: datetime) -> Authority:
        """Return a demo's stand-in authority for signing papers, made on first use."""
        folder: Path = self.settings.data / "seal"
        if (folder / "root.pem").exists():
            return Authority.read(folder)
        return make_stand_in_authority(folder, now)
