"""`/healthz`, `/readyz`, `/metrics`: for machines; counts only, and nothing of any bid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from flask import Flask, Response

from monitor.runtime.postgres import answers
from webui.page.source import Source


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
        ready = answers(source.app_url)
        return _plain("ready\n" if ready else "no database\n", 200 if ready else 503)

    @app.get("/metrics")
    def metrics() -> Response:
        head = source.head()
        lines = [
            *(f'batong_answers_total{{class="{name}"}} {n}' for name, n in sorted(counted.items())),
            f"batong_viewers {viewers()}",
            f"batong_log_size {head.size if head else 0}",
        ]
        return _plain("\n".join(lines) + "\n", 200)


def _plain(told: str, status: int) -> Response:
    response = Response(told, status, mimetype="text/plain")
    response.headers["Cache-Control"] = "no-store"
    return response
