"""The hands: Celery on Valkey carries the ids of jobs to a worker, and nothing else.

A message that is lost or late costs a delay: the row is the truth (monitor/work/due.py), and it is
handed out again. So nothing rests on acknowledgements, results or retries of Celery.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from celery import Celery

TASK = "batong.work"
QUEUE = "batong"
EXPIRES = 60  # seconds; by then the job is handed out anew
PATIENCE = 2  # seconds to wait for Valkey


def make_celery(redis_url: str) -> Celery:
    """Return the Celery application over that Valkey (a redis or unix socket address)."""
    from celery import Celery

    app = Celery("batong", broker=broker(redis_url), set_as_current=False)
    app.conf.update(
        task_ignore_result=True,
        task_default_queue=QUEUE,
        task_serializer="json",
        accept_content=["json"],
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={"socket_timeout": 30, "socket_connect_timeout": PATIENCE},
    )
    return app


def broker(redis_url: str) -> str:
    """Return the address as kombu reads it: unix sockets have a spelling of their own there."""
    if redis_url.startswith("unix://"):
        return redis_url.replace("unix://", "redis+socket://", 1)
    return redis_url


class Hands:
    """Hands jobs to whichever worker is free."""

    def __init__(self, redis_url: str) -> None:
        self._redis_url = redis_url
        self._app: Celery | None = None

    def hand(self, work: UUID) -> None:
        """Hand a job over. Raises what Celery raises while Valkey is away."""
        self._app = self._app or make_celery(self._redis_url)
        self._app.send_task(TASK, (str(work),), queue=QUEUE, expires=EXPIRES, retry=False)

    def close(self) -> None:
        """Close the connections."""
        if self._app is not None:
            self._app.close()
