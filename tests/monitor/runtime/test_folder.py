"""Private folders and secrets, against one who comes first or looks on."""

import os
import stat
from pathlib import Path

import pytest

from monitor.runtime.account import current
from monitor.runtime.database import addresses, passwords
from monitor.runtime.folder import FolderError, hold, own_folder, socket_folder
from monitor.runtime.secret import secret, write_once

MACOS_SUN_PATH = 104


def test_a_deep_data_folder_has_a_short_socket_path(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["公共资源交易中心" * 3] * 4)
    deep.mkdir(parents=True)
    folder = socket_folder(deep)
    try:
        assert len(os.fsencode(folder / ".s.PGSQL.5432.lock")) < MACOS_SUN_PATH
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert socket_folder(deep) == folder
        assert socket_folder(tmp_path) != folder
    finally:
        folder.rmdir()
        socket_folder(tmp_path).rmdir()


def test_a_socket_folder_that_others_can_enter_is_refused(tmp_path: Path) -> None:
    open_to_all = tmp_path / "open"
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    with pytest.raises(FolderError):
        own_folder(open_to_all, current())


def test_a_link_in_place_of_the_socket_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "theirs")
    with pytest.raises(FolderError):
        own_folder(tmp_path / "link", current())


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to make another user's folder")
def test_a_socket_folder_made_first_by_another_user_is_refused(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir(mode=0o700)
    os.chown(theirs, 12345, 12345)
    with pytest.raises(FolderError):
        own_folder(theirs, current())


def test_one_process_holds_a_data_folder(tmp_path: Path) -> None:
    with hold(tmp_path) as first, hold(tmp_path) as second:
        assert (first, second) == (True, False)
    with hold(tmp_path) as again:
        assert again


def test_secrets_are_long_differ_stay_and_are_private(tmp_path: Path) -> None:
    one, other = secret(tmp_path / "s", "one"), secret(tmp_path / "s", "other")
    assert one != other
    assert len(one) == 43
    assert secret(tmp_path / "s", "one") == one
    assert stat.S_IMODE((tmp_path / "s").stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "s").iterdir()} == {0o600}


def test_whoever_writes_second_reads_the_first(tmp_path: Path) -> None:
    assert write_once(tmp_path / "kind", "real") == "real"
    assert write_once(tmp_path / "kind", "demo") == "real"


def test_addresses_do_not_show_their_passwords(tmp_path: Path) -> None:
    words = passwords(tmp_path)
    shown = repr(addresses("/run", words))
    assert len(set(words.values())) == 4
    assert not [word for word in words.values() if word in shown]
