"""Strangers behind a proxy: counted one by one by its word, and by nobody else's."""

import re
from dataclasses import replace
from ipaddress import ip_network

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.webui.page.counter import Counter
from webui.page.answer.forwarded import reader
from webui.page.app import create_app

PROXY, SECOND = "192.0.2.10", "192.0.2.77"
PROXIES = (ip_network(PROXY), ip_network("192.0.2.64/28"), ip_network("2001:db8::/64"))
FLOOD = 20


@pytest.mark.parametrize(
    ("peer", "told", "found"),
    [
        (PROXY, "198.51.100.1", "198.51.100.1"),
        (PROXY, "203.0.113.9, 198.51.100.1", "198.51.100.1"),
        (PROXY, f"203.0.113.9, 198.51.100.1, {SECOND}", "198.51.100.1"),
        (f"::ffff:{PROXY}", "198.51.100.1", "198.51.100.1"),
        ("2001:db8::5", "2001:db8:1::9", "2001:db8:1::9"),
        (PROXY, "", PROXY),
        (PROXY, SECOND, SECOND),
        (PROXY, "198.51.100.1, nobody", PROXY),
        (PROXY, "198.51.100.1,", PROXY),
        ("198.51.100.7", "203.0.113.9", "198.51.100.7"),
        ("192.0.2.11", "203.0.113.9", "192.0.2.11"),
        ("", "203.0.113.9", ""),
    ],
)
def test_the_nearest_that_is_no_proxy_of_ours_is_the_reader(
    peer: str, told: str, found: str
) -> None:
    assert reader(peer, told, PROXIES) == found
    assert reader(peer, told, ()) == peer


@pytest.fixture(scope="module")
def behind(counter: Counter) -> Flask:
    """The pages where one proxy is believed."""
    settings = replace(counter.source.settings, trusted_proxies=PROXIES[:1])
    return create_app(replace(counter.source, settings=settings), counter.keeping)


class Stranger:
    """Somebody of the public who asks for reports, as the platform sees the line."""

    def __init__(self, app: Flask, peer: str) -> None:
        self.client: FlaskClient = app.test_client()
        self.client.environ_base["REMOTE_ADDR"] = peer
        page = self.client.get("/report").text
        self.csrf = re.findall(r'name="csrf" value="(\w+)"', page)[0]

    def asks(self, said: str) -> int:
        told = {"csrf": self.csrf, "code": "AAAA-AAAA-AAAA-AAAA"}
        headers = {"X-Forwarded-For": said}
        return self.client.post("/report/state", data=told, headers=headers).status_code


def test_one_who_floods_behind_a_proxy_shuts_nobody_else_out(behind: Flask) -> None:
    line = Stranger(behind, PROXY)
    assert [line.asks("198.51.100.40") for _ in range(FLOOD + 1)][-1] == 429
    assert line.asks("198.51.100.41") == 422, "another behind the same proxy"
    assert line.asks("198.51.100.99, 198.51.100.40") == 429, "its own word hides nobody"


def test_who_is_no_proxy_of_ours_is_counted_whatever_it_says(
    behind: Flask, counter: Counter
) -> None:
    for app, peer in ((behind, "198.51.100.50"), (counter.app, "198.51.100.51")):
        line = Stranger(app, peer)
        told = [line.asks(f"203.0.113.{number}") for number in range(FLOOD + 1)]
        assert told[-1] == 429
