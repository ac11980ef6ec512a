"""Kept papers: whole, once, under their own class; and given back for the archive."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from monitor.clock import MovableClock
from monitor.record.platform import Platform
from monitor.refusal import Conflict, Invalid, NotFound
from monitor.role import SYSTEM, Role
from monitor.runtime.database import Addresses
from monitor.store import FolderStore
from tests.builders import an_actor
from tests.monitor.record.house import START
from tests.trading.projects import Trade, a_registered_trade
from trading.paper.keeping import BAG, File, Stored, keep, keep_file, kept_documents, paper_with

NO_PROJECT = UUID(int=7)
FILE = File("contract", "contract.txt", "合同 / contract", b"text")


@pytest.fixture(scope="module")
def platform(database: Addresses) -> Iterator[Platform]:
    made = Platform(database.app_url, MovableClock(START), alarm=lambda _: None)
    yield made
    made.close()


@pytest.fixture
def trade(platform: Platform) -> Trade:
    return a_registered_trade(platform)


def files(folder: Path) -> int:
    return sum(path.is_file() for path in folder.rglob("*"))


def test_a_file_is_kept_once_and_given_back_as_a_document(
    platform: Platform, trade: Trade, tmp_path: Path
) -> None:
    store = FolderStore(tmp_path)
    first = keep_file(platform, store, trade.owner, trade.id, FILE)
    assert keep_file(platform, store, SYSTEM, trade.id, FILE) == first
    keep_file(platform, store, SYSTEM, trade.id, File(BAG, "public.zip", "公开包 / bag", b"zip"))
    assert files(tmp_path) == 2
    with platform.read() as session:
        [document] = kept_documents(session, trade.id, store)
        assert paper_with(session, trade.id, FILE.digest) is not None
    assert (document.path, document.body) == ("documents/contract/contract.txt", b"text")


def test_a_refused_file_leaves_no_bytes_behind(
    platform: Platform, trade: Trade, tmp_path: Path
) -> None:
    store = FolderStore(tmp_path)
    keep_file(platform, store, trade.owner, trade.id, FILE)
    with pytest.raises(Conflict):
        keep_file(platform, store, trade.owner, trade.id, File("contract", FILE.name, "x", b"y"))
    with pytest.raises(Invalid):
        keep_file(platform, store, trade.owner, trade.id, File("no_class", "a.txt", "x", b"z"))
    with pytest.raises(NotFound):
        keep_file(platform, store, SYSTEM, NO_PROJECT, File("contract", "a", "x", b"w"))
    assert files(tmp_path) == 1


@pytest.mark.parametrize("name", ["", "../contract.txt", "a" * 201])
def test_a_name_that_is_no_files_is_refused(platform: Platform, trade: Trade, name: str) -> None:
    stored = Stored("contract", name, "合同", bytes(32), 1, trade.id)
    with pytest.raises(Invalid):
        platform.perform(keep, trade.owner, trade.id, stored=stored)


def test_a_tenderer_keeps_nothing(platform: Platform, trade: Trade) -> None:
    stranger = an_actor(platform, Role.TENDERER)
    stored = Stored("contract", "a.txt", "合同", bytes(32), 1, trade.id)
    with pytest.raises(Exception, match="may not do"):
        platform.perform(keep, stranger, trade.id, stored=stored)
