"""People of the served demo folder, signed in: by JSON for programs, by forms as browsers do."""

import json
import re
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from webui.demo.account import PASSWORD

ORIGIN = {"Origin": "http://localhost"}


@dataclass(slots=True)
class Program:
    """A program signed in by JSON."""

    client: FlaskClient
    account: str
    token: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def act(self, name: str, project: object = None, key: str = "", **inputs: Any) -> TestResponse:
        """Do a deed."""
        return self.client.post(
            f"/api/v1/acts/{name}",
            json={"project": str(project) if project else None, "inputs": inputs},
            headers={
                "Authorization": f"Bearer {self.token}",
                "Idempotency-Key": key or str(uuid4()),
                **self.headers,
            },
        )

    def get(self, path: str) -> TestResponse:
        """Read an address."""
        return self.client.get(path, headers={"Authorization": f"Bearer {self.token}"})


def program(app: Flask, account: str) -> Program:
    """Sign in by JSON as one of the demo's people."""
    client = app.test_client(use_cookies=False)
    answer = client.post("/api/v1/session", json={"name": account, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    return Program(client, account, answer.json["token"])  # type: ignore[index]


def person(app: Flask, account: str) -> FlaskClient:
    """Return a browser in which one of the demo's people is signed in."""
    client = app.test_client()
    answer = client.post("/demo/act-as", data={"account": account}, headers=ORIGIN)
    assert answer.status_code == 303, answer.text
    return client


def hidden(page: str) -> dict[str, str]:
    """Return the hidden fields of a page's last form."""
    form = page[page.rindex("<form", 0, page.rindex('name="office"')) :]
    return dict(re.findall(r'type="hidden" name="([\w.-]+)" value="([^"]*)"', form))


def problem(answer: TestResponse) -> dict[str, Any]:
    """Return a refusal's body."""
    assert answer.mimetype == "application/problem+json", answer.text
    told: dict[str, Any] = json.loads(answer.text)
    return told
