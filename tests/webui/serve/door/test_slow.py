"""Attackers who send slowly, read nothing or ask for too much, at a site served by gunicorn."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.served import free_port
from tests.stories.demo.run import ROOT
from tests.webui.serve.door.peer import OURS, PATIENCE, THEIRS, Peers, heard, slow
from tests.webui.serve.door.site import LIMITS
from webui.serve.tree import answers

MANY = 12  # of four threads


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The site's own server, as `batong serve` runs its one."""
    found = free_port()
    said = tmp_path_factory.mktemp("site") / "said"
    with said.open("wb") as out:
        child = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "-k", "asgi", "-w", "1", "--no-control-socket",
             "--keep-alive", "15", "--graceful-timeout", "1", "--bind", f"{OURS}:{found}",
             "tests.webui.serve.door.site:application"],
            cwd=ROOT, stdout=out, stderr=out,
        )  # fmt: skip
    end = time.monotonic() + PATIENCE
    while not answers(f"http://{OURS}:{found}/healthz"):
        assert child.poll() is None, said.read_text("utf-8")
        assert time.monotonic() < end, said.read_text("utf-8")
        time.sleep(0.05)
    yield found
    child.terminate()
    child.wait(PATIENCE)


@pytest.fixture
def peers(port: int) -> Iterator[Peers]:
    made = Peers(port)
    with made.leaving:
        yield made
    end = time.monotonic() + PATIENCE
    while any(made.held()):  # those who left are forgotten before the next come
        assert time.monotonic() < end, "those who left are still counted"
        time.sleep(0.05)


def is_well(peers: Peers, who: str = OURS) -> None:
    assert peers.asks("GET", "/healthz", who=who) == (200, b"ok\n")
    assert peers.asks("POST", "/", b"x" * 5000, who) == (200, b"5000")
    assert peers.asks("PATCH", "/", b"x" * 5000, who) == (200, b"5000")


def test_bodies_that_do_not_come_stop_nobody_and_are_told_so(peers: Peers) -> None:
    lines = [peers.sends(slow("POST", "/")) for _ in range(MANY)]
    is_well(peers)
    is_well(peers, THEIRS)
    for each in lines:
        said = heard(each)
        assert said.startswith(b"HTTP/1.1 408 ")
        assert "来得太慢".encode() in said


def test_bodies_that_trickle_in_are_let_go_too(peers: Peers) -> None:
    lines = [peers.sends(slow("POST", "/")) for _ in range(MANY)]
    end = time.monotonic() + PATIENCE
    while peers.held()[0]:
        assert time.monotonic() < end, "they are waited for as long as they like"
        for each in lines:
            with suppress(OSError):
                each.sendall(b"b")
        time.sleep(0.05)
    is_well(peers, THEIRS)


def test_answers_that_are_not_taken_stop_nobody_and_are_dropped(peers: Peers) -> None:
    for _ in range(MANY):
        peers.sends("GET /long HTTP/1.1\nHost: site\n\n")
    is_well(peers)
    is_well(peers, THEIRS)
    end = time.monotonic() + PATIENCE
    while any(peers.held()):
        assert time.monotonic() < end, "they are waited for as long as they like"
        time.sleep(0.05)


def test_a_long_answer_comes_whole_to_who_takes_it(peers: Peers) -> None:
    status, body = peers.asks("GET", "/long")
    assert (status, body.count(0)) == (200, 16 << 20)


def test_uploads_that_do_not_come_leave_room_for_those_of_others(peers: Peers) -> None:
    lines = [
        peers.sends(slow(method, "/", length))
        for method, length in [("PATCH", 60_000), ("POST", LIMITS.small + 1)] * 2
    ]
    is_well(peers)
    assert heard(lines[0]).startswith(b"HTTP/1.1 408 ")
    is_well(peers, THEIRS)


def test_an_address_has_its_share_and_is_told_when_it_asks_for_more(peers: Peers) -> None:
    lines = [peers.sends(slow("POST", "/")) for _ in range(LIMITS.requests)]
    is_well(peers)
    said = [heard(each) for each in lines]
    refused = [each for each in said if each.startswith(b"HTTP/1.1 429 ")]
    assert len(refused) >= LIMITS.requests // 2
    assert all(b"retry-after: 5" in each for each in refused)
    assert all("请求过多".encode() in each for each in refused)
    assert all(each.startswith((b"HTTP/1.1 429 ", b"HTTP/1.1 408 ")) for each in said)
