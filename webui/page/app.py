"""The Flask application: what reads, over one source. Accounts and desks are further blueprints."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from urllib.parse import urlsplit

from flask import Flask
from jinja2 import StrictUndefined

from trading.account.keeping import Keeping
from webui.api import act, bid, draw, file, hall, people, presence, session, trustee, v1
from webui.api.office import PAGES as OFFICE
from webui.house import demo_folders
from webui.page import language, show, wearer
from webui.page.answer import asset, compression, look, policy, recording, trouble, turning
from webui.page.answer.forwarded import Forwarded
from webui.page.office import blueprints, demo
from webui.page.office.act import form, kept
from webui.page.office.desk.listing import is_at_work
from webui.page.sealing import Place
from webui.page.source import Source
from webui.page.view import away, feed, gallery, health, log, notice, project, report, room, verify
from webui.serve.log import read_log
from webui.serve.progress import Phase, read_progress

API = (
    v1.pages, hall.pages, act.pages, session.pages, draw.pages, bid.pages, file.pages,
    trustee.pages, people.pages, *OFFICE,
)  # fmt: skip
LOOPBACK = ("127.0.0.1", "localhost")
LONGEST_BODY = 64 * 1024
VIEWS = (
    notice.pages, project.pages, gallery.pages, room.pages, verify.pages, log.pages,
    feed.pages, report.pages,
)  # fmt: skip


def believed(public_url: str) -> list[str] | None:
    """Return the hosts by whose names the platform may be called; None believes any.

    A page elsewhere may point its own name at this machine (DNS rebinding): it is told 400.
    """
    named = urlsplit(public_url).hostname
    if not named or ":" in named:  # an address of IPv6 has no name to forge
        return None
    return [named, *LOOPBACK]


def create_app(
    source: Source,
    keeping: Keeping,
    viewers: Callable[[], int] = lambda: 0,
    frame: Place | None = None,
) -> Flask:
    """Return the application; `viewers` counts the live streams that are open beside it.

    `frame` is where the sealing frame is served, if it is.
    """
    app = Flask(__name__, static_folder=None, template_folder="template")
    app.config["MAX_CONTENT_LENGTH"] = LONGEST_BODY
    app.config["TRUSTED_HOSTS"] = believed(source.settings.public_url)
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.globals["demo"] = source.demo
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.url_map.strict_slashes = False
    app.extensions["batong"] = source
    app.extensions["frame"] = frame
    turning.install(app, keeping)
    for part in (compression, language, policy, asset, show):
        part.install(app)
    trouble.install(app, source.app_url)
    wearer.install(app, keeping)
    form.install(app)
    kept.install(app)
    presence.install(app)
    away.install(app, source)
    bar = demo.Bar()
    app.jinja_env.globals.update(demo_people=bar.people, demo_moments=bar.moments)
    app.jinja_env.globals["just_done"] = look.just_done
    for pages in (*VIEWS, *API, *blueprints()):
        app.register_blueprint(pages)
    health.install(app, source, viewers)
    recording.install(app, source.platform, is_at_work)
    if source.settings.trusted_proxies:
        app.wsgi_app = Forwarded(app.wsgi_app, source.settings.trusted_proxies)  # type: ignore[method-assign]

    app.context_processor(partial(place, source))
    return app


def place(source: Source) -> dict[str, object]:
    """Return what every page tells of the place it is on: its log, and how its data stands."""
    progress = read_progress(source.settings) if source.demo else None
    broken = progress is not None and progress.phase is Phase.BROKEN
    policy = source.keys.policy
    return {
        "filling": progress if progress and progress.phase is Phase.FILLING else None,
        "broken_folders": demo_folders(source.settings) if broken else (),
        "log_key": str(policy.log),
        "unwitnessed": not policy.quorum,
        "log_state": read_log(source.settings),
    }
