"""Accessibility by axe-core 4.14.1 of the parts by themselves, and of larger English text."""

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.rule import Rules

Spotted = Callable[..., Page]


def test_the_vendored_file_is_the_one_that_was_locked(vendor: Path) -> None:
    lock = json.loads((vendor / "vendor.lock.json").read_text("utf-8"))
    assert set(lock) == {path.name for path in vendor.glob("*.js")}
    for name, told in lock.items():
        digest = hashlib.sha384((vendor / name).read_bytes()).digest()
        assert told["file"] == "sha384-" + base64.b64encode(digest).decode()


def test_no_part_breaks_a_rule(rules: Rules, parts: Callable[..., Page]) -> None:
    assert rules.in_every_look(parts()) == {}


@pytest.mark.parametrize("name", ["home", "project", "verify"])
def test_larger_english_text_breaks_no_rule(rules: Rules, open_spot: Spotted, name: str) -> None:
    assert rules.accessible(open_spot(name, 390, query="size=large&lang=en")) == []
