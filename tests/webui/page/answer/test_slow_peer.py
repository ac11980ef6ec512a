"""The served platform goes on while one machine keeps hundreds of requests half sent."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.served import Served
from tests.webui.serve.door.peer import OURS, THEIRS, Peers, slow

MANY = 300  # more than there are threads of any kind


@pytest.fixture
def peers(served: Served) -> Iterator[Peers]:
    made = Peers(urlsplit(served.url).port or 0)
    with made.leaving:
        yield made


def test_pages_and_forms_are_served_while_hundreds_hold_their_bodies_back(peers: Peers) -> None:
    for _ in range(MANY):
        peers.sends(slow("POST", "/report"))
    for who in (OURS, THEIRS):
        assert peers.asks("GET", "/healthz", who=who) == (200, b"ok\n")
        assert peers.asks("GET", "/verify", who=who)[0] == 200
        status, told = peers.asks("POST", "/api/v1/session", b"{}", who)
        assert (status, b"must be application/json" in told) == (415, True)
