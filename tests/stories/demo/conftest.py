"""The demo, played once a test run; a test that bends anything bends a copy."""

import shutil
from pathlib import Path

import pytest

from tests.stories.demo.run import Played, play_once


@pytest.fixture(scope="session")
def played(shared: Path) -> Played:
    """The run; nobody changes a file of it."""
    run = play_once(shared)
    assert run.status == 0, run.errors + run.printed
    return run


@pytest.fixture
def copy(played: Played, tmp_path: Path) -> Path:
    """A copy of the artefacts that a test may bend."""
    made = tmp_path / "out"
    shutil.copytree(played.out, made, ignore=shutil.ignore_patterns("platform"))
    return made
