"""The signed checkpoint and the keys it is checked with, in their one spelling each."""

import base64
import hashlib
import re

from trading.archive.offline.ed25519 import ed25519
from trading.archive.offline.wrong import need

SIGNATURE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})")
Vkey = tuple[str, bytes, int, bytes]


def exact_base64(text: str) -> bytes:
    """Read base64 in its one spelling; Wrong otherwise."""
    raw = base64.b64decode(text, validate=True)
    need(base64.b64encode(raw).decode() == text, "base64: not the one spelling")
    return raw


def _vkey(text: str) -> Vkey:
    name, identity, key = text.split("+", 2)
    raw = exact_base64(key)
    expected = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
    need(name and name == "".join(name.split()), "vkey: its name")
    need(expected.hex() == identity and len(raw) == 33, f"vkey {name}: key id")
    return name, expected, raw[0], raw[1:]


def _split(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Return the text and (name, blob) of every signature line (C2SP signed-note)."""
    need(len(note) <= 1 << 20 and not re.search(r"[\x00-\x09\x0b-\x1f]", note), "checkpoint: text")
    text, blank, tail = note.rpartition("\n\n")
    need(blank and tail.endswith("\n"), "checkpoint: not a text, an empty line and signatures")
    lines = tail[:-1].split("\n")
    need(len(lines) <= 100, "checkpoint: more than 100 signatures")
    found = []
    for line in lines:
        match = SIGNATURE.fullmatch(line)
        need(match, "checkpoint: not a signature line")
        found.append((match[1], exact_base64(match[2])) if match else ("", b""))
    return text + "\n", found


def _signed(text: str, signatures: list[tuple[str, bytes]], vkey: Vkey) -> bool:
    """Say whether the key signed; Wrong if any line of it is bad."""
    name, identity, kind, key = vkey
    own = [blob[4:] for who, blob in signatures if who == name and blob[:4] == identity]
    for blob in own:
        message = text.encode()
        if kind == 4:
            when = int.from_bytes(blob[:8], "big")
            message = f"cosignature/v1\ntime {when}\n".encode() + message
        good = kind in (1, 4) and ed25519(key, blob[8:] if kind == 4 else blob, message)
        need(good, f"checkpoint: signature of {name}")
    return bool(own)


def _policy(keys: str) -> tuple[Vkey, list[Vkey], list[Vkey], int]:
    """Read a C2SP tlog-policy of one log and one flat group: log, witnesses, members, quorum."""
    need(not re.search(r"[^\S\n\t ]|[\x00-\x08\x7f]", keys), "vkeys.txt: a control character")
    rows = [line.split() for line in keys.split("\n") if line.strip() and line[0] != "#"]
    named: dict[str, dict[str, list[str]]] = {"log": {}, "witness": {}, "group": {}, "quorum": {}}
    for kind, name, *rest in rows:
        need(kind in named and name not in named[kind], f"vkeys.txt: {kind} {name} stands twice")
        named[kind][name] = rest
    need(len(named["log"]) == len(named["quorum"]) == 1, "vkeys.txt: not one log and one quorum")
    log = _vkey(next(iter(named["log"])))
    witnesses = {name: _vkey(rest[0]) for name, rest in named["witness"].items()}
    _check_roles(log, list(witnesses.values()))
    members, threshold = _group(next(iter(named["quorum"])), named["group"], list(witnesses))
    return log, list(witnesses.values()), [witnesses[name] for name in members], threshold


def _group(name: str, groups: dict[str, list[str]], witnesses: list[str]) -> tuple[list[str], int]:
    if name == "none":
        return [], 0
    said, *members = ["1", name] if name in witnesses else groups.get(name, [""])
    distinct = members and len(set(members)) == len(members) and set(members) <= set(witnesses)
    need(distinct, "vkeys.txt: the quorum is not one group of different witnesses")
    count = {"all": str(len(members)), "any": "1"}.get(said, said)
    need(re.fullmatch("[1-9][0-9]{0,2}", count), "vkeys.txt: the quorum's number")
    need(int(count) <= len(members), "vkeys.txt: the quorum wants more witnesses than it names")
    return members, int(count)


def _check_roles(log: Vkey, witnesses: list[Vkey]) -> None:
    right = log[2] == 1 and all(kind == 4 for _, _, kind, _ in witnesses)
    need(right, "vkeys.txt: a key of the wrong type")
    keys = [key for *_, key in (log, *witnesses)]
    need(len(set(keys)) == len(keys), "vkeys.txt: one public key stands for two")


def checkpoint(files: dict[str, bytes], keys: str) -> tuple[int, bytes, str]:
    """Verify the cosigned checkpoint under the policy; return size, root and a line to show."""
    text, signatures = _split(files["data/log/checkpoint"].decode())
    log, witnesses, members, threshold = _policy(keys)
    need(_signed(text, signatures, log), "checkpoint: not signed by the log's key")
    signers = [witness for witness in witnesses if _signed(text, signatures, witness)]
    count = sum(member in signers for member in members)
    need(count >= threshold, "checkpoint: quorum of witnesses not met")
    origin, size, root, end = text.split("\n")
    need(origin == log[0] and not end, "checkpoint: origin is not the log's")
    need(re.fullmatch("0|[1-9][0-9]{0,18}", size) and int(size) < 2**63, "checkpoint: size")
    head = exact_base64(root)
    need(len(head) == 32, "checkpoint: root")
    line = (
        f"日志签名及 {len(signers)} 个见证签名有效 / checkpoint of {origin}: "
        f"log and {len(signers)} witnesses sign"
    )
    return int(size), head, line
