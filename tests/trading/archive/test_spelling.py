"""One spelling each: names in a zip, checkpoint and keys, refused alike by both readers."""

import base64
import hashlib

import pytest

from monitor.log.checkpoint import open_checkpoint
from monitor.log.note import NoteError
from tests.trading.archive.conftest import POLICY
from trading.archive.canonical_zip import ZipError, canonical_zip, check_names, read_canonical
from trading.archive.offline import checkpoint as offline
from trading.archive.offline import container
from trading.archive.offline.wrong import Wrong
from trading.archive.volume import Volume
from webui.artefact.keys import KeysError, read_keys

FAULTS = (Wrong, ValueError, KeyError, TypeError)


def renamed(old: bytes, new: bytes) -> bytes:
    """Write a name that no maker writes into a zip of two members."""
    return canonical_zip({old.decode(): b"x", "z": b"y"}).replace(old, new)


@pytest.mark.parametrize(
    "name", ["C:x", "c:/x", "a" * 256, "d/" + "文" * 86, "a\0b", "a\\b", "../x"]
)
def test_a_name_that_unzips_elsewhere_is_refused_by_both(name: str) -> None:
    with pytest.raises(ZipError):
        check_names({name: b""})
    with pytest.raises(Wrong):
        container.check_names({name: b""})
    plain = b"p" * len(name.encode())
    if name.isascii() and len(name) < 256:
        data = renamed(plain, name.encode())
        with pytest.raises(ZipError):
            read_canonical(data)
        with pytest.raises(FAULTS):
            container.read_zip(data)


def test_a_file_that_is_also_a_folder_is_refused_by_both() -> None:
    for names in ({"bagit.txt": b"", "bagit.txt/x": b""}, {"a/b/c": b"", "a": b""}):
        with pytest.raises(ZipError):
            check_names(names)
        with pytest.raises(Wrong):
            container.check_names(names)
    assert container.read_zip(canonical_zip({"a/b": b"1", "a/c": b"2"})) == {
        "a/b": b"1",
        "a/c": b"2",
    }


def other_base64(note: str) -> str:
    """The log's signature with its last sign changed in bits that no byte holds."""
    blob = next(x for x in note.splitlines() if x.startswith("— batong")).split()[-1]
    signs = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return note.replace(blob, f"{blob[:-2]}{signs[signs.index(blob[-2]) + 1]}=")


NOTES = {
    "no newline at the end": lambda t: t[:-1],
    "CRLF": lambda t: t.replace("\n", "\r\n"),
    "a minus for the dash": lambda t: t.replace("— ", "- "),
    "a vertical tab between lines": lambda t: t.replace("\n— w", "\x0b— w"),
    "a line separator between lines": lambda t: t.replace("\n— w", "\u2028— w"),
    "two spaces": lambda t: t.replace("— b", "—  b"),
    "a leading zero": lambda t: t.replace("\n20\n", "\n020\n"),
    "a second, bad signature of the log": lambda t: t + bad_line(t),
    "base64 with bits that mean nothing": other_base64,
}


def bad_line(note: str) -> str:
    """The log's line, with another signature under the same key id."""
    line = next(x for x in note.splitlines() if x.startswith("— batong"))
    return line[:-20] + "A" * 18 + "==\n" if line.endswith("==") else line[:-20] + "A" * 19 + "=\n"


@pytest.mark.parametrize("name", NOTES)
def test_a_checkpoint_in_another_spelling_is_refused_by_both(name: str, volume: Volume) -> None:
    text = volume.evidence.checkpoint.decode()
    bent = NOTES[name](text).encode()
    assert bent != text.encode()
    with pytest.raises(NoteError):
        open_checkpoint(bent, POLICY)
    with pytest.raises(FAULTS):
        offline.checkpoint({"data/log/checkpoint": bent}, volume.evidence.keys)


def two_names(keys: str) -> str:
    """The third witness's key is the first's, under the third's name and its key id."""
    first, _, third = [line for line in keys.splitlines() if line.startswith("witness ")]
    raw = first.split("+", 2)[2]
    name = third.split()[2].split("+")[0]
    identity = hashlib.sha256(name.encode() + b"\n" + base64.b64decode(raw)).hexdigest()[:8]
    return keys.replace(third, f"{third.rsplit(' ', 1)[0]} {name}+{identity}+{raw}")


KEYS = {
    "a witness twice in the group": lambda k: k.replace("2 w1 w2 w3", "2 w1 w1 w3"),
    "none of them needed": lambda k: k.replace("group quorum-group 2", "group quorum-group 0"),
    "less than none": lambda k: k.replace("group quorum-group 2", "group quorum-group -1"),
    "more than all": lambda k: k.replace("group quorum-group 2", "group quorum-group 4"),
    "a number in other digits": lambda k: k.replace("quorum-group 2", "quorum-group ２"),
    "a group twice": lambda k: k + "group quorum-group 1 w1\n",
    "a quorum twice": lambda k: k + "quorum none\n",
    "a line hidden behind a vertical tab": lambda k: k.replace("quorum q", "#\x0bquorum q"),
    "a line of no kind": lambda k: k + "trust me\n",
    "a carriage return that splits no line": lambda k: k.replace("2 w1 w2 w3", "2 w1 w2\rw3"),
    "one key under two names": two_names,
}


@pytest.mark.parametrize("name", KEYS)
def test_a_policy_that_asks_for_less_than_it_seems_is_refused_by_both(
    name: str, volume: Volume
) -> None:
    good = volume.evidence.keys
    bent = KEYS[name](good)
    assert bent != good
    assert read_keys(good).policy == POLICY
    with pytest.raises(KeysError):
        read_keys(bent)
    with pytest.raises(FAULTS):
        offline.checkpoint({"data/log/checkpoint": volume.evidence.checkpoint}, bent)
