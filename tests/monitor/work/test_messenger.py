"""Mail: whole and once into a folder, by SMTP to a real server, and never in the clear abroad."""

from __future__ import annotations

import email
import email.policy
import socket
import socketserver
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar
from uuid import UUID, uuid4

import pytest

from monitor.work.messenger import BadAddress, FolderMessenger, Mail, NotSent, SmtpMessenger
from tests.answering import answering

AT = datetime(2026, 3, 16, 1, 0, tzinfo=UTC)


def a_mail(key: UUID | None = None, **changed: str) -> Mail:
    told = {"to": "reader@example.com", "subject": "已定标", "text": "项目：河滨公园\n"} | changed
    return Mail(key or uuid4(), told["to"], told["subject"], told["text"], AT)


def test_mail_in_a_folder_is_one_file_a_message_however_often_it_is_sent(tmp_path: Path) -> None:
    messenger, mail = FolderMessenger(tmp_path / "mail"), a_mail()
    messenger.send(mail)
    messenger.send(mail)
    [path] = (tmp_path / "mail").iterdir()
    found = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert (found["To"], found["Subject"]) == ("reader@example.com", "已定标")
    assert found["Message-ID"] == f"<{mail.key}@demo.batong.example>"
    assert found["Auto-Submitted"] == "auto-generated"
    assert found["Date"].datetime == AT
    assert isinstance(found, email.message.EmailMessage)
    assert found.get_content().splitlines() == ["项目：河滨公园"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_subject_cannot_smuggle_a_header_in(tmp_path: Path) -> None:
    messenger = FolderMessenger(tmp_path)
    messenger.send(a_mail(subject="已定标\r\nBcc: all@example.com"))
    [path] = tmp_path.iterdir()
    found = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert found["Bcc"] is None
    with pytest.raises(ValueError, match=r"(?i)header|address|parse"):
        messenger.send(a_mail(to="a@example.com\r\nBcc: all@example.com"))


class Server(socketserver.BaseRequestHandler):
    """As much of RFC 5321 as a client needs."""

    taken: ClassVar[list[bytes]] = []
    refusing: ClassVar[bool] = False

    def handle(self) -> None:
        file = self.request.makefile("rwb")
        self._say(file, "220 test")
        for line in file:
            verb = line.split()[0].upper() if line.split() else b""
            if verb == b"DATA":
                self._say(file, "354 go on")
                self.taken.append(b"".join(iter(file.readline, b".\r\n")))
                self._say(file, "250 taken")
            elif verb == b"RCPT" and self.refusing:
                self._say(file, "550 no such user")
            elif verb == b"QUIT":
                self._say(file, "221 bye")
                return
            else:
                self._say(file, "250 ok")

    def _say(self, file: object, told: str) -> None:
        file.write(f"{told}\r\n".encode())  # type: ignore[attr-defined]
        file.flush()  # type: ignore[attr-defined]


@pytest.fixture
def server() -> Iterator[int]:
    Server.taken.clear()
    listener = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Server)
    with answering(listener):
        yield listener.server_address[1]


def test_a_server_takes_the_mail(server: int) -> None:
    SmtpMessenger(f"smtp://127.0.0.1:{server}?from=batong@centre.example").send(a_mail())
    [taken] = Server.taken
    found = email.message_from_bytes(taken, policy=email.policy.default)
    assert (found["From"], found["Subject"]) == ("batong@centre.example", "已定标")


def test_a_server_that_refuses_or_is_away_is_told_without_its_words_or_our_secrets(
    server: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Server, "refusing", True)
    with pytest.raises(NotSent) as refused:
        SmtpMessenger(f"smtp://localhost:{server}?from=a@b.c").send(a_mail())
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        url = f"smtp://user:s3cr3t@127.0.0.1:{port}?from=a@b.c"
        with pytest.raises(NotSent) as away:
            SmtpMessenger(url).send(a_mail())
    assert str(refused.value) == "SMTPRecipientsRefused"
    assert str(away.value) == "ConnectionRefusedError"


def test_to_another_machine_nothing_goes_in_the_clear() -> None:
    """A server that offers no TLS, by another name than this machine's own."""
    Server.taken.clear()
    listener = socketserver.ThreadingTCPServer(("127.0.0.2", 0), Server)
    messenger = SmtpMessenger(f"smtp://127.0.0.2:{listener.server_address[1]}?from=a@b.c")
    with answering(listener), pytest.raises(NotSent, match="SMTPNotSupportedError"):
        messenger.send(a_mail())
    assert Server.taken == []


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://mail.example?from=a@b.c",
        "smtp://?from=a@b.c",
        "smtp://mail.example",
        "smtp://m?from=x",
    ],
)
def test_what_names_no_server_and_no_sender_is_refused(url: str) -> None:
    with pytest.raises(BadAddress):
        SmtpMessenger(url)
