"""Job `mail`: a message as mail, in its reader's language. It names the trade and what happened;
never a price, and nobody's name; a quiet one names nothing at all."""

from __future__ import annotations

from uuid import UUID

from bidding.hall.failure.reader import About, about
from monitor.work.due import Job
from monitor.work.messenger import Mail
from trading.notice.message.address import Address
from trading.notice.message.event import events
from trading.notice.message.message import Line, mail_of
from webui.page.language import text
from webui.serve.work.job.bench import Bench


class NoMessenger(LookupError):
    """There is no way for mail to leave."""


def send(bench: Bench, job: Job) -> None:
    """Send a message's mail; nothing happens where its reader wants none any more."""
    with bench.platform.read() as session:
        found = mail_of(session, UUID(job.key))
        objects = None if found is None else about(session, UUID(job.key))
    if found is None:
        return
    if bench.messenger is None:
        raise NoMessenger
    bench.messenger.send(written(*found, bench.url, objects))


def written(line: Line, address: Address, url: str, objects: About | None = None) -> Mail:
    """Return the mail of a message; of damaged objects it names those that are its reader's."""
    lang = address.lang
    if events()[line.event].quiet:
        told = text("message.told_quiet", lang)
        body = text("message.mail_quiet", lang, link=f"{url}/messages")
        return Mail(line.id, address.email, f"[{text('site.name', lang)}] {told}", body, line.at)
    told = text(f"message.event.{line.event}", lang)
    link = f"{url}/project/{line.code}"
    said = told if objects is None else f"{told}\n{_named(objects, lang)}"
    body = text("message.mail", lang, told=said, name=line.name, code=line.code, link=link)
    subject = f"[{text('site.name', lang)}] {told} · {line.name}"
    return Mail(line.id, address.email, subject, body, line.at)


def _named(objects: About, lang: str) -> str:
    if not objects.own:
        key = "message.none_yours" if objects.bids else "message.objects"
        return text(key, lang, count=objects.others)
    names = text("part.list", lang).join(objects.own)
    own = text("message.own_objects", lang, names=names)
    others = text("message.other_objects", lang, count=objects.others)
    return f"{own}\n{others}" if objects.others else own
