"""A log export: every tile and every opening against the cosigned checkpoint."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

from monitor.log.commitment import Opening, commit
from monitor.log.verify.export import OPENINGS, verify_export
from webui.artefact.keys import Keys
from webui.artefact.line import Line, failed, passed


def check_log(
    folder: Path,
    keys: Keys,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Iterator[Line]:
    """Check an export folder: checkpoint, tile/…, openings.jsonl."""
    policy = keys.policy
    witnesses = map(str, policy.witnesses)
    report = verify_export(folder, str(policy.log), witnesses, policy.quorum, progress)
    name = folder.name
    for finding in report.findings:
        yield failed(f"{name}/{finding.place}", finding.what)
    if report.checkpoint is not None and report.ok:
        head, count = report.checkpoint, len(report.cosignatures)
        yield passed(
            f"{name}/checkpoint",
            f"{head.origin} 共 {head.size} 条，见证签名 {count} / "
            f"{head.size} leaves, cosigned by {count} witnesses",
        )
        yield passed(f"{name}/openings.jsonl", f"{report.openings} 条开示与承诺一致 / openings fit")
    if report.ok:
        yield from _chains(name, folder)


def _chains(name: str, folder: Path) -> Iterator[Line]:
    """Check that no public act between the first and the last of a trade was left out."""
    opened = [Opening.parse(x) for x in (folder / OPENINGS).read_bytes().splitlines(keepends=True)]
    chains: dict[str, list[tuple[int, str, str]]] = {}
    for one in opened:
        body = json.loads(one.body)
        if "seq" in body:
            commitment = commit(one.salt, one.body).hex()
            row = (int(body["seq"]), str(body["prev"]), commitment)
            chains.setdefault(str(body.get("project")), []).append(row)
    for project, acts in chains.items():
        before = ""
        for place, (seq, prev, commitment) in enumerate(sorted(acts), 1):
            if (seq, prev) != (place, before):
                yield failed(
                    f"{name}/{OPENINGS}", f"{project}: 缺第 {place} 项 / act {place} is gone"
                )
                return
            before = commitment
    yield passed(f"{name}/{OPENINGS}", f"{len(chains)} 宗公开行为连续 / {len(chains)} chains whole")
