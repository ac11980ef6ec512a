"""A program's way to the platform: it signs in, reads and acts as any person does, over HTTP."""

from __future__ import annotations

import hashlib
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from types import MappingProxyType
from typing import Any

PATIENCE, RATE = 30.0, 128 * 1024
"""Seconds that an answer is waited for, and one more for so many bytes that were sent."""
UNAUTHORIZED, FIRST_FAULT = 401, 500
BUSY = frozenset({429, 503})
NOTHING: Mapping[str, str] = MappingProxyType({})
PASSWORD = "password"  # noqa: S105 - a file's name


class Away(Exception):
    """The platform cannot be reached, or is busy; try again later."""


class Refused(Exception):
    """The platform says no; `code`, `field` and all of `told` as in its answer."""

    def __init__(self, status: int, told: Mapping[str, Any]) -> None:
        super().__init__(str(told.get("detail", "")) or f"HTTP {status}")
        self.status, self.told = status, dict(told)
        self.code = str(told.get("code", ""))
        self.field = str(told.get("field", ""))


@dataclass(slots=True)
class Client:
    """One account; the password lies in a file of the program's own folder, read when needed."""

    url: str
    account: str
    keys: Path
    _token: str = field(default="", repr=False)

    def read(self, path: str, headers: Mapping[str, str] = NOTHING) -> Any:
        """Return a reading as JSON; raises Away, Refused."""
        return json.loads(self.send("GET", path, None, headers))

    def text(self, path: str) -> str:
        """Return a public text; raises Away, Refused."""
        return self._call("GET", path, None, {}).decode()

    def act(
        self,
        action: str,
        inputs: Mapping[str, Any],
        project: str | None = None,
        headers: Mapping[str, str] = NOTHING,
    ) -> Any:
        """Do a deed once, however often it is sent; return its result. Raises Away, Refused."""
        body = {"inputs": inputs, **({} if project is None else {"project": project})}
        data = json.dumps(body, sort_keys=True).encode()
        key = hashlib.sha256(action.encode() + b"\0" + data).hexdigest()
        path = f"/api/v1/acts/{action}"
        answer = self.send("POST", path, data, {**headers, "Idempotency-Key": key})
        return json.loads(answer)["result"]

    def send(
        self, method: str, path: str, data: bytes | None, headers: Mapping[str, str] = NOTHING
    ) -> bytes:
        """Call as the account; signs in when the session is none, or has ended meanwhile.

        Raises Away, Refused.
        """
        fresh = not self._token
        if fresh:
            self._sign_in()
        try:
            return self._call(method, path, data, {**headers, **self._bearer()})
        except Refused as refused:
            if refused.status != UNAUTHORIZED or fresh:
                raise
        self._sign_in()
        return self._call(method, path, data, {**headers, **self._bearer()})

    def _sign_in(self) -> None:
        self._token = ""
        try:
            password = (self.keys / PASSWORD).read_text("utf-8").strip()
        except FileNotFoundError:
            raise Away(f"{PASSWORD}: 尚未给出口令 / no password yet") from None
        told = {"name": self.account, "password": password, "label": self.account}
        answer = self._call("POST", "/api/v1/session", json.dumps(told).encode(), {})
        self._token = json.loads(answer)["token"]

    def _bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"}

    def _call(self, method: str, path: str, data: bytes | None, headers: dict[str, str]) -> bytes:
        head = {"Content-Type": "application/json", **headers} if data else headers
        request = urllib.request.Request(  # noqa: S310 - the address that its owner gave
            self.url + path, data, head, method=method
        )
        try:
            patience = PATIENCE + len(data or b"") / RATE
            with urllib.request.urlopen(request, timeout=patience) as answer:  # noqa: S310
                found: bytes = answer.read()
                return found
        except urllib.error.HTTPError as fault:
            raise _said_no(fault) from None
        except (OSError, HTTPException) as fault:
            raise Away(f"{type(fault).__name__}: {fault}") from None


def _said_no(fault: urllib.error.HTTPError) -> Exception:
    with fault:
        data = fault.read()
    if fault.code in BUSY or fault.code >= FIRST_FAULT:
        return Away(f"HTTP {fault.code}")
    try:
        told = json.loads(data)
    except ValueError:
        told = {}
    return Refused(fault.code, told if isinstance(told, dict) else {})
