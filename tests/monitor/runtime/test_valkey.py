"""Embedded Valkey: private, with a password, and what it took it still has after a kill -9."""

import os
import signal
import stat
import subprocess
import time
from pathlib import Path

import pytest
import redis

from monitor.runtime.folder import socket_folder
from monitor.runtime.process import works_in
from monitor.runtime.valkey import EmbeddedValkey, valkey_answers, valkey_password


def test_valkey_keeps_what_it_must_not_lose(valkey: EmbeddedValkey) -> None:
    with redis.Redis.from_url(valkey.url, decode_responses=True) as client:
        wanted = {
            "appendonly": "yes",
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",
            "port": "0",
        }
        found: dict[str, str] = client.config_get(*wanted)
        assert found == wanted


def test_an_attacker_without_the_password_is_refused(valkey: EmbeddedValkey) -> None:
    path = valkey.url.rpartition("@")[2]
    for url in (f"unix://{path}", f"unix://:guessed@{path}"):
        assert not valkey_answers(url)
        with redis.Redis.from_url(url) as client, pytest.raises(redis.AuthenticationError):
            client.set("taken", "over")


def test_the_password_is_in_a_private_file_and_not_on_the_command_line(
    valkey: EmbeddedValkey,
) -> None:
    assert valkey.pid
    shown = subprocess.run(["ps", "axeww"], capture_output=True, text=True, check=True).stdout
    word = valkey_password(valkey.data)
    assert "valkey-server" in shown
    assert word not in shown
    conf = valkey.data / "valkey" / "valkey.conf"
    assert word in conf.read_text()
    assert stat.S_IMODE(conf.stat().st_mode) == 0o600
    who = subprocess.run(
        ["ps", "-o", "uid=", "-p", str(valkey.pid)], capture_output=True, text=True, check=True
    )
    assert int(who.stdout) != 0


def test_a_killed_valkey_still_has_what_it_acknowledged(tmp_path: Path) -> None:
    sockets = socket_folder(tmp_path)
    with EmbeddedValkey(tmp_path, sockets) as server:
        with redis.Redis.from_url(server.url) as client:
            for number in range(500):
                client.rpush("list", number)
        assert server.pid
        os.kill(server.pid, signal.SIGKILL)
        while server.alive():
            time.sleep(0.01)
        server.start()
        with redis.Redis.from_url(server.url) as client:
            assert client.llen("list") == 500
    (sockets / "valkey.sock").unlink(missing_ok=True)
    sockets.rmdir()


def test_a_leftover_is_ended_before_a_new_start(tmp_path: Path) -> None:
    sockets = socket_folder(tmp_path)
    first = EmbeddedValkey(tmp_path, sockets)
    first.start()
    leftover = first.pid
    assert leftover
    with EmbeddedValkey(tmp_path, sockets) as second:
        assert not works_in(leftover, tmp_path / "valkey")
        assert second.ready()
    first.stop()
    sockets.rmdir()
