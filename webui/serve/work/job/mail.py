"""Job `mail`: a message as mail, in its reader's language. It names the trade and what happened;
never a price, and nobody's name."""

from __future__ import annotations

from uuid import UUID

from monitor.work.due import Job
from monitor.work.messenger import Mail
from trading.notice.message.address import Address
from trading.notice.message.message import Line, mail_of
from webui.page.language import text
from webui.serve.work.job.bench import Bench


class NoMessenger(LookupError):
    """There is no way for mail to leave."""


def send(bench: Bench, job: Job) -> None:
    """Send a message's mail; nothing happens where its reader wants none any more."""
    with bench.platform.read() as session:
        found = mail_of(session, UUID(job.key))
    if found is None:
        return
    if bench.messenger is None:
        raise NoMessenger
    bench.messenger.send(written(*found, bench.url))


def written(line: Line, address: Address, url: str) -> Mail:
    """Return the mail of a message."""
    lang = address.lang
    told = text(f"message.event.{line.event}", lang)
    link = f"{url}/project/{line.code}"
    body = text("message.mail", lang, told=told, name=line.name, code=line.code, link=link)
    subject = f"[{text('site.name', lang)}] {told} · {line.name}"
    return Mail(line.id, address.email, subject, body, line.at)
