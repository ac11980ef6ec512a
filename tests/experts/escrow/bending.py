"""A draw's bundle with its papers changed, and what the verifiers say of it."""

import json
from collections.abc import Callable
from typing import Any

from experts import draw_verify
from experts.draw.bundle import verify_bundle
from monitor.log.canonical import canonical
from trading.archive.canonical_zip import canonical_zip, read_canonical

Papers = dict[str, Any]


def verdicts(data: bytes) -> tuple[str, str]:
    """The last step of either verifier, and the item at fault; they agree on the step."""
    ours, theirs = verify_bundle(data), draw_verify.verify(data)
    assert ours.steps[-1].name == theirs[-1][0]
    assert ours.ok == (not theirs[-1][1])
    return ours.steps[-1].name, ours.item


def bent(bundle: bytes, bend: Callable[[Papers], None]) -> bytes:
    """The bundle with its papers changed by whoever holds every key of centre and inspector."""
    members = read_canonical(bundle)
    papers = {n: json.loads(data) for n, data in members.items() if n.endswith(".json")}
    bend(papers)
    rest = {n: data for n, data in members.items() if not n.endswith(".json")}
    return canonical_zip({**rest, **{n: canonical(told) for n, told in papers.items()}})
