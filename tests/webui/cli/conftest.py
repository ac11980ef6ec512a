"""The outcome of one trade, made once, and a copy of it to bend."""

import shutil
from pathlib import Path

import pytest

from tests.webui.outcome import an_outcome


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return an_outcome(tmp_path_factory.mktemp("outcome"))


@pytest.fixture
def out(whole: Path, tmp_path: Path) -> Path:
    """A copy that a test may bend."""
    copy = tmp_path / "out"
    shutil.copytree(whole, copy)
    return copy
