"""A tenderer in a browser without script: pages and forms alone, and the offline tool beside it."""

import html
import io
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.trial import Trial
from tests.webui.page.signed_in import person
from webui.cli import main

FORM = re.compile(r'<form[^>]*?action="(?P<action>[^"]*)"[^>]*>(?P<inside>.*?)</form>', re.DOTALL)
HIDDEN = re.compile(r'<input type="hidden"[^>]*name="([\w.-]+)" value="([^"]*)"')


@dataclass
class Reader:
    """Whoever looks at the pages of the second trade."""

    client: FlaskClient
    trial: Trial
    folder: Path

    @property
    def page(self) -> str:
        """The page of the trade."""
        return self.text(f"/bid/{self.trial.project}")

    def text(self, path: str) -> str:
        answer = self.client.get(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        return html.unescape(answer.text)

    def post(self, action: str, page: str = "", **typed: Any) -> TestResponse:
        """Fill in the last form of the trade's page that goes to an address, and send it."""
        told = page or self.client.get(f"/bid/{self.trial.project}").text
        inside = [
            found["inside"]
            for found in FORM.finditer(told)
            if found["action"].partition("?")[0] == action
        ]
        data = {**dict(HIDDEN.findall(inside[-1])), **typed}
        return self.client.post(action, data=data, content_type="multipart/form-data")

    def act(self, name: str, **typed: Any) -> TestResponse:
        """Do a deed by the trade's page, or by its own where that page does not offer it."""
        page = self.client.get(f"/bid/{self.trial.project}").text
        if not re.search(rf'action="/act/{name}["?]', page):
            page = self.client.get(f"/act/{name}?project={self.trial.project}").text
        return self.post(f"/act/{name}", page, **typed)

    def done(self, name: str, **typed: Any) -> None:
        answer = self.act(name, **typed)
        assert answer.status_code == 303, html.unescape(answer.text)
        assert answer.location.startswith(f"/bid/{self.trial.project}?done="), answer.location

    def prove(self) -> TestResponse:
        """Do as the page says: run the command that it shows, and paste what it prints."""
        page = self.page
        found = re.search(r"\./batong prove --key bid-key-\w+.pem (.*?)</pre>", page)
        assert found is not None
        printed = self.batong("prove", "--key", "bid-key.pem", *found[1].split())
        return self.post(f"/bid/{self.trial.project}/key", page, proof=printed)

    def batong(self, *arguments: object) -> str:
        """Run the offline tool in this tenderer's folder."""
        told = [
            str(self.folder / str(each)) if str(each).endswith((".pem", ".json")) else str(each)
            for each in arguments
        ]
        run = CliRunner().invoke(main, told)
        assert run.exit_code == 0, run.output
        return run.stdout

    def send(self, folder: Path) -> TestResponse:
        """Choose a folder in the form and send it, as a browser without script does."""
        files = [
            (io.BytesIO(path.read_bytes()), f"{folder.name}/{path.name}")
            for path in sorted(folder.iterdir())
        ]
        return self.post(f"/bid/{self.trial.project}/submit", files=files)

    def seal(self, version: int = 1, price: str = "6123456.78") -> Path:
        """Write the draft as the page shows it, with a price; seal by the command that it gives."""
        page = self.page
        shown = re.search(r'<pre translate="no">(\{.*?\})</pre>', page, re.DOTALL)
        command = re.search(r"\./batong seal (.*?)</pre>", page)
        assert shown is not None
        assert command is not None
        words = [each.replace("~/Downloads", str(self.folder)) for each in command[1].split()]
        options = dict(zip(words[2::2], words[3::2], strict=True))
        draft = json.loads(shown[1]) | {"price": price}
        Path(options["--draft"]).write_text(json.dumps(draft), "utf-8")
        invitation = self.client.get(f"/bid/{self.trial.project}/invitation.json")
        name = Path(options["--invitation"]).name
        assert f"filename={name}" in invitation.headers["Content-Disposition"]
        Path(options["--invitation"]).write_bytes(invitation.data)
        Path(options["--key"]).write_bytes((self.folder / "bid-key.pem").read_bytes())
        (self.folder / "files").mkdir(exist_ok=True)
        (self.folder / "files" / "技术标.txt").write_text("施工组织设计", "utf-8")
        self.batong("seal", *words)
        out = Path(words[1])
        assert out.name == f"sealed-{version}"
        return out


def a_reader(app: Flask, trial: Trial, folder: Path, account: str = "newcomer") -> Reader:
    """Sign in; the bid key lies in the folder already."""
    reader = Reader(person(app, account), trial, folder)
    folder.mkdir(parents=True, exist_ok=True)
    reader.batong("keygen", "bid-key.pem")
    return reader


def a_bidder_by_pages(
    app: Flask, trial: Trial, folder: Path, account: str = "newcomer", version: int = 1
) -> Reader:
    """Go the whole way by pages alone: key, joining, documents, deposit, sealing, receipt."""
    reader = a_reader(app, trial, folder, account)
    assert reader.prove().status_code == 303
    reader.done("participation.join")
    reader.done("document.download")
    reader.done("deposit.open")
    number = re.search(r"880127\d+", reader.page)
    assert number is not None
    trial.pay(number[0], account)
    sent = reader.send(reader.seal(version))
    assert sent.location.startswith("/receipts/"), html.unescape(sent.text)
    return reader
