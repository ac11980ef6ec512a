"""A department with a trade of its own and one of another's, watching by the stream."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from monitor.role import SYSTEM, Actor
from tests.trading.projects import Trade
from tests.webui.page.counter import Counter
from tests.webui.page.live.wire import Viewing, Wire
from trading.notice.notice import carry, current_notice

MINE = "as=wearer"


@dataclass
class Watched:
    """A department with a trade of its own, and a trade of another's."""

    wire: Wire
    department: Actor
    own: Trade
    foreign: Trade

    @property
    def counter(self) -> Counter:
        return self.wire.counter

    @property
    def platform(self) -> Any:
        return self.counter.house.platform

    def open(self, actor: Actor, query: str = MINE) -> tuple[Viewing, str]:
        """A stream of somebody's, and the token of the session."""
        person = self.counter.person(actor)
        return self.wire.open(query, person.token), person.token

    def publish(self, project: UUID) -> None:
        """Something public happens, and the log is told."""
        with self.platform.read() as session:
            notice = current_notice(session, project)
            assert notice is not None
        self.platform.perform(
            carry, SYSTEM, project, notice=notice.id, medium="centre", digest=notice.digest
        )
        self.counter.house.settle()

    @property
    def size(self) -> int:
        head = self.counter.source.head()
        assert head is not None
        return head.size


def up_to(stream: Iterator[dict[str, Any]], size: int) -> list[dict[str, Any]]:
    """The frames from the beginning to a size that was published: the hub sees it within a second."""
    found = [next(stream)]
    assert found[0]["from"] == 0
    while found[-1]["to"] < size:
        found.append(next(stream))
        assert found[-1]["from"] == found[-2]["to"]
    return found
