"""A copy of the demo folder whose second trade takes bids, and the pages' application over it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.trial import Trial, a_copy, a_trial
from webui.demo.account import open_keeping
from webui.page.app import create_app
from webui.page.source import Source


@pytest.fixture(scope="module")
def trial(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    settings = a_copy(shared, tmp_path_factory.mktemp("trial"))
    with a_trial(settings) as opened:
        opened.open_bidding()
        yield opened


@pytest.fixture(scope="module")
def source(trial: Trial) -> Source:
    return Source.of(trial.settings, trial.house)


@pytest.fixture(scope="module")
def app(trial: Trial, source: Source) -> Iterator[Flask]:
    keeping = open_keeping(source.platform, trial.settings, trial.house.ground.redis_url)
    yield create_app(source, keeping)
    keeping.close()
