"""A log export: every tile and every opening against the cosigned checkpoint."""

from collections.abc import Callable, Iterator
from pathlib import Path

from monitor.log.verify import verify_export
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
