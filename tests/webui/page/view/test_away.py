"""A program that is away: every page says which, since when and what to do; machines are told too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.served import Served
from webui.demo.account import open_keeping
from webui.house import House
from webui.page.app import create_app
from webui.page.source import Source


@pytest.fixture
def cut_off(served: Served, house: House, tmp_path: Path) -> Iterator[Flask]:
    """The application over the same data, with a Valkey that is not there."""
    nowhere = f"unix://{tmp_path}/none.sock"
    settings = replace(served.settings, redis_url=nowhere)
    keeping = open_keeping(house.platform, settings, nowhere)
    app = create_app(Source.of(settings, house), keeping)
    yield app
    keeping.close()
    app.extensions["signs"].close()


def test_every_page_says_which_program_is_away_and_what_to_do(cut_off: Flask) -> None:
    client = cut_off.test_client()
    for path in ("/", "/rooms", "/verify"):
        page = client.get(path).text
        assert "缓存服务 Valkey" in page
        assert "valkey.log" in page
    assert "Valkey, the cache" in client.get("/?lang=en").text


def test_machines_are_told_and_what_needs_no_valkey_goes_on(cut_off: Flask) -> None:
    client = cut_off.test_client()
    ready = client.get("/readyz")
    assert (ready.status_code, ready.text) == (200, "ready\nvalkey is away\n")
    metrics = client.get("/metrics").text
    assert 'batong_away{program="valkey"} 1' in metrics
    assert 'batong_away{program="worker"} 0' in metrics


def test_where_all_is_well_no_page_says_anything(client: FlaskClient) -> None:
    assert client.get("/readyz").text == "ready\n"
    assert "有程序不在线" not in client.get("/").text
    metrics = client.get("/metrics").text
    assert "batong_work_stuck 0" in metrics
    assert 'batong_away{program="scheduler"} 0' in metrics
