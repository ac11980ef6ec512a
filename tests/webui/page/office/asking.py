"""Somebody of the demo who brings bad input: by JSON and by forms; and what came of it."""

import html
import io
import json
import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from monitor.role import Role
from tests.webui.page.office.bad import encoded
from tests.webui.page.signed_in import Program
from trading.account.proof.mask import message
from webui.deed.deed import Deed
from webui.page.source import Source

HANZI = re.compile("[\u4e00-\u9fff]")
CODE = re.compile(r"Traceback|Error\b|Exception|<class|object at 0x|psycopg|sqlalchemy|\bNone\b")
SUMMARY = re.compile(r'<div class="summary".*?</div>', re.DOTALL)
FAULT = re.compile(r"<li>(.*?)</li>", re.DOTALL)
RECORD = re.compile(r'<code class="hash">([0-9a-f-]{36})</code>')
DONE = text(
    "SELECT count(*) FROM sight JOIN opening USING (record_id) WHERE sight.action = :name"
    " AND convert_from(body, 'UTF8')::jsonb"
    " @> jsonb_build_object('action', CAST(:name AS text), 'outcome', CAST(:outcome AS jsonb))"
    " AND NOT convert_from(body, 'UTF8')::jsonb @>"
    ' \'{"action": "notice.carry", "actor": {"role": "system"}}\''
)
"""All that was done but for one act of the system: by it other tests move the same platform."""
ONE = text("SELECT convert_from(body, 'UTF8') FROM opening WHERE record_id = :id")


@dataclass
class Asker:
    """Somebody signed in, by JSON and in a browser, with the tickets of a proven key."""

    program: Program
    browser: FlaskClient
    csrf: str
    role: Role
    tickets: dict[str, str]

    def headers(self, project: str | None) -> dict[str, str]:
        return {"X-Ticket": self.tickets[project]} if project in self.tickets else {}

    def tell(self, deed: Deed, project: str | None, inputs: Any, key: str = "") -> TestResponse:
        return self.post(deed, project, json.dumps({"project": project, "inputs": inputs}), key)

    def post(
        self, deed: Deed, project: str | None, body: str | bytes, key: str = "",
        kind: str = "application/json",
    ) -> TestResponse:  # fmt: skip
        headers = {"Authorization": f"Bearer {self.program.token}", "Content-Type": kind,
                   "Idempotency-Key": key or uuid4().hex}  # fmt: skip
        address = f"/api/v1/acts/{deed.name}"
        return self.program.client.post(address, data=body, headers=headers | self.headers(project))

    def send(
        self, deed: Deed, project: str | None, form: dict[str, Any], lang: str = "zh", **keys: str
    ) -> TestResponse:
        body, kind = multipart({"csrf": self.csrf, "once": uuid4().hex, "project": project or ""}
                               | keys, form)  # fmt: skip
        address = f"/act/{deed.name}?lang={lang}&project={project or ''}"
        return self.browser.post(
            address, data=body, content_type=kind, headers=self.headers(project)
        )


def multipart(keys: dict[str, str], form: dict[str, Any]) -> tuple[bytes, str]:
    """The bytes of a form: whatever a browser, or something worse, may send."""
    parts: list[tuple[str, Any]] = list(keys.items())
    for name, value in form.items():
        if isinstance(value, list) and all(isinstance(row, dict) for row in value):
            parts += [(f"{name}.{n}.{key}", each) for n, row in enumerate(value)
                      for key, each in row.items()]  # fmt: skip
        else:
            parts += [(name, each) for each in (value if isinstance(value, list) else [value])]
    out = io.BytesIO()
    for name, value in parts:
        file = '; filename="f.pdf"' if isinstance(value, bytes) else ""
        out.write(f'--b\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode())
        out.write(value if isinstance(value, bytes) else encoded(value))
        out.write(b"\r\n")
    out.write(b"--b--\r\n")
    return out.getvalue(), "multipart/form-data; boundary=b"


def ticket(tenderer: Program, project: str) -> str:
    """Prove a new bid key."""
    signer, path = Ed25519PrivateKey.generate(), f"/api/v1/mask/{project}"
    challenge = tenderer.get(path).json["challenge"]  # type: ignore[index]
    told = {
        "challenge": challenge,
        "public_key": signer.public_key().public_bytes_raw().hex(),
        "signature": signer.sign(message(UUID(project), challenge)).hex(),
    }
    bearer = {"Authorization": f"Bearer {tenderer.token}"}
    answer = tenderer.client.post(path, json=told, headers=bearer)
    return str(answer.json["ticket"])  # type: ignore[index]


def how_many(source: Source, name: str) -> int:
    with source.platform.read() as session:
        return int(session.execute(DONE, {"name": name, "outcome": '{"done": true}'}).scalar_one())


def refused_record(source: Source, name: str, record: str | None) -> str:
    """What is wrong with the record that a refusal names."""
    if not record:
        return "no record"
    with source.platform.read() as session:
        body = json.loads(session.execute(ONE, {"id": record}).scalar_one())
    right = body["action"] == name and "refused" in body["outcome"]
    return "" if right else f"a record of {body['action']}: {body['outcome']}"


def faults_of(page: str) -> dict[str, str]:
    """Return the faults of a page's summary: the field that each leads to, and its words."""
    found = SUMMARY.search(page)
    told = {}
    for each in FAULT.findall(found[0] if found else ""):
        there = re.search(r'href="#f-([^"]+)"', each)
        told[there[1] if there else ""] = html.unescape(re.sub("<[^>]+>", "", each)).strip()
    return told


def foreign(source: Source, table: str, project: str) -> str:
    """Return the id of a row of that project, an invented one where it has none."""
    query = text(f"SELECT id FROM {table} WHERE project = :project LIMIT 1")
    with source.platform.read() as session:
        return str(session.execute(query, {"project": project}).scalar() or uuid4())


def shorter(value: dict[str, Any]) -> str:
    told = [f"{name}={str(each)[:20]!a}" for name, each in value.items()]
    return ", ".join(told)[:200]


def as_told(value: Any) -> Any:
    """A file as JSON tells it."""
    return "eA==" if isinstance(value, bytes) else value
