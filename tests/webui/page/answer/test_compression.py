"""What goes compressed, and what never does since its length would tell a secret."""

import gzip

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.webui.page.signed_in import person
from trading import board
from webui.page.answer.asset import address, assets

GZIP = {"Accept-Encoding": "gzip, br"}


def test_a_visitors_page_is_the_same_page_in_fewer_bytes(
    client: FlaskClient, entry: board.Entry
) -> None:
    plain = client.get(f"/project/{entry.code}")
    small = client.get(f"/project/{entry.code}", headers=GZIP)
    assert "Content-Encoding" not in plain.headers
    assert small.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in small.headers["Vary"]
    assert "Accept-Encoding" in plain.headers["Vary"]
    assert len(small.data) * 3 < len(plain.data)
    assert gzip.decompress(small.data)[:2000] == plain.data[:2000]


@pytest.mark.parametrize("name", sorted(assets()))
def test_a_static_file_comes_small_and_whole(client: FlaskClient, name: str) -> None:
    small = client.get(address(name), headers=GZIP)
    assert small.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(small.data) == assets()[name]
    assert client.get(address(name)).data == assets()[name]


@pytest.mark.parametrize("path", ["/sign-in?next=/aaaa", "/invitation"])
def test_a_page_with_a_forms_key_is_never_compressed(client: FlaskClient, path: str) -> None:
    for _ in range(2):  # with and without the cookie that the key belongs to
        answer = client.get(path, headers=GZIP)
        assert 'name="csrf"' in answer.text
        assert "Content-Encoding" not in answer.headers


def test_nobody_signed_in_gets_a_compressed_page(app: Flask, entry: board.Entry) -> None:
    client = person(app, "clerk")
    for path in ("/", "/tasks", f"/project/{entry.code}", "/api/v1/projects"):
        assert "Content-Encoding" not in client.get(path, headers=GZIP).headers, path


def test_downloads_that_are_small_already_are_left_alone(client: FlaskClient) -> None:
    answer = client.get("/log/checkpoint", headers=GZIP)
    assert answer.status_code == 200
    assert "Content-Encoding" not in answer.headers
