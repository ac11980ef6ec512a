"""The messenger: the seam through which mail leaves. By SMTP, or into a folder in a demo.

Mail may come twice after a broken line; its Message-ID is then the same, and in a folder it is one
file. Nothing here says more than the message's own text.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import UUID

from monitor.runtime.secret import write_once

PATIENCE = 20.0  # seconds for each answer of a mail server
PORTS = {"smtp": 587, "smtps": 465}
PLAIN = SMTP.clone(cte_type="7bit")
LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


class NotSent(Exception):
    """A mail was not sent; names the kind of trouble and never an address or a secret."""


class BadAddress(ValueError):
    """The setting names no mail server that may be used."""


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail: its key for ever, to whom, what about, what it says, when it was written."""

    key: UUID
    to: str
    subject: str
    text: str
    at: datetime

    def written(self, sender: str) -> EmailMessage:
        """Return it as RFC 5322 has it, marked as made by a machine (RFC 3834)."""
        made = EmailMessage(policy=PLAIN)
        made["From"], made["To"] = Address(addr_spec=sender), Address(addr_spec=self.to)
        made["Subject"] = " ".join(self.subject.split())
        made["Date"] = format_datetime(self.at)
        made["Message-ID"] = f"<{self.key}@{sender.rpartition('@')[2]}>"
        made["Auto-Submitted"] = "auto-generated"
        made.set_content(self.text)
        return made


class Messenger(Protocol):
    """The seam: send a mail, once as far as it is in our hands."""

    def send(self, mail: Mail) -> None:
        """Send it; raises NotSent."""
        ...


@dataclass(frozen=True, slots=True)
class FolderMessenger:
    """A folder that mail is written to: a demo's, and a test's."""

    folder: Path
    sender: str = "batong@demo.batong.example"

    def send(self, mail: Mail) -> None:
        """Write the mail as `<key>.eml`, once."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        text = mail.written(self.sender).as_bytes().decode("ascii")
        write_once(self.folder / f"{mail.key}.eml", text)


class SmtpMessenger:
    """A mail server, by `smtp://user:password@host:587?from=address` or `smtps://…:465`.

    Never in the clear but to this very machine (RFC 8314 §3).
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        sender = parse_qs(parts.query).get("from", [""])[0]
        if parts.scheme not in PORTS or not parts.hostname or "@" not in sender:
            raise BadAddress(
                "smtp_url 应为 smtp(s)://主机?from=发件地址 / must be smtp(s)://host?from=address"
            )
        self._host = parts.hostname
        self._port = parts.port or PORTS[parts.scheme]
        self._direct = parts.scheme == "smtps"
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._sender = sender

    def send(self, mail: Mail) -> None:
        """Hand the mail to the server; raises NotSent."""
        try:
            with self._connected() as server:
                server.send_message(mail.written(self._sender))
        except (smtplib.SMTPException, OSError) as trouble:
            code = getattr(trouble, "smtp_code", "")
            raise NotSent(f"{type(trouble).__name__} {code}".strip()) from None

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        context, place = ssl.create_default_context(), (self._host, self._port)
        with (
            smtplib.SMTP_SSL(*place, timeout=PATIENCE, context=context)
            if self._direct
            else smtplib.SMTP(*place, timeout=PATIENCE)
        ) as server:
            if not self._direct and self._host not in LOCAL:
                server.starttls(context=context)
            if self._user:
                server.login(self._user, self._password)
            yield server
