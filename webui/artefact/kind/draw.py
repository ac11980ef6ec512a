"""draw.zip: the whole draw computed again."""

from collections.abc import Iterator

from experts.draw.bundle import verify_bundle
from webui.artefact.line import Line, failed, passed, unchecked


def check_draw(name: str, data: bytes) -> Iterator[Line]:
    """Re-compute a draw bundle; a line a step, the first fault named."""
    report = verify_bundle(data)
    for step in report.steps:
        if step.good:
            yield passed(f"{name} {step.name}", step.detail)
    if not report.ok:
        yield failed(f"{name} {report.item}", report.reason)
        return
    yield unchecked(
        name,
        "抬头所列公钥请与登记对照 / compare the keys in the header with those registered",
    )
