"""Server time per page under a mixed load, beside a bare Flask page, with live viewers held.

    python -m benchmarks.served_pages --url http://127.0.0.1:8008 [--viewers 300] [--seconds 20]

Run it against a demo folder that `./batong serve` has filled. The bare page is served by the very
same server (gunicorn asgi, a2wsgi, 64 threads) in the same run, in turns with ours.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from collections import defaultdict
from pathlib import Path
from urllib.parse import urlsplit

BARE = """
from a2wsgi import WSGIMiddleware
from flask import Flask
app = Flask("bare")
@app.get("/")
def page():
    return "<!doctype html><title>bare</title><h1>bare</h1>"
application = WSGIMiddleware(app.wsgi_app, workers=64)
"""
CLIENTS = 8
ROUND = 2.0  # seconds of ours, then of the bare page


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--url", default="http://127.0.0.1:8008")
    asked.add_argument("--viewers", type=int, default=300)
    asked.add_argument("--seconds", type=float, default=20)
    asked.add_argument("--pid", type=int, help="of `serve`: memory of its tree is told")
    told = asked.parse_args()
    project = get_json(f"{told.url}/api/v1/projects")["projects"][0]
    record = get_json(f"{told.url}/api/v1/projects/{project['id']}")["records"][3]["id"]
    token = _sign_in(told.url, "clerk")
    pages = {
        "/": {}, f"/project/{project['code']}": {}, f"/record/{record}": {}, "/rooms": {},
        "/verify": {}, f"/api/v1/projects/{project['id']}": {}, "/tasks": token, "/desk": token,
    }  # fmt: skip
    with _viewers(told.url, project["id"], told.viewers) as held, _bare() as bare:
        print(f"live viewers held / 在线观看: {held}")
        ours: dict[str, list[float]] = defaultdict(list)
        base: list[float] = []
        rates: dict[str, list[float]] = {"ours": [], "bare": []}
        for _ in range(max(1, int(told.seconds / (2 * ROUND)))):
            rates["ours"].append(_load(told.url, pages, ours))
            found: dict[str, list[float]] = defaultdict(list)
            rates["bare"].append(_load(bare, {"/": {}}, found))
            base += found["/"]
    print(f"{'page':48} {'n':>6} {'p50 ms':>8} {'p95 ms':>8}")
    for page, times in ours.items():
        _row(page[:48], times)
    _row("bare Flask page", base)
    per = {name: statistics.median(each) for name, each in rates.items()}
    print(
        f"requests a second: ours {per['ours']:.0f}, bare {per['bare']:.0f}, ratio "
        f"{per['ours'] / per['bare']:.2f}; {CLIENTS} clients, {len(rates['ours'])} rounds each"
    )
    if told.pid:
        for name, mebibytes in memory(told.pid).items():
            print(f"PSS {mebibytes:7.1f} MiB  {name}")


def _row(page: str, times: list[float]) -> None:
    p50, p95 = percentile(times, 50), percentile(times, 95)
    print(f"{page:48} {len(times):6} {p50:8.1f} {p95:8.1f}")


def _load(url: str, pages: dict[str, dict[str, str]], times: dict[str, list[float]]) -> float:
    end, done, lock = time.perf_counter() + ROUND, [0], threading.Lock()

    def client(number: int) -> None:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
        names = list(pages)
        turn = number
        while time.perf_counter() < end:
            name = names[turn % len(names)]
            turn += 1
            begun = time.perf_counter()
            connection.request("GET", name, headers=pages[name])
            answer = connection.getresponse()
            answer.read()
            spent = (time.perf_counter() - begun) * 1000
            assert answer.status == 200, f"{name}: {answer.status}"
            with lock:
                times[name].append(spent)
                done[0] += 1
        connection.close()

    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return done[0] / (time.perf_counter() - begun)


@contextlib.contextmanager
def _viewers(url: str, project: str, count: int):
    place, loop = urlsplit(url), asyncio.new_event_loop()
    alive = [0]

    async def view() -> None:
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        writer.write(
            f"GET /live/events?project={project} HTTP/1.1\r\nHost: {place.netloc}\r\n\r\n".encode()
        )
        assert b" 200 " in await reader.readline()
        alive[0] += 1
        try:
            while await reader.read(65536):
                pass
        finally:
            alive[0] -= 1
            writer.close()

    async def all_of_them() -> None:
        await asyncio.gather(*(view() for _ in range(count)), return_exceptions=True)

    task = loop.create_task(all_of_them())
    thread = threading.Thread(target=lambda: loop.run_until_complete(_quietly(task)), daemon=True)
    thread.start()
    end = time.monotonic() + 30
    while alive[0] < count and time.monotonic() < end:
        time.sleep(0.1)
    yield alive[0]
    print(f"still held at the end / 结束时仍在线: {alive[0]}")
    loop.call_soon_threadsafe(task.cancel)
    thread.join(5)


async def _quietly(task: asyncio.Task[None]) -> None:
    with contextlib.suppress(asyncio.CancelledError):
        await task


@contextlib.contextmanager
def _bare():
    folder = Path(os.environ.get("TMPDIR", "/tmp")) / f"bare-{os.getpid()}"  # noqa: S108
    folder.mkdir()
    (folder / "bare.py").write_text(BARE, "utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    child = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "-k", "asgi", "-w", "1", "--bind", f"127.0.0.1:{port}",
         "--no-control-socket", "--log-level", "warning", "bare:application"],
        cwd=folder,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    for _ in range(100):
        with contextlib.suppress(OSError):
            urllib.request.urlopen(url, timeout=1).read()
            break
        time.sleep(0.1)
    try:
        yield url
    finally:
        child.terminate()
        child.wait(10)
        (folder / "bare.py").unlink()


def _sign_in(url: str, name: str) -> dict[str, str]:
    body = json.dumps({"name": name, "password": "batong-demo-2026"}).encode()
    asked = urllib.request.Request(
        f"{url}/api/v1/session", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(asked) as answer:
        return {"Authorization": f"Bearer {json.loads(answer.read())['token']}"}


def get_json(url: str):
    with urllib.request.urlopen(url) as answer:
        return json.loads(answer.read())


def percentile(times: list[float], percent: int) -> float:
    return sorted(times)[min(len(times) - 1, len(times) * percent // 100)]


def memory(pid: int) -> dict[str, float]:
    found: dict[str, float] = {}
    for each in [pid, *_children(pid)]:
        with contextlib.suppress(OSError):
            rollup = Path(f"/proc/{each}/smaps_rollup").read_text()
            pss = next(int(line.split()[1]) for line in rollup.splitlines() if "Pss:" in line)
            command = Path(f"/proc/{each}/cmdline").read_bytes().replace(b"\0", b" ").decode()
            found[_called(command)] = found.get(_called(command), 0) + pss / 1024
    return found | {"whole tree": sum(found.values())}


def _called(command: str) -> str:
    for word in ("postgres", "valkey", "gunicorn", "celery"):
        if word in command:
            return word
    return command.strip()[-60:]


def _children(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for each in (task / "children").read_text().split():
            found += [int(each), *_children(int(each))]
    return found


if __name__ == "__main__":
    main()
