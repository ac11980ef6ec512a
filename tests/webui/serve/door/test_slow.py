"""Attackers who send slowly, read nothing or ask for too much, at a site served by gunicorn."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.served import free_port
from tests.stories.demo.run import ROOT
from tests.webui.problem import amiss
from tests.webui.serve.door.peer import OURS, PATIENCE, THEIRS, Peers, heard, slow
from tests.webui.serve.door.site import LIMITS, LONG, NAMED
from webui.page.answer.attachment import KEPT
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


@pytest.mark.parametrize("path", ["/long", "/kept"])
def test_answers_that_are_not_taken_stop_nobody_and_are_dropped(peers: Peers, path: str) -> None:
    for _ in range(MANY):
        peers.sends(f"GET {path} HTTP/1.1\nHost: site\n\n")
    is_well(peers)
    is_well(peers, THEIRS)
    end = time.monotonic() + PATIENCE
    while any(peers.held()):
        assert time.monotonic() < end, "they are waited for as long as they like"
        time.sleep(0.05)


def test_a_long_answer_comes_whole_to_who_takes_it(peers: Peers) -> None:
    status, body = peers.asks("GET", "/long")
    assert (status, body.count(0)) == (200, 16 << 20)


def test_a_kept_file_comes_whole_without_lying_in_memory(peers: Peers) -> None:
    assert peers.asks("GET", "/kept") == (200, bytes(LONG))
    line = peers.sends("GET /kept HTTP/1.1\nHost: site\n\n")
    assert line.recv(1)
    requests, *held = peers.held()
    assert (requests, held) == (1, [0, 0])


def test_the_name_of_a_kept_file_goes_no_further_and_nobody_names_one(peers: Peers) -> None:
    name = NAMED["/kept"].hex
    said = heard(peers.sends("GET /gone HTTP/1.1\nHost: site\nConnection: close\n\n"))
    assert said.startswith(b"HTTP/1.1 200 ")
    assert b"kept-file" not in said.lower()
    asked = f"GET / HTTP/1.1\nHost: site\nConnection: close\n{KEPT}: {name}\n\n"
    said = heard(peers.sends(asked))
    assert said.endswith(b"\r\n\r\n0"), "a request names nothing"


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


ENGLISH = {408: "it came too slowly", 429: "too many requests from your address"}
CHINESE = {408: "来得太慢", 429: "请求过多"}
PAGE_ASKED, PROBLEM_ASKED = "text/html,*/*;q=0.8", "application/problem+json"


@pytest.mark.parametrize(
    ("path", "accepts", "kind"),
    [
        ("/", "", b"text/plain"), ("/", PAGE_ASKED, b"text/html"),
        ("/", PROBLEM_ASKED, b"application/problem+json"),
        ("/api/v1/time", PAGE_ASKED, b"application/problem+json"),
    ],
)  # fmt: skip
def test_the_door_says_no_in_both_languages_by_a_number_and_as_asked_for(
    peers: Peers, path: str, accepts: str, kind: bytes
) -> None:
    told = slow("POST", path).replace("\n\n", f"\nAccept: {accepts}\n\n")
    lines = [peers.sends(told) for _ in range(LIMITS.requests + 8)]
    answers: dict[int, list[bytes]] = {}
    for each in map(heard, lines):
        answers.setdefault(int(each.split()[1]), []).append(each)
    assert set(answers) == {408, 429}
    for status, said in answers.items():
        numbers = set()
        for answer in said:
            head, _, body = answer.partition(b"\r\n\r\n")
            assert b"content-type: " + kind in head
            assert b"retry-after: 5" in head
            number = head.partition(b"x-reference: ")[2].partition(b"\r\n")[0].decode()
            assert len(number) == 10
            assert number in body.decode()
            assert CHINESE[status] in body.decode()
            assert ENGLISH[status] in body.decode()
            if kind == b"application/problem+json":
                assert amiss(json.loads(body)) == []
            numbers.add(number)
        assert len(numbers) == len(said)
