"""A real folder: its log has a name and witnesses of its own, or says that it has none.

Restored to an earlier day it refuses to start, is brought up from published bundles, and goes on as
the same log: its witnesses, who run elsewhere, cosign the next checkpoint.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import gethostname

import pytest
from click.testing import CliRunner

from monitor.clock import SystemClock
from monitor.log.checkpoint import open_checkpoint
from monitor.log.note import Kind, SigningKey
from monitor.log.sequencer.latch import Latch
from monitor.log.witness.wire import RemoteWitness, witness_key
from monitor.record.action import Action
from monitor.record.platform import Platform
from monitor.role import SYSTEM
from monitor.runtime.settings import SettingsError, load
from tests.served import await_answer, free_port, serve
from tests.stories.demo.run import ROOT
from trading.registration.party import enrol
from webui.cli import main
from webui.house import kept_keys, log_key, open_house
from webui.serve.log import Colour, Teller

ORIGIN = "ggzy.example.gov.cn/log/2026"
PATIENCE = 120.0


@contextmanager
def a_witness(folder: Path, vkey: str) -> Iterator[str]:
    """A witness as anybody runs it elsewhere: by one command, knowing the log's vkey alone."""
    port, told = free_port(), Path(f"{folder}.said")
    words = ["witness", "run", "--keys", str(folder), "--listen", f"127.0.0.1:{port}"]
    command = [sys.executable, "-P", "-m", "webui.cli", *words, "--name", f"{folder.name}.example"]
    with told.open("wb") as said:
        child = subprocess.Popen(
            [*command, "--log", vkey], cwd=folder.parent, stdout=said, stderr=said,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
    try:
        await_answer(child, f"http://127.0.0.1:{port}/", folder)
        yield f"http://127.0.0.1:{port}"
    finally:
        child.send_signal(signal.SIGTERM)
        assert child.wait(PATIENCE) == 0


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new real folder, its log named."""
    monkeypatch.setenv("BATONG_DEMO", "0")
    monkeypatch.setenv("BATONG_LOG_ORIGIN", ORIGIN)
    return tmp_path / "data"


def act(data: Path) -> int:
    """Do something and have it sequenced; the size of the checkpoint that satisfies the policy."""
    settings = load(os.environ, data=data)
    with open_house(settings) as house:
        house.prepare()
        house.platform.perform(enrol, SYSTEM, None, name="测试人")
        house.publish(settings)
    note = Latch(settings.checkpoint_store).read()
    assert note is not None
    return open_checkpoint(note, kept_keys(settings).policy).checkpoint.size


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, [*words])
    return done.exit_code, done.output


def test_a_restored_real_folder_refuses_to_start_and_recovers_as_the_same_log(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vkey = str(log_key(load(os.environ, data=data)).verifier)
    with a_witness(tmp_path / "w1", vkey) as one, a_witness(tmp_path / "w2", vkey) as two:
        keys = [str(witness_key(each)) for each in (one, two)]
        third = SigningKey.generate("w3.example", Kind.COSIGNATURE).verifier  # its machine is away
        told = f"{keys[0]} {one}, {keys[1]} {two}, {third} http://127.0.0.1:9"
        monkeypatch.setenv("BATONG_WITNESSES", told)
        assert act(data) > 0
        subprocess.run(["cp", "-a", data / "postgres", tmp_path / "backup"], check=True)
        lost = [act(data), act(data)]
        subprocess.run(["rm", "-r", data / "postgres"], check=True)
        subprocess.run(["cp", "-a", tmp_path / "backup", data / "postgres"], check=True)
        status, said = run("serve", "--data", str(data), "--port", str(free_port()))
        assert status == 1
        assert "落后" in said
        assert f"< {lost[-1]}" in said
        status, said = run("log", "recover", "--data", str(data))
        assert (status, "补回" in said) == (0, True), said
        assert run("log", "recover", "--data", str(data))[0] == 1
        status, said = run("audit", "--data", str(data))
        assert status == 0, said
        witness = RemoteWitness(two, kept_keys(load(os.environ, data=data)).policy.witnesses[1])
        before = witness.latest(ORIGIN)
        size = act(data)
        assert size > lost[-1]
        after = witness.latest(ORIGIN)
        assert before is not None
        assert after is not None
        assert (before.split("\n")[0], int(after.split("\n")[1])) == (ORIGIN, size)


class Killed(BaseException):
    """What stops a program between two of its steps."""


def test_a_recovery_that_is_killed_after_its_import_is_run_again_to_the_same_end(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = act(data)
    subprocess.run(["cp", "-a", data / "postgres", tmp_path / "backup"], check=True)
    end = [act(data), act(data)][-1]
    subprocess.run(["rm", "-r", data / "postgres"], check=True)
    subprocess.run(["cp", "-a", tmp_path / "backup", data / "postgres"], check=True)

    def killed(_: object, done: Action[..., object], *__: object, **___: object) -> None:
        assert done.name == "log.recover"
        raise Killed

    with monkeypatch.context() as stopping:
        stopping.setattr(Platform, "perform", killed)
        with pytest.raises(Killed):
            CliRunner().invoke(main, ["log", "recover", "--data", str(data)])
    status, said = run("audit", "--data", str(data))
    assert (status, "padding does not open" in said) == (1, True), said
    assert act(data) > end, "the log goes on meanwhile"
    status, said = run("log", "recover", "--data", str(data))
    assert (status, f"leaves {start} to {end} are back" in said) == (0, True), said
    status, said = run("audit", "--data", str(data))
    assert status == 0, said
    status, said = run("log", "recover", "--data", str(data))
    assert (status, "lacks nothing" in said) == (1, True), said


def test_a_real_folder_without_witnesses_is_served_and_says_so(data: Path) -> None:
    port = free_port()
    child = serve(data, port, "--empty", BATONG_DEMO="0", BATONG_LOG_ORIGIN=ORIGIN)
    try:
        url = f"http://127.0.0.1:{port}"
        await_answer(child, f"{url}/readyz", data)
        with urllib.request.urlopen(f"{url}/") as answer:  # noqa: S310 - our own address
            page = answer.read().decode()
        with urllib.request.urlopen(f"{url}/keys.txt") as answer:  # noqa: S310
            keys = answer.read().decode()
        Teller(load({}, data=data)).tell(Colour.RED, "forked", {}, SystemClock().now())
        with urllib.request.urlopen(f"{url}/") as answer:  # noqa: S310
            red = answer.read().decode()
        while "ready" not in Path(f"{data}.said").read_text("utf-8"):
            assert child.poll() is None
            time.sleep(0.1)
    finally:
        child.send_signal(signal.SIGINT)
        assert child.wait(PATIENCE) == 0
    assert "日志未经见证" in Path(f"{data}.said").read_text("utf-8")
    assert "不发邮件：没有设置 BATONG_SMTP_URL" in Path(f"{data}.said").read_text("utf-8")
    assert "日志未经见证" in page
    assert "日志已停止签名" not in page
    assert "日志已停止签名" in red
    assert "演示" not in page
    assert "quorum none" in keys
    assert f"log {ORIGIN}+" in keys
    assert not Path(f"{data}-stand-ins").exists()


def test_a_log_that_nobody_named_has_the_name_of_where_it_is(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BATONG_LOG_ORIGIN")
    assert log_key(load(os.environ, data=data)).name.startswith(f"{gethostname()}/log/20")
    monkeypatch.setenv("BATONG_PUBLIC_URL", "https://ggzy.example.gov.cn")
    kept = log_key(load(os.environ, data=data)).name
    assert kept.startswith(f"{gethostname()}/log/20"), "a name is for ever"
    other = log_key(load(os.environ, data=data.with_name("other"))).name
    assert other.startswith("ggzy.example.gov.cn/log/20")


def test_a_log_is_never_renamed_and_its_witnesses_are_only_added(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = log_key(load(os.environ, data=data)).name
    assert name == ORIGIN
    monkeypatch.setenv("BATONG_LOG_ORIGIN", "other.example/log/2026")
    with pytest.raises(SettingsError, match=r"log\.origin"):
        log_key(load(os.environ, data=data))
    monkeypatch.delenv("BATONG_LOG_ORIGIN")
    assert log_key(load(os.environ, data=data)).name == ORIGIN
