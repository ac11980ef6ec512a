"""schemathesis tries the whole interface as described: nothing makes the server fail."""

from collections.abc import Iterator
from itertools import cycle, repeat
from typing import Any

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


def failures(operation: Any, turns: Iterator[list[dict[str, str]]]) -> list[str]:
    """What the server failed at, of a few requests made from an operation's description.

    Each request is made as everybody whose turn it is.
    """
    found: list[str] = []

    @settings(
        max_examples=TRIES, deadline=None, database=None, derandomize=True,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @each(case=operation.as_strategy())
    def attempt(case: Any) -> None:
        for head in next(turns):
            answer = case.call(headers=head)
            if answer.status_code >= 500:
                found.append(f"{case.method} {case.path}: {answer.status_code} for {case.body!r}")

    attempt()
    return found


def test_no_request_makes_the_server_fail(app: Flask, campaign: bool) -> None:
    heads = [{"Authorization": f"Bearer {program(app, each).token}"} for each in PEOPLE]
    pairs = [[one, other] for one, other in zip(heads, heads[1:] + heads[:1], strict=True)]
    turns = repeat(heads) if campaign else cycle(pairs)
    tried, found = 0, list[str]()
    for operation in operations(app):
        found += failures(operation, turns)
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
    assert failures(found.ok(), repeat([{}]))  # type: ignore[union-attr]
