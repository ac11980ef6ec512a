"""Private keys that were sent by mistake: refused, never kept."""

from __future__ import annotations

from bidding.envelope.bid.object import PART, Objects
from monitor.refusal import Invalid

RULE = "电子招标投标办法 26"
SECRETS = (b"AGE-SECRET-KEY-1", b"PRIVATE KEY-----")
LEAKS = (".identity.txt", ".pem", ".key")


def refuse_secrets(name: str, data: bytes) -> None:
    """Raise Invalid for a file that is, or holds, a private key: its owner alone may have it."""
    if name.lower().endswith(LEAKS) or any(mark in data for mark in SECRETS):
        raise Invalid(
            "files",
            f"{name[:80]}：这是私钥，不得上传，未保存 / a private key, never to be sent: not kept",
            rule=RULE,
        )


def refuse_secret_objects(objects: Objects) -> None:
    """Raise Invalid where one of several files is, or begins with, a private key."""
    for name, opener in objects.items():
        with opener() as source:
            refuse_secrets(name, source.read(PART))
