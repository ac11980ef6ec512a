"""Whatever a test of the pages is answered, a problem is as described and an act as declared."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask, Response, request, request_finished

from tests.webui.performing import undeclared_here
from tests.webui.problem import amiss_in

FOUND: list[str] = []


def note(_: Flask, response: Response, **__: Any) -> None:
    """Note what an answer breaks: raised here, it would be an answer of its own."""
    FOUND.extend(f"{request.method} {request.path}: {each}" for each in amiss_in(response))
    FOUND.extend(undeclared_here())


@pytest.fixture(autouse=True)
def answers_are_as_described() -> Iterator[None]:
    with request_finished.connected_to(note):
        yield
    found = FOUND[:]
    FOUND.clear()
    assert found == []
