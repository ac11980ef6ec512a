"""A trade's file packed from the database: both bags verify, and filing names their digests."""

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from click.testing import CliRunner

from bidding.envelope.bid.object import CAPSULE, LETTER, MANIFEST
from bidding.submission import standing_bids
from monitor.log.canonical import JSON, canonical
from monitor.log.tile import TileStore
from monitor.record.audit.walk import audit
from monitor.record.disclosure import custody
from monitor.refusal import Invalid, NotAllowed
from monitor.runtime.database import Addresses, libpq
from tests.builders import the_act
from tests.stories.hall import an_opened_hall
from tests.stories.tenderer import Tenderer, bidders
from tests.stories.world import Tender, World, a_tender, a_world
from trading.archive.canonical_zip import read_canonical
from trading.archive.filing import last_edition
from trading.archive.holding import NotAsPublished
from trading.archive.volume import Document, draw_bundle, filed
from webui.archive.evidence import NotSequenced
from webui.archive.packing import Archivist, Packed, PaperMissing, PaperTwice
from webui.artefact.keys import Keys, KeysError, read_keys, write_keys
from webui.artefact.kind.kept import check_bids
from webui.artefact.line import State
from webui.cli.verify import verify

TENDER = filed("tender", "tender.txt", "招标文件 / tender documents", b"tender documents")
OTHERS = tuple(
    filed(kind, f"{kind}.txt", kind, f"{kind} 正文".encode())
    for kind in ("evaluation", "award", "letter", "contract")
)


@dataclass(frozen=True)
class Filed:
    """An opened trade, who packs it, and its bags."""

    tender: Tender
    tenderers: list[Tenderer]
    archivist: Archivist
    packed: Packed


def keys_of(world: World) -> Keys:
    return read_keys(write_keys(world.house.policy, "00" * 32))


def an_archivist(world: World) -> Archivist:
    tiles = TileStore(world.folder / "log")
    return Archivist(world.house.platform, world.store, tiles, keys_of(world), world.settle)


@pytest.fixture(scope="module")
def done(database: Addresses, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filed]:
    with a_world(database, tmp_path_factory.mktemp("world")) as world:
        tender = a_tender(world)
        three = bidders(tender)
        an_opened_hall(tender, three[0])
        the_act(world.house.platform, "contract.sign", tender.id)
        archivist = an_archivist(world)
        packed = archivist.pack(tender.clerk, tender.id, (TENDER, *OTHERS))
        yield Filed(tender, three, archivist, packed)


def bodies(zipped: bytes) -> list[dict[str, Any]]:
    lines = read_canonical(zipped)["data/records/openings.jsonl"].splitlines()
    rows = [json.loads(line) for line in lines]
    return [json.loads(base64.b64decode(row["body"])) for row in rows if "body" in row]


def check(tmp_path: Path, name: str, zipped: bytes, keys: Keys) -> Any:
    (tmp_path / name).write_bytes(zipped)
    (tmp_path / "keys.txt").write_text(keys.text)
    arguments = [str(tmp_path / name), "--keys", str(tmp_path / "keys.txt")]
    return CliRunner().invoke(verify, arguments)


def test_both_bags_pass_every_check(done: Filed, tmp_path: Path) -> None:
    for name, zipped in (("archive.zip", done.packed.archive), ("public.zip", done.packed.public)):
        said = check(tmp_path, name, zipped, done.archivist.keys)
        assert said.exit_code == 0, said.output
        assert "0 came later" in said.output


def stored(done: Filed, one: Tenderer, name: str) -> Path:
    """Where the platform keeps an object of a bid."""
    with done.archivist.platform.read() as session:
        bids = standing_bids(session, done.tender.id, done.tender.section)
    [blobs] = [each.blobs for each in bids if each.bid == one.last.bid]
    [file] = done.tender.world.folder.rglob(blobs[name].replace("-", ""))
    return file


def test_a_stored_object_that_went_bad_is_named_and_nothing_is_filed_in_its_place(
    done: Filed,
) -> None:
    one, papers = done.tenderers[1], (TENDER, *OTHERS)
    for name, bad in ((CAPSULE, b"{}"), (LETTER, b"another"), ("att-001.age", None)):
        kept = stored(done, one, name)
        whole = kept.read_bytes()
        kept.unlink()
        try:
            if bad is not None:
                kept.write_bytes(bad)
            with pytest.raises(PaperMissing, match=f"{one.last.bid} {name}"):
                done.archivist.manifest(done.tender.id, papers)
        finally:
            kept.write_bytes(whole)


def test_a_sealed_file_that_is_not_its_manifests_fails_by_its_name(done: Filed) -> None:
    """Whoever packs the bag makes its list of contents too; the manifest its bidder signed."""
    bag, one = read_canonical(done.packed.archive), done.tenderers[1].last.bid
    lines = list(check_bids("a.zip", bag))
    assert [line.state for line in lines] == [State.PASSED] * 3
    start = f"data/bids/{one}/"
    gone = {"objects": {LETTER: hashlib.sha256(bag[start + LETTER]).hexdigest()}}
    lost = {start + "lost.json": json.dumps(gone).encode()}
    other = f"data/bids/{done.tenderers[0].last.bid}/"
    bent: dict[str, dict[str, bytes | None]] = {
        "att-001.age": {"att-001.age": b"another"},
        CAPSULE: {CAPSULE: None},
        LETTER: {LETTER: None},
        MANIFEST: {each: bag[other + each] for each in (MANIFEST, "manifest.sig")},
    }
    for name, changed in bent.items():
        files = {**bag, **{start + each: body for each, body in changed.items() if body}}
        for each, body in changed.items():
            if body is None:
                del files[start + each]
        if name == LETTER:
            files |= lost  # listed, but nobody ever said so in public
        found = [line for line in check_bids("a.zip", files) if line.state is State.FAILED]
        assert found[0].item == f"a.zip {start}{name}", name
    said: dict[str, JSON] = {"action": "object.lose", "outcome": {"done": True},
            "facts": {"bid": one, "object": LETTER}}  # fmt: skip
    row: dict[str, JSON] = {
        "index": 10**6,
        "salt": "00" * 32,
        "body": base64.b64encode(canonical(said)).decode(),
    }
    records = "data/records/openings.jsonl"
    told = {**bag, **lost, records: bag[records] + canonical(row) + b"\n"}
    del told[start + LETTER]
    assert [line.state for line in check_bids("a.zip", told)] == [State.PASSED] * 3


def test_custody_holds_every_record_up_to_the_closing_one(done: Filed) -> None:
    platform, project = done.archivist.platform, done.tender.id
    with platform.read() as session:
        edition = last_edition(session, project)
        held = custody(session, project)
    inside = [body["id"] for body in bodies(done.packed.archive)]
    assert sorted(inside) == [str(each.record_id) for each in held][:-1]
    assert max(inside) == str(edition.through)
    filed_body = json.loads(held[-1].body)
    assert filed_body["action"] == "archive.file"
    said = filed_body["facts"]
    assert said["custody"]["sha256"] == hashlib.sha256(done.packed.archive).hexdigest()
    assert said["public"]["sha256"] == hashlib.sha256(done.packed.public).hexdigest()
    manifest = read_canonical(done.packed.public)["data/manifest.json"]
    assert said["manifest"] == hashlib.sha256(manifest).hexdigest()


def test_the_public_bag_opens_only_what_the_public_may_see(done: Filed) -> None:
    shown = {body["action"] for body in bodies(done.packed.public)}
    assert {"notice.publish", "bid.submit", "opening.reveal", "archive.close"} <= shown
    assert "arrival.stamp" in {body["action"] for body in bodies(done.packed.archive)}
    assert not shown & {"arrival.stamp", "participation.join"}


def test_recovered_keys_and_letters_are_in_custody_alone(done: Filed) -> None:
    custody_files = read_canonical(done.packed.archive)
    for one in done.tenderers:
        folder = f"data/bids/{one.last.bid}"
        assert custody_files[f"{folder}/identity.txt"].decode().strip() == one.last.identity
        assert one.uscc.encode() in custody_files[f"{folder}/letter.json"]
        sealed = (one.folder / "sealed-1" / "letter.age").read_bytes()
        assert custody_files[f"{folder}/letter.age"] == sealed
    for name, body in read_canonical(done.packed.public).items():
        assert b"AGE-SECRET-KEY-1" not in body or name.endswith(".py"), name
        assert not name.startswith("data/bids/"), name


def test_documents_keep_the_digests_under_which_they_were_published(done: Filed) -> None:
    files = read_canonical(done.packed.public)
    notice = hashlib.sha256(files["data/documents/notice/notice-1.json"]).hexdigest()
    published = [b for b in bodies(done.packed.public) if b["action"] == "notice.publish"]
    assert published[0]["facts"]["digest"] == notice
    opening = hashlib.sha256(files["data/opening/opening-record.json"]).hexdigest()
    revealed = [b for b in bodies(done.packed.public) if b["action"] == "opening.reveal"]
    assert revealed[0]["facts"]["record"] == opening


def test_a_file_named_by_digest_must_be_handed_in(done: Filed) -> None:
    with pytest.raises(PaperMissing, match="招标文件"):
        done.archivist.volume(done.tender.id, OTHERS)
    other = replace(TENDER, body=b"other tender documents")
    with pytest.raises(PaperMissing):
        done.archivist.volume(done.tender.id, (other, *OTHERS))


def test_two_documents_of_one_path_are_refused(done: Filed) -> None:
    twice = Document("notice", "documents/notice/notice-1.json", "假公告", b"{}")
    with pytest.raises(PaperTwice, match="notice-1"):
        done.archivist.volume(done.tender.id, (TENDER, twice))


def test_an_incomplete_file_is_refused_by_the_platform(done: Filed) -> None:
    papers = (TENDER, *OTHERS[:-1])
    with pytest.raises(Invalid, match="合同文本"):
        done.archivist.pack(done.tender.clerk, done.tender.id, papers)
    with pytest.raises(NotAllowed):
        done.archivist.pack(done.tender.owner, done.tender.id, (TENDER, *OTHERS))


def test_a_file_is_not_packed_before_the_log_has_its_records(done: Filed) -> None:
    asleep = replace(done.archivist, settle=lambda: None)
    with pytest.raises(NotSequenced):
        asleep.pack(done.tender.clerk, done.tender.id, (TENDER, *OTHERS))


def test_a_notice_changed_at_rest_is_not_filed_as_published(
    done: Filed, database: Addresses
) -> None:
    project: UUID = done.tender.id
    with psycopg.connect(libpq(database.superuser_url), autocommit=True) as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("UPDATE notice SET title = title || 'x' WHERE project = %s", [project])
        with pytest.raises(NotAsPublished):
            done.archivist.volume(project, (TENDER, *OTHERS))
        owner.execute("UPDATE notice SET title = left(title, -1) WHERE project = %s", [project])


def test_packing_leaves_a_clean_house(done: Filed) -> None:
    head = done.tender.world.house.settle()
    with done.archivist.platform.read() as session:
        assert audit(session, head, done.tender.world.house.policy) == []


def test_a_second_edition_holds_the_filing_of_the_first(done: Filed) -> None:
    bundle = draw_bundle("panel.zip", b"not checked here")
    packed = done.archivist.pack(done.tender.clerk, done.tender.id, (TENDER, *OTHERS, bundle))
    assert "archive.file" in {body["action"] for body in bodies(packed.archive)}
    assert packed.edition != done.packed.edition


def test_keys_without_a_policy_are_no_keys() -> None:
    with pytest.raises(KeysError):
        read_keys("quorum none\n")
