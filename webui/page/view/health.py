"""`/healthz`, `/readyz`, `/metrics`: for machines; counts only, and nothing of any bid.

Exact counts are for this machine, or for who shows the token that is set (BATONG_METRICS_TOKEN).
"""

from __future__ import annotations

import hmac
from collections import Counter
from collections.abc import Callable

from flask import Flask, Response

from monitor.runtime.postgres import answers
from monitor.work.due import stuck_work, tally
from webui.page.answer.cookie import on_this_machine
from webui.page.source import Source
from webui.page.view.away import signs
from webui.page.wearer import bearer
from webui.serve.state import Program


def install(app: Flask, source: Source, viewers: Callable[[], int]) -> None:
    """Count the answers, and serve the three addresses."""
    counted: Counter[str] = Counter()

    @app.after_request
    def count(response: Response) -> Response:
        counted[f"{response.status_code // 100}xx"] += 1
        return response

    @app.get("/healthz")
    def healthz() -> Response:
        return _plain("ok\n", 200)

    @app.get("/readyz")
    def readyz() -> Response:
        if not answers(source.app_url):
            return _plain("no database\n", 503)
        missed = "".join(f"{each.name} is away\n" for each in signs().away())
        return _plain(f"ready\n{missed}", 200)

    @app.get("/metrics")
    def metrics() -> Response:
        if not _may_count(source.settings.metrics_token):
            return _plain("for this machine, or with the token\n", 403)
        head = source.head()
        with source.platform.read() as session:
            work, stuck = tally(session), len(stuck_work(session))
        missed = {each.name for each in signs().away()}
        lines = [
            *(f'batong_answers_total{{class="{name}"}} {n}' for name, n in sorted(counted.items())),
            f"batong_viewers {viewers()}",
            f"batong_log_size {head.size if head else 0}",
            *(f'batong_work{{state="{state}"}} {n}' for state, n in work.items()),
            f"batong_work_stuck {stuck}",
            *(f'batong_away{{program="{one}"}} {int(one in missed)}' for one in Program),
        ]
        return _plain("\n".join(lines) + "\n", 200)


def _may_count(token: str | None) -> bool:
    shown = token is not None and hmac.compare_digest(bearer().encode(), token.encode())
    return shown or on_this_machine()


def _plain(told: str, status: int) -> Response:
    response = Response(told, status, mimetype="text/plain")
    response.headers["Cache-Control"] = "no-store"
    return response
