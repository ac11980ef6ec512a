"""data/bids/ of an archive: each sealed file against the manifest that its bidder signed."""

import json
from collections.abc import Iterator, Mapping
from functools import partial

from bidding.envelope.bid.manifest import check_manifest_signature, read_manifest
from bidding.envelope.bid.object import CAPSULE, MANIFEST, SIGNATURE
from bidding.envelope.document import digest
from trading.archive.offline.log import Records
from webui.artefact.line import Line, failed, guarded, passed

BIDS, OPENING, LOST, LOSE = "data/bids/", "data/opening/", "lost.json", "object.lose"


def check_bids(name: str, files: Mapping[str, bytes]) -> Iterator[Line]:
    """Check every bid of a full bag; the public one holds none.

    What is missing must be listed as lost, and a record of the archive must have said so.
    """
    bids = sorted({key.split("/")[2] for key in files if key.startswith(BIDS)})
    if not bids:
        return
    read_out, lost = _manifests(files), _lost(files)
    for bid in bids:
        item, start = f"{name} {BIDS}{bid}", f"{BIDS}{bid}/"
        held = {key[len(start) :]: body for key, body in files.items() if key.startswith(start)}
        gone = {each for of, each in lost if of == bid}
        yield from guarded(item, partial(_bid, item, held, read_out.get(bid), gone))


def _bid(item: str, held: Mapping[str, bytes], told: object, recorded: set[str]) -> Iterator[Line]:
    manifest = read_manifest(held[MANIFEST])
    check_manifest_signature(held[MANIFEST], held[SIGNATURE], manifest.signer)
    if digest(held[MANIFEST]) != told:
        yield failed(f"{item}/{MANIFEST}", "不是开标记录所载 / not that of the opening record")
    wanted = {each.name: each.measured.sha256 for each in manifest.objects}
    wanted[CAPSULE] = manifest.capsule
    listed = json.loads(held[LOST])["objects"] if LOST in held else {}
    lost = {each for each in recorded - set(held) if listed.get(each) == wanted.get(each)}
    for each in sorted(set(wanted) - lost):
        if each not in held or digest(held[each]) != wanted[each]:
            yield failed(f"{item}/{each}", "缺少或与清单不符 / missing, or not the manifest's")
            return
    for each in sorted(set(listed) - lost):
        yield failed(f"{item}/{LOST}", f"{each}: 记录中未见丢失 / no record says that it is lost")
        return
    whole = len(wanted) - len(lost)
    said = f"，平台丢失 {len(lost)} 个 / {whole} as the manifest says, {len(lost)} lost"
    yield passed(item, f"{whole} 个文件与清单相符{said}")


def _manifests(files: Mapping[str, bytes]) -> dict[str, object]:
    """Return the digest of each bid's manifest as the opening records of the archive say it."""
    records = [json.loads(body) for key, body in files.items() if key.startswith(OPENING)]
    return {row["bid"]: row["manifest"] for record in records for row in record["bids"]}


def _lost(files: Mapping[str, bytes]) -> set[tuple[str, str]]:
    """Return bid and object of what the archive's records say is lost."""
    bodies = Records(dict(files)).body.values()
    told = [body["facts"] for body in bodies if body["action"] == LOSE if "done" in body["outcome"]]
    return {(facts["bid"], facts["object"]) for facts in told}
