"""The public keys that an artefact is checked against: a C2SP tlog-policy, one more line in it.

The receipt key stands in a comment line, so that any other reader of a policy passes over it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from monitor.log.checkpoint import Policy
from monitor.log.note import NoteError
from trading.archive.evidence import keys_of

FILE = "keys.txt"
ROOTS = "roots.pem"
_KINDS = {"log", "witness", "group", "quorum"}
_STRANGE = re.compile(r"[^\S\n\t ]|[\x00-\x08\x7f]")
_RECEIPT = re.compile(r"# batong receipt key ([0-9a-f]{64})")


class KeysError(ValueError):
    """The text is not a policy that can be checked against."""


@dataclass(frozen=True, slots=True)
class Keys:
    """A policy, the receipt key in hexadecimal ("" if none), and the text they stand in."""

    policy: Policy
    receipt: str
    text: str


def write_keys(policy: Policy, receipt: str) -> str:
    """Write the text of a keys file; receipt is the receipt key in hexadecimal."""
    return f"{keys_of(policy)}# batong receipt key {receipt}\n"


def read_keys(text: str) -> Keys:
    """Read a keys file; raises KeysError."""
    if _STRANGE.search(text):
        raise KeysError("公钥文件有控制字符 / a control character in the keys file")
    rows = [line.split() for line in text.split("\n") if line.strip() and line[0] != "#"]
    if any(len(row) < 2 for row in rows):
        raise KeysError("公钥文件格式有误 / a line of the keys file is cut short")
    named = [(row[0], row[1]) for row in rows]
    if len(set(named)) < len(named) or {kind for kind, _ in named} - _KINDS:
        raise KeysError("公钥文件有重复或未知的行 / a line twice, or of no known kind")
    if len(_RECEIPT.findall(text)) > 1:
        raise KeysError("公钥文件有两个回执公钥 / two receipt keys")
    logs = [row[1] for row in rows if row[0] == "log"]
    if len(logs) != 1:
        raise KeysError("公钥文件须恰有一行 log / the keys file must name one log")
    try:
        policy = Policy.of(logs[0], *_quorum(rows))
    except (NoteError, ValueError, IndexError) as error:
        raise KeysError(f"公钥文件有误 / keys file: {error}") from error
    found = _RECEIPT.search(text)
    return Keys(policy, found[1] if found else "", text)


def _quorum(rows: Sequence[Sequence[str]]) -> tuple[list[str], int]:
    """Return the witnesses' vkeys and how many of them must have signed; one flat group only."""
    witnesses = {row[1]: row[2] for row in rows if row[0] == "witness"}
    groups = {row[1]: row[2:] for row in rows if row[0] == "group"}
    wanted = [row[1] for row in rows if row[0] == "quorum"]
    if len(wanted) != 1:
        raise KeysError("公钥文件须恰有一行 quorum / the keys file must have one quorum")
    if wanted[0] == "none":
        return list(witnesses.values()), 0
    if wanted[0] in witnesses:
        return [witnesses[wanted[0]]], 1
    threshold, *members = groups.get(wanted[0], [""])
    if not members or set(members) - set(witnesses):
        raise KeysError("quorum 须为一组见证人 / the quorum must be one group of witnesses")
    said = {"any": "1", "all": str(len(members))}.get(threshold, threshold)
    if not re.fullmatch("[1-9][0-9]{0,2}", said) or len(set(members)) < len(members):
        raise KeysError("quorum 须至少一名、各不相同 / at least one, each witness once")
    count = int(said)
    return [witnesses[name] for name in members], count


def nearby(path: Path, name: str) -> Path | None:
    """Return log/NAME beside or above the artefact, or NAME beside it in a log export."""
    here = path.resolve()
    for folder in [here, *list(here.parents)[:3]]:
        for found in (folder / "log" / name, folder / name):
            if found.is_file():
                return found
    return None
