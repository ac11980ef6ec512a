"""The live stream over the wire: contiguous frames, resumed from the last, nothing missed."""

import base64
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from monitor.record.disclosure import Disclosed
from monitor.role import SYSTEM
from tests.served import Served
from trading import board
from trading.notice.notice import carry, current_notice
from webui.page.source import Source

NOBODYS = "7d137237-793b-4013-9a5e-6e34e6880278"


def events(served: Served, query: str, **headers: str) -> Iterator[tuple[str, str, str]]:
    """Give the events of a stream as (name, id, data)."""
    request = urllib.request.Request(f"{served.url}/live/events?{query}", headers=headers)  # noqa: S310
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - our own address
        assert answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        fields: dict[str, str] = {}
        for line in answer:
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name:
                fields[name] = value
            elif "event" in fields:
                yield fields["event"], fields.get("id", ""), fields.pop("data")
                fields = {}


def frames(served: Served, query: str, **headers: str) -> Iterator[dict[str, Any]]:
    for name, number, data in events(served, query, **headers):
        if name == "frame":
            frame = json.loads(data)
            assert str(frame["to"]) == number
            yield frame


def done(opening: dict[str, Any]) -> str:
    """The action that an opening tells of."""
    return str(json.loads(base64.b64decode(opening["body"]))["action"])


def test_the_first_frame_opens_all_that_a_visitor_may_see(
    served: Served, entry: board.Entry, records: list[Disclosed]
) -> None:
    first = next(frames(served, f"project={entry.code}"))
    assert first["from"] == 0
    indexes = [
        each.index for each in records if each.index is not None and each.index < first["to"]
    ]
    assert [each["index"] for each in first["openings"]] == sorted(indexes)


def test_frames_follow_on_without_a_gap_and_bring_what_was_just_done(
    served: Served, source: Source, entry: board.Entry
) -> None:
    stream = frames(served, f"project={entry.project}")
    size = next(stream)["to"]
    with source.platform.read() as session:
        notice = current_notice(session, entry.project)
        assert notice is not None
    source.platform.perform(
        carry, SYSTEM, entry.project, notice=notice.id, medium="centre", digest=notice.digest
    )
    seen: list[int] = []
    for frame in stream:
        assert frame["from"] == size
        size = frame["to"]
        seen += [each["index"] for each in frame["openings"] if done(each) == "notice.carry"]
        if seen:  # the scheduler may have confirmed a stage meanwhile: that is another's act
            break
    assert len(seen) == 1
    again = next(frames(served, f"project={entry.project}", **{"Last-Event-ID": str(seen[0])}))
    assert again["from"] == seen[0]
    assert again["openings"][0]["index"] == seen[0]


def test_silence_is_broken_by_a_beat_or_a_frame(served: Served, entry: board.Entry) -> None:
    stream = events(served, f"project={entry.project}")
    next(stream)
    assert next(stream)[0] in {"beat", "frame"}


@pytest.mark.parametrize(
    "query",
    ["", "project=", "project=nobody", f"project={NOBODYS}", "project=%00", "project={}&after=x",
     "project={}&after=-1", "project={}&after=99999999", "project={}&after=%D9%A3"],
)  # fmt: skip
def test_a_stream_of_nothing_or_from_nowhere_is_refused(
    served: Served, entry: board.Entry, query: str
) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        next(events(served, query.format(entry.project)))
    assert refused.value.code == 400
    assert json.loads(refused.value.read())["detail"]
    refused.value.close()
