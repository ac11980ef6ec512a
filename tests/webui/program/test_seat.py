"""A trustee's program before a platform that lies, is away, or asks twice."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bidding.envelope.age.file import encrypt_bytes
from bidding.envelope.age.key import new_identity, recipient_of
from bidding.envelope.capsule import Context, Gap, Kind, read_capsule, seal_capsule, share_text
from bidding.envelope.trustee.batch import check_batch
from bidding.envelope.trustee.close import Locked
from bidding.envelope.trustee.complaint import complained, judge
from bidding.envelope.trustee.holder import check_ready, readiness_challenge
from monitor.clock import MovableClock
from tests.answering import answering
from tests.bidding.envelope.test_capsule import _with_share
from tests.webui.program.chain import CLOSED, DEADLINE, POLICY, PROJECT, SECTION, Story, a_roster
from webui.artefact.keys import write_keys
from webui.program.client import Away, Client
from webui.program.trustee.command import trustee
from webui.program.trustee.memory import Memory
from webui.program.trustee.seat import Seat


@dataclass
class Platform:
    """Answers like one over HTTP; what it says is the test's to bend."""

    story: Story
    state: str = "asked"
    given: list[int] = field(default_factory=list)
    refuse: str = ""
    status: int = 200
    came: list[dict[str, Any]] = field(default_factory=list)
    doing: list[str] = field(default_factory=list)
    tests: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, path: str, told: Any, doing: str) -> tuple[int, Any]:
        if self.status != 200:
            return self.status, {}
        if path == "/api/v1/session":
            return 200, {"token": "t"}
        if path == "/api/v1/trustee":
            self.doing.append(doing)
            ask = {
                "project": PROJECT, "code": "E1", "name": "示例", "section": SECTION,
                "kind": "note", "state": self.state, "seat": 1, "given": self.given,
            }  # fmt: skip
            now = (CLOSED + timedelta(hours=1)).isoformat()
            return 200, {"now": now, "asks": [ask], "tests": self.tests}
        if path.startswith("/api/v1/trustee/"):
            return 200, self.story.json()
        self.came.append(told["inputs"])
        if self.refuse:
            return 409, {"code": self.refuse, "detail": "no"}
        return 200, {"result": None}


@contextmanager
def running(platform: Platform) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.reply(None)

        def do_POST(self) -> None:
            self.reply(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def reply(self, told: Any) -> None:
            status, found = platform.answer(self.path, told, self.headers.get("X-Doing", ""))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(found).encode())

        def log_message(self, *_: Any) -> None:
            pass

    with answering(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as url:
        yield url


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "trustee-1"


@pytest.fixture
def story(folder: Path) -> Story:
    made = Story(a_roster(folder))
    (folder / "keys.txt").write_text(write_keys(POLICY, "00" * 32), "utf-8")
    (folder / "password").write_text("secret")
    return made


def a_seat(url: str, folder: Path, **more: Any) -> Seat:
    clock = MovableClock(CLOSED + timedelta(hours=1))
    return Seat(Client(url, "trustee-1", folder), Memory(folder), clock, **more)


def test_an_honest_request_is_answered_once_and_the_answer_is_good(
    story: Story, folder: Path
) -> None:
    platform = Platform(story)
    with running(platform) as url:
        seat = a_seat(url, folder)
        assert seat.look()
        platform.given = [1]
        assert not seat.look()
    [told] = platform.came
    checked = check_batch(base64.b64decode(told["document"]), story.bundle().request)
    assert (checked.seat.index, told["section"], told["kind"]) == (1, SECTION, "note")
    assert platform.doing == ["none", "answering"]


def test_what_was_cut_off_is_sent_again_byte_for_byte(story: Story, folder: Path) -> None:
    platform = Platform(story)
    with running(platform) as url:
        a_seat(url, folder).look()
        a_seat(url, folder).look()  # started anew: the platform never heard the first one
    assert platform.came[0] == platform.came[1]


def bent(name: str, story: Story) -> None:
    if name == "unwitnessed":
        story.witness = None
    elif name == "early":
        story.closed = DEADLINE
    else:
        story.told[1][1]["trustees"] = "00" * 32


@pytest.mark.parametrize("doing", ["unwitnessed", "early", "refused"])
def test_nothing_leaves_the_machine_when_a_check_fails_and_it_says_so(
    story: Story, folder: Path, doing: str
) -> None:
    bent(doing, story)
    platform = Platform(story)
    with running(platform) as url:
        seat = a_seat(url, folder)
        for _ in range(3):
            seat.look()
    assert platform.came == []
    assert platform.doing == ["none", doing, doing]
    assert not (folder / "answers").exists()


def test_by_its_own_clock_a_close_that_lies_ahead_is_refused(story: Story, folder: Path) -> None:
    """The platform says what time it is; a trustee of a real trade does not ask it."""
    platform = Platform(story)
    with running(platform) as url:
        seat = a_seat(url, folder)
        seat.clock = MovableClock(CLOSED - timedelta(seconds=1))
        seat.look()
    assert platform.came == []


def test_a_second_close_of_the_section_is_not_answered(story: Story, folder: Path) -> None:
    platform = Platform(story)
    with running(platform) as url:
        a_seat(url, folder).look()
        story.closed = CLOSED + timedelta(minutes=1)
        seat = a_seat(url, folder)
        seat.look()
        seat.look()
    assert len(platform.came) == 1
    assert platform.doing[-1] == "refused"


def test_out_of_turn_it_waits_and_a_refusal_is_not_asked_for_again_at_once(
    story: Story, folder: Path
) -> None:
    platform = Platform(story, state="answer_unwitnessed")
    with running(platform) as url:
        seat = a_seat(url, folder)
        seat.look()
        assert platform.came == []
        platform.state, platform.refuse = "asked", "wrong_stage"
        for _ in range(4):
            seat.look()
    assert len(platform.came) == 1
    assert platform.doing[-1] == "said_no"


@pytest.mark.parametrize("word", [True, False])
def test_with_a_person_in_charge_nothing_is_given_without_their_word(
    story: Story, folder: Path, word: bool
) -> None:
    platform, asked = Platform(story), list[str]()

    def confirm(words: str) -> bool:
        asked.append(words)
        return word

    with running(platform) as url:
        seat = a_seat(url, folder, confirm=confirm)
        seat.look()
        seat.look()
    assert len(platform.came) == (2 if word else 0)
    assert len(asked) == 1
    assert story.close.digest[:16] in asked[0]


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_platform_that_is_away_is_said_to_be(story: Story, folder: Path, status: int) -> None:
    platform = Platform(story, status=status)
    with running(platform) as url, pytest.raises(Away):
        a_seat(url, folder).look()
    with pytest.raises(Away):
        a_seat(url, folder).look()


def test_without_a_network_the_file_of_the_page_is_answered_or_refused(
    story: Story, folder: Path, tmp_path: Path
) -> None:
    request, out = tmp_path / "E1-note.json", tmp_path / "answer.json"
    words = ["answer", str(request), str(out), "--keys", str(folder), "--stand-in"]
    request.write_text(json.dumps(story.json()))
    done = CliRunner().invoke(trustee, words)
    assert done.exit_code == 0, done.output
    assert check_batch(out.read_bytes(), story.bundle().request).seat.index == 1
    assert CliRunner().invoke(trustee, words).exit_code == 2  # nothing is overwritten
    out.unlink()
    story.witness = None
    for told in (json.dumps(story.json()), "", "[1]", "{}"):
        request.write_text(told)
        refused = CliRunner().invoke(trustee, words)
        assert refused.exit_code == 1, told
        assert len(refused.stderr.splitlines()) == 1
        assert not out.exists()


CONTEXT = Context(Kind.NOTE, PROJECT, SECTION, "manifest:x")


def deal(story: Story, file: bytes) -> None:
    """One note whose file for this trustee is this one."""
    capsule = _with_share(seal_capsule(new_identity(), story.roster, CONTEXT), 1, file)
    story.items = (Locked(CONTEXT.subject, b"x" * 32, capsule),)


def deal_garbage(story: Story) -> None:
    """One note whose share for this trustee is noise, as it looks from outside a share."""
    deal(story, encrypt_bytes(bytes(300), [story.roster.seats[0].devices[0].recipient]))


def deal_wrongly(story: Story, *others: str) -> None:
    """One note whose share for this trustee, and others, is a text of it with a false scalar."""
    identity = new_identity()
    text = share_text(CONTEXT, recipient_of(identity), 1, bytes(32))
    file = encrypt_bytes(text, [story.roster.seats[0].devices[0].recipient, *others])
    capsule = _with_share(seal_capsule(identity, story.roster, CONTEXT), 1, file)
    story.items = (Locked(CONTEXT.subject, b"x" * 32, capsule),)


def sealed_elsewhere(story: Story) -> bytes:
    """This trustee's share of a bid of another trade, which is not closed."""
    other = replace(CONTEXT, kind=Kind.BID, tender="another", subject="bid-7")
    return read_capsule(seal_capsule(new_identity(), story.roster, other)).shares[0]


@pytest.mark.parametrize("length", ["whole", "header alone", "ephemeral key alone"])
def test_a_file_copied_from_another_trade_makes_a_program_tell_nothing_of_it(
    story: Story, folder: Path, length: str
) -> None:
    """Proven, any copy would tell the secret that opens the original."""
    file = sealed_elsewhere(story)
    start = file.index(b"X25519 ") + 51
    cut = {"whole": len(file), "header alone": len(file) - 60, "ephemeral key alone": start}[length]
    deal(story, file[:cut] + bytes(byte ^ 1 if 32 < byte < 126 else byte for byte in file[cut:]))
    platform = Platform(story)
    with running(platform) as url:
        a_seat(url, folder).look()
    [answer] = platform.came
    batch = base64.b64decode(answer["document"])
    assert complained(batch) == [CONTEXT.subject], "the person is asked"


def test_of_a_file_with_a_second_stanza_a_program_tells_nothing(story: Story, folder: Path) -> None:
    """The first opens a false share of the dealer's own; the second may have been copied."""
    deal_wrongly(story, recipient_of(new_identity()))
    platform = Platform(story)
    with running(platform) as url:
        a_seat(url, folder).look()
    [answer] = platform.came
    batch = base64.b64decode(answer["document"])
    assert check_batch(batch, story.bundle().request).gaps == {"manifest:x": Gap.WRONG_SHARE}


@pytest.mark.parametrize("refuse", ["", "conflict"])
def test_a_false_share_that_was_dealt_is_proven_before_the_answer_is_given(
    story: Story, folder: Path, refuse: str
) -> None:
    """A complaint that is not taken keeps no answer back."""
    deal_wrongly(story)
    platform = Platform(story, refuse=refuse)
    with running(platform) as url:
        a_seat(url, folder).look()
    complaint, answer = (base64.b64decode(each["document"]) for each in platform.came)
    verdict = judge(complaint, story.bundle().request)
    assert (verdict.gap, verdict.seat.index) == (Gap.WRONG_SHARE, 1)
    assert check_batch(answer, story.bundle().request).gaps == {"manifest:x": Gap.WRONG_SHARE}


def test_a_complaint_that_can_no_longer_be_made_keeps_no_answer_back(
    story: Story, folder: Path
) -> None:
    """The platform lost what was complained of, after the answer and before it was taken."""
    deal_wrongly(story)
    platform = Platform(story, refuse="wrong_stage")
    with running(platform) as url:
        a_seat(url, folder).look()
        [item] = story.items
        story.items = (Locked(item.subject, item.leaf, b""),)
        gone = {"section": SECTION, "bid": item.subject, "object": "capsule.json"}
        story.since = [("object.lose", gone)]
        platform.refuse, complaint, answer = "", *platform.came
        platform.came = []
        a_seat(url, folder).look()
    assert platform.came == [answer]
    assert complaint != answer


def test_without_a_network_garbage_is_proven_by_a_file(
    story: Story, folder: Path, tmp_path: Path
) -> None:
    deal_garbage(story)
    request, out = tmp_path / "E1-note.json", tmp_path / "complaints"
    request.write_text(json.dumps(story.json()))
    words = ["complain", str(request), str(out), "--keys", str(folder)]
    early = CliRunner().invoke(trustee, words)
    assert (early.exit_code, out.exists()) == (1, False), "nothing was answered yet"
    answered = ["answer", str(request), str(tmp_path / "a.json"), "--keys", str(folder)]
    told = CliRunner().invoke(trustee, [*answered, "--stand-in"])
    assert "faulty shares" in told.output
    assert CliRunner().invoke(trustee, words).exit_code == 0
    [path] = out.iterdir()
    assert judge(path.read_bytes(), story.bundle().request).gap == Gap.GARBLED


def test_a_test_of_the_key_is_answered_at_once_and_another_machines_is_left_alone(
    story: Story, folder: Path, tmp_path: Path
) -> None:
    seat = story.roster.seats[0]
    challenge, expected = readiness_challenge(seat)
    platform = Platform(story, state="names_shut")
    told = {"project": PROJECT, "challenge": base64.b64encode(challenge).decode()}
    own, other = seat.devices[0].recipient, "age1" + "q" * 58
    platform.tests = [
        {"id": "one", "recipient": other, **told}, {"id": "two", "recipient": own, **told},
    ]  # fmt: skip
    with running(platform) as url:
        a_seat(url, folder).look()
    [came] = platform.came
    assert came["test"] == "two"
    assert check_ready(base64.b64decode(came["document"]), seat, expected) == seat.devices[0]
    sealed, out = tmp_path / "test-1.age", tmp_path / "proof.json"
    sealed.write_bytes(challenge)
    words = ["prove", str(sealed), str(out), "--keys", str(folder)]
    assert CliRunner().invoke(trustee, words).exit_code == 0
    assert check_ready(out.read_bytes(), seat, expected) == seat.devices[0]
    sealed.write_bytes(b"no age file")
    out.unlink()
    refused = CliRunner().invoke(trustee, words)
    assert (refused.exit_code, out.exists()) == (1, False)
