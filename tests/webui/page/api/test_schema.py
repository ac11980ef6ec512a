"""schemathesis tries the whole interface as described: nothing makes the server fail."""

from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis import given as each

from tests.webui.page.signed_in import program
from webui.deed.book import deeds

PEOPLE = ("owner", "clerk", "newcomer", "inspector")
TRIES = 3
UNTRIED = ("post /session", "delete /session")
"""Signing in is limited, and out would end the trial: tests of their own try them."""


def operations(app: Flask) -> Any:
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    for found in schema.get_all_operations():
        operation = found.ok()  # type: ignore[union-attr]
        if f"{operation.method} {operation.path}" not in UNTRIED:
            yield operation


def failures(operation: Any, head: dict[str, str]) -> list[str]:
    """What the server failed at, of a few requests made from an operation's description."""
    found: list[str] = []

    @settings(
        max_examples=TRIES, deadline=None, database=None, derandomize=True,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @each(case=operation.as_strategy())
    def attempt(case: Any) -> None:
        answer = case.call(headers=head)
        if answer.status_code >= 500:
            found.append(f"{case.method} {case.path}: {answer.status_code} for {case.body!r}")

    attempt()
    return found


@pytest.mark.parametrize("account", PEOPLE)
def test_no_request_makes_the_server_fail(app: Flask, account: str) -> None:
    head, tried, found = {"Authorization": f"Bearer {program(app, account).token}"}, 0, list[str]()
    for operation in operations(app):
        found += failures(operation, head)
        tried += 1
    assert found == []
    assert tried > len(deeds())


def test_a_server_that_fails_is_noticed() -> None:
    planted = Flask("planted")
    planted.add_url_rule("/fail", "fail", lambda: ("fault", 500))
    told = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"},
            "paths": {"/fail": {"get": {"responses": {"200": {"description": "ok"}}}}}}  # fmt: skip
    planted.add_url_rule("/openapi.json", "described", lambda: told)
    schema = schemathesis.openapi.from_wsgi("/openapi.json", planted)
    [found] = schema.get_all_operations()
    assert failures(found.ok(), {})  # type: ignore[union-attr]
