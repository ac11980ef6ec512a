"""How a drawn expert learns that a letter waits: mail, SMS, a call; each try leaves a receipt.

The letter itself lies in the app, sealed, and alone is answered (experts/panel/invitation.py): a
channel tells time and place, never the project, and cannot answer for anybody. So whoever makes the
calls can wake a person or fail to, and nothing else; what each way said of a try is kept as a hash
that the evidence of "no answer" holds.

`contact.json` of the draw service's folder: {"place", "page", "smtp", "sms", "voice"}; a way that
is not there is not used. SMS and voice are hooks: a POST of {"key", "ring", "text", "to"} to an
https address, answered within seconds; that of voice lets it ring for `ring` seconds by itself.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import Request, urlopen
from uuid import NAMESPACE_URL, UUID, uuid5

from monitor.law.workday import SHANGHAI
from monitor.log.canonical import JSON, canonical
from monitor.work.messenger import Mail, NotSent, SmtpMessenger

log = logging.getLogger("batong.program")
CONFIG = "contact.json"
PATIENCE = 5.0
RING = 60
"""Seconds that a call rings."""
LOCAL = ("127.0.0.1", "localhost")


class Way(StrEnum):
    """A channel beside the app."""

    MAIL = "mail"
    SMS = "sms"
    VOICE = "voice"


@dataclass(frozen=True, slots=True)
class Address:
    """How one person is reached: the key of letters, and where other ways lead."""

    recipient: str
    mail: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)

    @classmethod
    def read(cls, told: object) -> Address:
        """Read a line of experts.json: a key alone, or {"recipient", "mail", "phone"}."""
        if isinstance(told, str):
            return cls(told)
        if not isinstance(told, Mapping) or "recipient" not in told:
            raise ValueError("experts.json")
        return cls(
            str(told["recipient"]), str(told.get("mail") or ""), str(told.get("phone") or "")
        )

    def of(self, way: Way) -> str:
        """Return where a way leads; "" where it does not."""
        return self.mail if way is Way.MAIL else self.phone


@dataclass(frozen=True, slots=True)
class Notice:
    """What is told at `at`: when and where, and where to answer. It has no room for a project."""

    key: str
    at: int
    starts: int
    ends: int
    attempt: int
    place: str = ""
    page: str = ""

    @property
    def text(self) -> str:
        """Return it in words."""
        begins, ends = (
            datetime.fromtimestamp(at, UTC).astimezone(SHANGHAI) for at in (self.starts, self.ends)
        )
        when = f"{begins:%Y-%m-%d %H:%M}–{ends:%m-%d %H:%M}"
        zh = f"请您参加评标：{when} {self.place}。请登录{self.page}“我的专家页”答复。"
        return (
            f"{zh} / You are asked to evaluate: {when} (Beijing) {self.place}. Answer: {self.page}"
        )

    @property
    def id(self) -> UUID:
        """Return the key of this try, the same for the same try."""
        return uuid5(NAMESPACE_URL, f"batong-contact:{self.key}:{self.attempt}")


Send = Callable[[str, Notice], bytes]
"""Send to an address; return what the channel said. Raises as `_said` takes for a failure."""


@dataclass(frozen=True, slots=True)
class Outreach:
    """The ways that there are."""

    ways: Mapping[Way, Send] = field(default_factory=dict)
    place: str = ""
    page: str = ""

    @classmethod
    def of(cls, folder: Path) -> Outreach:
        """Return what contact.json of a folder says; no way beside the app without one."""
        path = folder / CONFIG
        told = json.loads(path.read_text("utf-8")) if path.is_file() else {}
        ways: dict[Way, Send] = {}
        if told.get("smtp"):
            ways[Way.MAIL] = _by_mail(SmtpMessenger(str(told["smtp"])))
        for way in (Way.SMS, Way.VOICE):
            if told.get(way.value):
                ways[way] = _by_hook(str(told[way.value]))
        return cls(ways, str(told.get("place") or ""), str(told.get("page") or ""))

    def tell(self, address: Address, notice: Notice) -> list[JSON]:
        """Try every way at once; return [way, SHA-256 of what it said] of each, in order."""
        tried = [(way, send) for way, send in self.ways.items() if address.of(way)]
        if not tried:
            return []
        with ThreadPoolExecutor(len(tried)) as hands:
            said = hands.map(lambda one: _said(one[1], address.of(one[0]), notice), tried)
            told = sorted(
                (way.value, hashlib.sha256(each).hexdigest())
                for (way, _), each in zip(tried, said, strict=True)
            )
        return [list(one) for one in told]


def evidence_of(mask: str, tries: Sequence[int], receipts: JSON) -> tuple[bytes, bytes, bytes]:
    """Return what the evidence of "no answer" is a hash of."""
    return mask.encode(), canonical(list(tries)), canonical(receipts)


def _said(send: Send, to: str, notice: Notice) -> bytes:
    """Return what a channel said, or that it failed: nothing of an address is written down."""
    try:
        return send(to, notice)
    except (NotSent, OSError, HTTPException, ValueError) as trouble:
        log.warning("a channel failed: %s", type(trouble).__name__)
        return f"failed {type(trouble).__name__}".encode()


def _by_mail(messenger: SmtpMessenger) -> Send:
    def send(to: str, notice: Notice) -> bytes:
        subject, at = "评标通知 / You are asked to evaluate", datetime.fromtimestamp(notice.at, UTC)
        messenger.send(Mail(notice.id, to, subject, notice.text, at))
        return f"sent {notice.id}".encode()

    return send


def _by_hook(url: str) -> Send:
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in LOCAL:
        raise ValueError("a hook must be https / 短信、语音接口须为 https")

    def send(to: str, notice: Notice) -> bytes:
        told = {"key": str(notice.id), "ring": RING, "text": notice.text, "to": to}
        asked = Request(  # noqa: S310  https, or this very machine: looked at above
            url, json.dumps(told).encode(), {"Content-Type": "application/json"}
        )
        with urlopen(asked, timeout=PATIENCE) as answer:  # noqa: S310
            data: bytes = answer.read(4096)
            return data

    return send
