"""`batong serve` as a person starts it: an address at once, every child again, an end in order."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.runtime.process import exists
from tests.served import await_answer, free_port, serve
from webui.cli.serve import chosen
from webui.cli.serve import serve as command
from webui.serve.progress import Phase, State, break_off, read_progress, write_progress

Started = tuple[subprocess.Popen[bytes], str, Path]
PATIENCE = 240.0


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Started]]:
    """Start the platform over a new folder and wait until it answers; it is stopped at the end."""
    running: list[subprocess.Popen[bytes]] = []

    def begin(*arguments: str) -> Started:
        port = free_port()
        child = serve(tmp_path / "data", port, *arguments)
        running.append(child)
        await_answer(child, f"http://127.0.0.1:{port}/readyz", tmp_path / "data")
        return child, f"http://127.0.0.1:{port}", tmp_path / "data"

    yield begin
    for child in running:
        if child.poll() is None:
            child.kill()
        child.wait()


def until(what: Callable[[], bool], told: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline, told
        time.sleep(0.1)


def said(data: Path) -> str:
    return Path(f"{data}.said").read_text("utf-8")


def get(url: str) -> str:
    with urllib.request.urlopen(url) as answer:  # noqa: S310 - our own address
        return str(answer.read().decode())


def family(pid: int) -> dict[str, int]:
    """The children of a process, by a word of their command line."""
    found = {}
    words = ("postgres", "valkey", "gunicorn", "sequencing", "filling")
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            line = (entry / "cmdline").read_text()
        except (OSError, ValueError):
            continue
        if parent == pid:
            found[next((word for word in words if word in line), line)] = int(entry.name)
    return found


def test_an_empty_platform_starts_answers_and_ends_in_order(
    start: Callable[..., Started],
) -> None:
    child, url, data = start("--empty")
    assert said(data).splitlines()[0].startswith(f"八统 Batong  {url}/")
    assert "还没有公告" in get(f"{url}/")
    assert "演示数据" not in get(f"{url}/")
    until(lambda: "ready" in said(data), "never ready")
    children = family(child.pid)
    assert set(children) >= {"postgres", "valkey", "gunicorn", "sequencing"}
    child.send_signal(signal.SIGINT)
    assert child.wait(PATIENCE) == 0
    assert "已停止 / stopped" in said(data)
    assert not [name for name, pid in children.items() if exists(pid)]
    for name in ("web.log", "sequencer.log"):
        assert "Traceback" not in (data / name).read_text("utf-8")


@pytest.mark.parametrize("victim", ["gunicorn", "sequencing"])
def test_a_child_that_is_killed_comes_again_and_the_log_goes_on(
    start: Callable[..., Started], victim: str
) -> None:
    child, url, data = start("--empty")
    until(lambda: victim in family(child.pid), "never started")
    size, first = _log_size(url), family(child.pid)[victim]
    os.kill(first, signal.SIGKILL)
    until(lambda: "已重启 / started again" in said(data), "not started again")
    until(lambda: _log_size(url) > size, "the log stands still")
    assert family(child.pid)[victim] != first


def _log_size(url: str) -> int:
    try:
        return int(get(f"{url}/log/checkpoint").split("\n")[1])
    except OSError:
        return 0


def test_nothing_outlives_a_supervisor_that_is_killed(start: Callable[..., Started]) -> None:
    child, _url, _data = start("--empty")
    until(lambda: "sequencing" in family(child.pid), "never started")
    children = family(child.pid)
    child.kill()
    child.wait()
    until(lambda: not any(map(exists, children.values())), f"left: {children}")
    assert [name for name, pid in children.items() if exists(pid)] == []


def test_a_new_folder_is_filled_while_its_pages_say_so_and_broken_off_it_says_that(
    start: Callable[..., Started],
) -> None:
    child, url, data = start()
    until(lambda: "演示数据正在生成" in get(f"{url}/"), "the page does not say so")
    until(lambda: bool(json.loads(get(f"{url}/api/v1/projects"))["projects"]), "no notice")
    progress = read_progress(chosen({}, data))
    assert progress.phase is Phase.FILLING
    assert 0 < progress.done < progress.steps
    told = meddle(url)
    assert told == {"advance": 409, "act-as": 409}
    assert read_progress(chosen({}, data)).phase is Phase.FILLING
    until(lambda: read_progress(chosen({}, data)).done > progress.done + 2, "it stands still")
    until(lambda: _log_size(url) > 0, "no log")
    child.send_signal(signal.SIGTERM)
    assert child.wait(PATIENCE) == 0
    _child, url, data = start()
    until(lambda: "只生成了一部分" in said(data), "the terminal does not say so")
    page = get(f"{url}/")
    assert "演示数据只生成了一部分" in page
    for folder in (data, f"{data}-checkpoints", f"{data}-stand-ins"):
        assert f"<code>{folder}</code>" in page
        assert f"{folder}" in said(data)
    assert json.loads(get(f"{url}/api/v1/projects"))["projects"]


def meddle(url: str) -> dict[str, int]:
    """Try to move the time far on, and to act as somebody; return how each was answered."""
    sent = {"advance": {"to": "2030-01-01T00:00"}, "act-as": {"account": "owner"}}
    return {name: post(f"{url}/demo/{name}", told, url) for name, told in sent.items()}


def post(url: str, form: dict[str, str], origin: str) -> int:
    asked = urllib.request.Request(  # noqa: S310 - our own address
        url, urllib.parse.urlencode(form).encode(), {"Origin": origin}
    )
    try:
        with urllib.request.urlopen(asked) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code


@pytest.mark.campaign
def test_whoever_presses_all_the_while_a_demo_is_filled_breaks_nothing_of_it(
    start: Callable[..., Started],
) -> None:
    _child, url, data = start()
    settings = chosen({}, data)
    until(lambda: read_progress(settings).phase is Phase.FILLING, "it does not begin")
    answers: list[dict[str, int]] = []
    deadline = time.monotonic() + 4 * PATIENCE
    while read_progress(settings).phase is Phase.FILLING:
        answers.append(meddle(url))
        assert time.monotonic() < deadline, "it never ends"
        time.sleep(0.5)
    assert answers[0] == {"advance": 409, "act-as": 409}
    assert read_progress(settings).phase is Phase.FILLED
    assert "Traceback" not in (data / "demo.log").read_text("utf-8")
    assert "留给您" in get(f"{url}/guide")


def test_what_no_process_fills_any_more_is_told_as_broken_off(tmp_path: Path) -> None:
    settings = chosen({}, tmp_path)
    write_progress(settings, State(Phase.FILLING, 3, 62, "三"))
    break_off(settings)
    assert read_progress(settings) == State(Phase.BROKEN, 3, 62, "三")
    write_progress(settings, State(Phase.FILLED, 62, 62))
    break_off(settings)
    assert read_progress(settings).phase is Phase.FILLED


def test_a_port_that_is_taken_is_told_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        run = CliRunner().invoke(command, ["--data", str(tmp_path / "data"), "--port", port])
    assert run.exit_code == 2
    assert "--port" in run.stderr
    assert len(run.stderr.splitlines()) == 1
    assert not (tmp_path / "data").exists()


def test_a_new_folder_becomes_a_demo_but_not_against_the_settings(tmp_path: Path) -> None:
    assert chosen({}, tmp_path / "data").wanted_kind == "demo"
    assert chosen({"BATONG_DEMO": "0"}, tmp_path / "data").kind == "real"


def test_progress_is_read_as_it_was_written(tmp_path: Path) -> None:
    settings = chosen({}, tmp_path)
    assert read_progress(settings) == State(Phase.NONE)
    state = State(Phase.FILLING, 3, 62, "三")
    write_progress(settings, state)
    assert read_progress(settings) == state
