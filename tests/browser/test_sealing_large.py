"""Files of hundreds of megabytes and of gigabytes: what anyone seals, everyone opens."""

import hashlib
import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from pathlib import Path

import pyrage
import pytest
from playwright.sync_api import Browser, Page

from bidding.envelope.age.file import decrypt, encrypt
from bidding.envelope.age.key import new_identity, recipient_of
from tests.answering import answering
from tests.browser.test_sealing_core import CORE, HELPERS
from webui.page.answer.asset import assets

MB, GB = 10**6, 10**9
BLOCK = 8 * 1024 * 1024
GROWN = 64 * 1024
"""KiB that this process may grow by while it seals or opens gigabytes."""
TAKE = """async ([call, key]) => {
  const data = new Uint8Array(await document.querySelector('#file').files[0].arrayBuffer());
  const made = await new Function('key', 'data', `return (${call})`)(key, data);
  await fetch('/made', { method: 'POST', body: new Blob([made]) });
}"""

Step = Callable[[Path, Path, str], None]
"""Seal a file to an identity's recipient, or open it with the identity, into another file."""


def ours_seals(source: Path, sink: Path, identity: str) -> None:
    with source.open("rb") as read, sink.open("wb") as written:
        encrypt(read, written, [recipient_of(identity)])


def ours_opens(source: Path, sink: Path, identity: str) -> None:
    with source.open("rb") as read, sink.open("wb") as written:
        decrypt(read, written, [identity])


def pyrage_seals(source: Path, sink: Path, identity: str) -> None:
    to = pyrage.x25519.Recipient.from_str(recipient_of(identity))
    pyrage.encrypt_file(str(source), str(sink), [to])


def pyrage_opens(source: Path, sink: Path, identity: str) -> None:
    pyrage.decrypt_file(str(source), str(sink), [pyrage.x25519.Identity.from_str(identity)])


def age_seals(source: Path, sink: Path, identity: str) -> None:
    subprocess.run(["age", "-r", recipient_of(identity), "-o", sink, source], check=True)


def age_opens(source: Path, sink: Path, identity: str) -> None:
    key = sink.with_name("key")
    key.write_text(identity + "\n")
    subprocess.run(["age", "-d", "-i", key, "-o", sink, source], check=True)


PROGRAMS: dict[str, tuple[Step, Step]] = {
    "ours": (ours_seals, ours_opens),
    "pyrage": (pyrage_seals, pyrage_opens),
    "age": (age_seals, age_opens),
}


class Desk(BaseHTTPRequestHandler):
    """Gives a page with a place for a file, and keeps what the page made of it."""

    sink: Path

    def do_GET(self) -> None:
        """Give the page."""
        body = b'<!doctype html><input type="file" id="file">'
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        """Keep what comes."""
        left = int(self.headers["Content-Length"])
        with self.sink.open("wb") as sink:
            while left:
                left -= sink.write(self.rfile.read(min(BLOCK, left)))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def desk() -> type[Desk]:
    return type("ThisDesk", (Desk,), {})


@pytest.fixture
def page(browser: Browser, desk: type[Desk]) -> Iterator[Page]:
    """A page of a secure context that takes a file from the disk and sends another there."""
    context = browser.new_context()
    made = context.new_page()
    with answering(ThreadingHTTPServer(("127.0.0.1", 0), desk)) as url:
        made.goto(url)
        for name in CORE:
            made.add_script_tag(content=assets()[name].decode())
        made.add_script_tag(content=HELPERS.replace("const fallback", "globalThis.fallback"))
        yield made
        context.close()


def by_page(page: Page, desk: type[Desk], seals: str, opens: str) -> tuple[Step, Step]:
    def step(call: str, key: Callable[[str], str]) -> Step:
        def done(source: Path, sink: Path, identity: str) -> None:
            desk.sink = sink
            page.set_input_files("#file", source)
            page.evaluate(TAKE, [call, key(identity)])

        return done

    return step(seals, recipient_of), step(opens, str)


def a_file(path: Path, size: int) -> str:
    """Random bytes; returns their SHA-256."""
    digest = hashlib.sha256()
    with path.open("wb") as sink:
        for start in range(0, size, BLOCK):
            data = os.urandom(min(BLOCK, size - start))
            digest.update(data)
            sink.write(data)
    return digest.hexdigest()


def digest_of(path: Path) -> str:
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def everyone_opens(everyone: dict[str, tuple[Step, Step]], folder: Path, size: int) -> None:
    identity, plain, sealed, opened = new_identity(), *(folder / n for n in ("p", "s", "o"))
    digest = a_file(plain, size)
    for sealer in everyone:
        sealed.unlink(missing_ok=True)
        everyone[sealer][0](plain, sealed, identity)
        assert sealed.stat().st_size > size
        for opener in everyone:
            opened.unlink(missing_ok=True)
            everyone[opener][1](sealed, opened, identity)
            assert digest_of(opened) == digest, f"{sealer} → {opener}"


@pytest.mark.campaign
def test_two_hundred_megabytes_pass_between_all_five(
    page: Page, desk: type[Desk], tmp_path: Path
) -> None:
    everyone = {
        "page native": by_page(page, desk, "Age.sealBytes([Age.pointOf(key)], data)",
                               "Age.unsealBytes(key, data)"),
        "page fallback": by_page(page, desk, "fallback.seal(key, data)", "fallback.open(key, data)"),
        **PROGRAMS,
    }  # fmt: skip
    assert len(list(product(everyone, repeat=2))) == 25
    everyone_opens(everyone, tmp_path, 200 * MB)


@pytest.mark.campaign
def test_five_gigabytes_pass_between_the_three_that_run_without_a_browser(tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    everyone_opens(PROGRAMS, tmp_path, 5 * GB)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < GROWN, f"this process grew by {grown} KiB"
