"""The sealing frame in a real browser: what it hands over is a sealed bid, and it reaches nobody."""

import base64
import contextlib
import secrets
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from flask import Flask, Response, request
from playwright.sync_api import Browser, BrowserContext, Error, Frame, Page
from werkzeug.serving import make_server

from bidding.envelope.bid.acceptance import Expected, accept
from bidding.envelope.bid.object import folder_objects
from bidding.envelope.bid.opening import open_bid
from bidding.envelope.document import digest, public_key
from tests.bidding.envelope.world import invite, make_roster, make_trustees
from tests.served import free_port
from trading.notice.participation import mask_of
from webui import build
from webui.page.answer.asset import address, assets, small
from webui.page.answer.policy import CONTENT
from webui.page.sealing import SANDBOX, Place, create_frame

PATIENCE = 15.0
PARENT = """
window.got = [];
addEventListener('message', e => { window.got.push(e.data); window.from_ = e.origin; });
"""
OUT = {
    "fetch": "fetch(u, {mode: 'no-cors'}).catch(() => {})",
    "xhr": "{ const x = new XMLHttpRequest(); x.open('GET', u); x.send(); }",
    "beacon": "navigator.sendBeacon(u, 'x')",
    "websocket": "new WebSocket(u.replace('http', 'ws'))",
    "events": "new EventSource(u)",
    "image": "{ const i = new Image(); i.src = u; }",
    "style": "{ const l = document.createElement('link'); l.rel = 'stylesheet'; l.href = u; document.head.append(l); }",
    "prefetch": "{ const l = document.createElement('link'); l.rel = 'prefetch'; l.href = u; document.head.append(l); }",
    "preload": "{ const l = document.createElement('link'); l.rel = 'preload'; l.as = 'image'; l.href = u; document.head.append(l); }",
    "frame": "{ const f = document.createElement('iframe'); f.src = u; document.body.append(f); }",
    "font": "{ new FontFace('x', `url(${u})`).load().catch(() => {}); }",
    "video": "{ const v = document.createElement('video'); v.src = u; v.load(); }",
    "object": "{ const o = document.createElement('object'); o.data = u; document.body.append(o); }",
    "form": "{ const f = document.createElement('form'); f.action = u; f.target = '_blank'; document.body.append(f); f.submit(); }",
    "popup": "window.open(u)",
    "ping": "{ const a = document.createElement('a'); a.href = '#'; a.ping = u; document.body.append(a); a.click(); }",
    "worker": "{ const w = new Worker(URL.createObjectURL(new Blob([`fetch('${u}', {mode: 'no-cors'})`]))); }",
    "top": "window.top.location = u",
    "self": "location.href = u",
}
"""Ways out of a page, in code; `u` is where to. The last two leave the page itself."""


@dataclass
class Spy:
    """Somebody elsewhere who hears: the first line of whatever is sent there."""

    port: int
    heard: list[str] = field(default_factory=list)

    def has(self, word: str) -> bool:
        return any(word in line for line in self.heard)


@contextmanager
def a_spy() -> Iterator[Spy]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        spy = Spy(server.getsockname()[1])
        server.settimeout(0.2)
        ended = threading.Event()
        thread = threading.Thread(target=_listen, args=(server, spy, ended))
        thread.start()
        try:
            yield spy
        finally:  # a thread that goes on would keep the whole run from its end
            ended.set()
            thread.join()


def _listen(server: socket.socket, spy: Spy, ended: threading.Event) -> None:
    while not ended.is_set():
        try:
            client, _ = server.accept()
        except TimeoutError:
            continue
        with client:
            client.settimeout(1)
            try:
                spy.heard.append(client.recv(4096).split(b"\r\n")[0].decode("latin-1"))
                client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            except OSError:
                spy.heard.append("(connected)")


@dataclass
class Around:
    """The page with the frame in it."""

    page: Page
    origin: str
    frame_origin: str
    spy: Spy
    faults: list[str] = field(default_factory=list)

    @property
    def frame(self) -> Frame:
        return next(each for each in self.page.frames if each.url.startswith(self.frame_origin))

    def heard(self, kind: str) -> dict[str, Any] | None:
        """What the frame has said of that kind: the last of it."""
        told = self.page.evaluate(
            "kind => { const all = window.got.filter(m => m.kind === kind); const m = all[all.length - 1]; return m ? { kind: m.kind, native: m.native, manifest: m.manifest } : null; }",
            kind,
        )
        return dict(told) if told else None

    def until(self, kind: str) -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE
        while (told := self.heard(kind)) is None:
            assert time.monotonic() < deadline, self.frame.inner_text("body")
            self.page.wait_for_timeout(50)
        return told


def a_page(origin: str) -> Flask:
    """A page like the platform's own, as far as the frame goes."""
    app = Flask("around", static_folder=None)

    @app.get("/")
    def page() -> Response:
        shown = Response(
            f'<!doctype html><script src="/p.js"></script><iframe src="{origin}/" sandbox="{SANDBOX}"></iframe>',
            mimetype="text/html",
        )
        shown.headers["Content-Security-Policy"] = f"{CONTENT}; frame-src {origin}"
        shown.set_cookie("session", "secret-of-the-platform", httponly=True, samesite="Lax")
        return shown

    @app.get("/bare")
    def bare() -> Response:
        return Response("<!doctype html><p>no policy", mimetype="text/html")

    @app.get("/p.js")
    def script() -> Response:
        return Response(PARENT, mimetype="text/javascript")

    return app


@contextmanager
def running(app: Flask, port: int) -> Iterator[None]:
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def ports() -> Iterator[tuple[int, int]]:
    frame, pages = free_port(), free_port()
    with ExitStack() as stack:
        stack.enter_context(running(create_frame(Place(frame, pages), ""), frame))
        stack.enter_context(running(a_page(f"http://127.0.0.1:{frame}"), pages))
        yield frame, pages


@pytest.fixture
def around(browser: Browser, ports: tuple[int, int]) -> Iterator[Around]:
    with shown(browser.new_context(accept_downloads=True), ports) as made:
        yield made


@contextmanager
def shown(context: BrowserContext, ports: tuple[int, int]) -> Iterator[Around]:
    """Open the page with the frame in it; the context is closed at the end."""
    frame, pages = ports
    with a_spy() as spy:
        page, faults = context.new_page(), list[str]()
        page.on("pageerror", lambda error: faults.append(str(error)))
        origin = f"http://127.0.0.1:{pages}"
        page.goto(origin)
        made = Around(page, origin, f"http://127.0.0.1:{frame}", spy, faults)
        made.until("ready")
        yield made
        context.close()


@dataclass
class Tenderer:
    """Files, key and what the invitation says."""

    folder: Path
    signer: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    def __post_init__(self) -> None:
        self.invitation = invite(make_roster(make_trustees(self.folder / "trustees")))
        self.mask = mask_of(self.signer.public_key().public_bytes_raw())
        pem = self.signer.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (self.folder / "key.pem").write_bytes(pem)
        (self.folder / "plain").mkdir()
        self.files = {"乙 技术标.pdf": secrets.token_bytes(150_000), "甲 商务标.txt": b"price"}
        for name, data in self.files.items():
            (self.folder / "plain" / name).write_bytes(data)

    def tell(self, around: Around, **changed: Any) -> None:
        """Say to the frame what the page around it says."""
        task = {
            "kind": "task", "invitation": self.invitation.to_bytes().decode(), "version": 1,
            "name": "演示密封有限公司", "uscc": "91139900MA00000001", "ceiling": "200000000",
            "mask": self.mask,
        } | changed  # fmt: skip
        around.page.evaluate(
            "([task, origin]) => document.querySelector('iframe').contentWindow.postMessage(task, origin)",
            [task, around.frame_origin],
        )
        around.frame.wait_for_selector("[data-prepare]")

    def fill(self, frame: Frame, price: str = "1,234,567.89") -> None:
        frame.set_input_files("#f-files", [str(p) for p in (self.folder / "plain").iterdir()])
        frame.set_input_files("#f-key", str(self.folder / "key.pem"))
        frame.fill("[name=price]", price)
        frame.fill("[name=period_days]", "180")
        frame.click("[data-prepare]")


@pytest.fixture
def tenderer(tmp_path: Path) -> Tenderer:
    return Tenderer(tmp_path)


def handed(around: Around, folder: Path) -> Path:
    """Save what the page around the frame was handed."""
    files = around.page.evaluate(
        """async () => { const { files } = window.got.find(m => m.kind === 'sealed'), out = {};
        for (const f of files) { const b = new Uint8Array(await f.arrayBuffer()); let s = ''; for (let i = 0; i < b.length; i += 32768) s += String.fromCharCode(...b.subarray(i, i + 32768)); out[f.name] = btoa(s); }
        return out; }"""
    )
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(base64.b64decode(data))
    return folder


def keep(around: Around, tenderer: Tenderer) -> str:
    """Save the opening key, as its owner does; it comes before the first byte is sealed."""
    with around.page.expect_download() as found:
        around.frame.click("[data-rescue]")
    saved = tenderer.folder / found.value.suggested_filename
    found.value.save_as(saved)
    assert saved.name == "sealed-1.identity.txt"
    return saved.read_text().splitlines()[-1]


def test_what_the_frame_hands_over_is_a_sealed_bid(around: Around, tenderer: Tenderer) -> None:
    tenderer.tell(around)
    tenderer.fill(around.frame)
    assert "壹佰贰拾叁万肆仟伍佰陆拾柒元" in around.frame.inner_text("[data-capitals]")
    around.frame.wait_for_selector("[data-keep]:not([hidden])")
    last = around.frame.inner_text("[data-keep]")
    assert "1,234,567.89 元（人民币壹佰贰拾叁万肆仟伍佰陆拾柒元捌角玖分）" in last
    assert "乙 技术标.pdf · 150 kB" in last
    assert "浏览器尚有空间" in last
    around.frame.click("[data-start]")
    assert "保存开标密钥" in around.frame.inner_text("[data-told]"), "not before the key is kept"
    identity = keep(around, tenderer)
    around.frame.check("[name=kept]")
    around.frame.click("[data-start]")
    manifest = around.until("sealed")["manifest"]
    assert around.faults == []
    assert around.frame.is_visible("[data-told]")
    sealed = handed(around, tenderer.folder / "sealed")
    assert digest((sealed / "manifest.json").read_bytes()) == manifest
    objects = folder_objects(sealed)
    bid = (tenderer.folder / "sealed-1.identity.txt").read_text().split()[2]
    expected = Expected(tenderer.invitation, bid, 1, public_key(tenderer.signer))
    assert accept(objects, expected) == []
    opened = open_bid(objects, identity, manifest, tenderer.folder / "opened")
    assert opened.opened.letter.price_fen == 123_456_789
    assert {path.name: path.read_bytes() for path in opened.files} == tenderer.files
    assert around.spy.heard == []


def test_a_sealing_that_was_cut_off_is_gone_on_with(around: Around, tenderer: Tenderer) -> None:
    tenderer.tell(around)
    tenderer.fill(around.frame)
    identity = keep(around, tenderer)
    around.frame.check("[name=kept]")
    around.frame.evaluate("Worker.prototype.postMessage = () => {}")  # it never begins: a crash
    around.frame.click("[data-start]")
    around.frame.wait_for_selector("[data-run]:not([hidden])")
    around.page.goto(around.origin)
    around.until("ready")
    tenderer.tell(around)
    tenderer.fill(around.frame)
    around.frame.wait_for_selector("[data-start]")
    assert "接着做" in around.frame.inner_text("[data-told]")
    assert not around.frame.is_visible("[data-rescue]"), "the key is the one that was kept"
    around.frame.click("[data-start]")
    manifest = around.until("sealed")["manifest"]
    objects = folder_objects(handed(around, tenderer.folder / "sealed"))
    opened = open_bid(objects, identity, manifest, tenderer.folder / "opened")
    assert {path.name for path in opened.files} == set(tenderer.files)


@pytest.mark.parametrize(
    ("price", "changed", "words"),
    [
        ("2,000,000.01", {}, "高于最高限价 2,000,000.00 元"),
        ("", {}, "请填写金额"),
        ("1", {"mask": "p-" + "0" * 32}, "不是本项目假名的密钥"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_sealed(
    around: Around, tenderer: Tenderer, price: str, changed: dict[str, str], words: str
) -> None:
    tenderer.tell(around, **changed)
    tenderer.fill(around.frame, price)
    around.frame.wait_for_selector("[data-told].error-words")
    assert words in around.frame.inner_text("[data-told]")
    assert not around.frame.is_visible("[data-keep]")


def test_all_that_is_wrong_is_said_at_once_and_a_wrong_key_file_by_its_name(
    around: Around, tenderer: Tenderer
) -> None:
    tenderer.tell(around)
    assert "2,000,000.00" in around.frame.inner_text("[data-limit]")
    assert not around.frame.is_visible("[data-sample]"), "a real bid is offered no sample"
    wrong = tenderer.folder / "sealed-1.identity.txt"
    wrong.write_text("AGE-SECRET-KEY-1WRONG")
    around.frame.set_input_files("#f-key", str(wrong))
    around.frame.click("[data-prepare]")
    around.frame.wait_for_selector("[data-told].error-words")
    told = around.frame.inner_text("[data-told]").splitlines()
    assert [words[:6] for words in told] == [
        "请选择投标文",
        "请填写金额，",
        "请填写工期，",
        "选中的是开标",
    ]
    marked = around.frame.query_selector_all("[aria-invalid=true]")
    assert [each.get_attribute("name") for each in marked] == [
        "files",
        "price",
        "period_days",
        "key",
    ]


def test_a_demo_brings_its_own_sample(around: Around, tenderer: Tenderer) -> None:
    tenderer.tell(around, price="1,860,000.00", days="180")
    around.frame.click("[data-sample]")
    around.frame.set_input_files("#f-key", str(tenderer.folder / "key.pem"))
    around.frame.click("[data-prepare]")
    around.frame.wait_for_selector("[data-keep]:not([hidden])")
    last = around.frame.inner_text("[data-keep]")
    assert "技术标（演示样本）.txt" in last
    assert "1,860,000.00 元" in last
    assert "sealed-1.identity.txt" in around.frame.inner_text("[data-rescue]")


def test_no_way_leads_out_of_the_frame(around: Around, browser: Browser) -> None:
    def tried(where: Frame | Page, who: str) -> None:
        for name, code in OUT.items():
            url = f"http://127.0.0.1:{around.spy.port}/{who}-{name}"
            with contextlib.suppress(Error):  # a page that left: that is what is looked for below
                where.evaluate(
                    f"u => {{ try {{ {code} }} catch (e) {{ return String(e); }} }}", url
                )

    tried(around.frame, "frame")
    assert around.page.url.startswith(around.origin), "the page around it did not move"
    bare = browser.new_context()
    for name, code in OUT.items():
        page = bare.new_page()
        page.goto(f"{around.origin}/bare")
        url = f"http://127.0.0.1:{around.spy.port}/bare-{name}"
        page.evaluate(f"u => {{ try {{ {code} }} catch {{ }} }}", url)
        deadline = time.monotonic() + PATIENCE
        while not around.spy.has(f"bare-{name}"):
            assert time.monotonic() < deadline, f"without a policy {name} is a way out"
            page.wait_for_timeout(20)
    bare.close()
    assert [line for line in around.spy.heard if "frame-" in line] == []


def test_the_policy_forbids_connections_between_browsers_too(around: Around) -> None:
    answer = around.page.request.get(f"{around.frame_origin}/")
    assert "webrtc 'block'" in answer.headers["content-security-policy"].split("; ")


def test_the_worker_of_the_frame_reaches_nobody_either(
    around: Around, tenderer: Tenderer, browser: Browser
) -> None:
    tenderer.tell(around)
    tenderer.fill(around.frame)
    keep(around, tenderer)
    around.frame.check("[name=kept]")
    around.frame.evaluate("Worker.prototype.terminate = () => {}")
    around.frame.click("[data-start]")
    around.until("sealed")
    [worker] = around.page.workers
    tried = "u => fetch(u, {mode: 'no-cors'}).then(() => 'out', () => 'shut')"
    place = f"http://127.0.0.1:{around.spy.port}"
    assert worker.evaluate(tried, f"{place}/worker-fetch") == "shut"
    socket_of = (
        "u => new Promise(done => { const s = new WebSocket(u); s.onopen = s.onerror = done; })"
    )
    with contextlib.suppress(Error):
        worker.evaluate(socket_of, f"{place}/worker-socket".replace("http", "ws"))
    bare = browser.new_page()
    bare.goto(f"{around.origin}/bare")
    assert bare.evaluate(tried, f"{place}/bare-fetch") == "out"
    bare.close()
    assert around.spy.has("bare-fetch")
    assert not around.spy.has("worker-"), around.spy.heard


def test_no_script_but_the_frames_own_makes_addresses_of_scripts(around: Around) -> None:
    told = around.frame.evaluate(
        """u => new Promise(done => {
          const policy = trustedTypes.createPolicy('seal2', { createScriptURL: x => x });
          done('a second policy');
        }).catch(e => String(e))""",
        "",
    )
    assert "second policy" not in told


def test_the_frame_honours_no_session_and_only_the_platform_shows_it(
    around: Around, browser: Browser, ports: tuple[int, int]
) -> None:
    frame, _ = ports
    context = browser.new_context()
    answer = context.request.get(
        f"http://127.0.0.1:{frame}/", headers={"Cookie": "session=secret-of-the-platform"}
    )
    assert "set-cookie" not in answer.headers
    assert answer.headers["content-security-policy"].count("connect-src 'none'") == 1
    for path in ("/bids", "/api/v1/session", "/sign-in", "/bid/x", "/api/v1/projects"):
        assert context.request.get(f"http://127.0.0.1:{frame}{path}").status == 404
    assert context.request.post(f"http://127.0.0.1:{frame}/", data="x").status in {405, 413}
    elsewhere = free_port()
    with running(a_page(f"http://127.0.0.1:{frame}"), elsewhere):
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{elsewhere}/")
        assert page.evaluate("window.got.length") == 0, "another page's frame stays empty"
    context.close()
    assert len(build.frame()) == 64


@pytest.mark.parametrize(("host", "sent"), [("127.0.0.1", True), ("localhost", False)])
def test_the_session_is_never_read_in_the_frame_nor_sent_where_it_has_a_host_name_of_its_own(
    browser: Browser, host: str, *, sent: bool
) -> None:
    """Ports of one host name share cookies: there it comes along, hidden from every script."""
    frame, pages = free_port(), free_port()
    origin, came = f"http://{host}:{frame}", list[str]()
    app = create_frame(Place(frame, pages, origin), f"http://127.0.0.1:{pages}")
    app.before_request(lambda: came.append(request.headers.get("Cookie", "")))
    with running(app, frame), running(a_page(origin), pages):
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{pages}")
        page.wait_for_function("() => window.got.some(m => m.kind === 'ready')")
        inner = next(each for each in page.frames if each.url.startswith(origin))
        assert inner.evaluate("document.cookie") == ""
        assert inner.evaluate("cookieStore.getAll().then(all => all.length)") == 0
        assert came
        assert {"session=secret-of-the-platform" in each for each in came} == {sent}
        page.goto(f"http://127.0.0.1:{pages}")
        page.wait_for_function("() => window.got.some(m => m.kind === 'ready')")
        assert [each["name"] for each in context.cookies()] == ["session"], "it gives none itself"
        context.close()


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
def test_the_command_on_the_page_prints_the_digest_of_what_the_frame_sends(
    ports: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = [f"http://127.0.0.1:{ports[0]}{address(name)}" for name in build.PROGRAM]

    def printed() -> str:
        run = subprocess.run(
            ["sh", "-c", build.fetched(sent)], capture_output=True, text=True, check=True
        )
        return run.stdout.split()[0]

    assert printed() == build.frame()
    altered = assets()["bid.js"] + b"/* reads the price */"
    monkeypatch.setitem(assets(), "bid.js", altered)
    address.cache_clear()
    small.cache_clear()
    try:
        sent = [f"http://127.0.0.1:{ports[0]}{address(name)}" for name in build.PROGRAM]
        assert printed() != build.frame(), "an altered program that is served is seen"
    finally:
        monkeypatch.undo()
        address.cache_clear()
        small.cache_clear()
