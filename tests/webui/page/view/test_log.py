"""The log as served: C2SP tiles that a stranger fetches, keeps for ever and checks whole."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from monitor.log.checkpoint import open_checkpoint
from monitor.log.tile import addresses
from monitor.log.verify.export import verify_export
from monitor.record.disclosure import VISITOR, openings
from tests.flip import flip, flipped
from webui.page.source import Source


def test_a_stranger_fetches_the_whole_log_and_finds_it_sound(
    client: FlaskClient, source: Source, tmp_path: Path
) -> None:
    note = client.get("/log/checkpoint").data
    size = open_checkpoint(note, source.keys.policy).checkpoint.size
    (tmp_path / "checkpoint").write_bytes(note)
    for address in addresses(size):
        path = tmp_path / address.path()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(client.get(f"/log/{address.path()}").data)
    with source.platform.read() as session:
        lines = [each.line() for each in openings(session, VISITOR, size)]
    (tmp_path / "openings.jsonl").write_bytes(b"".join(lines))
    policy = source.keys.policy
    report = verify_export(tmp_path, str(policy.log), map(str, policy.witnesses), policy.quorum)
    assert report.findings == ()
    assert report.openings > 70
    path = tmp_path / "tile" / "0" / "000"
    flip(path, 0)
    assert not verify_export(tmp_path, str(policy.log)).ok


def test_a_tile_may_be_kept_for_ever_and_the_checkpoint_not(client: FlaskClient) -> None:
    tile = client.get("/log/tile/0/000")
    assert tile.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert len(tile.data) == 256 * 32
    partial = client.get("/log/tile/0/000.p/7")
    assert partial.data == tile.data[: 7 * 32]
    assert partial.headers["Cache-Control"] == "public, max-age=300"
    head = client.get("/log/checkpoint")
    assert head.headers["Cache-Control"] == "no-cache"
    assert head.content_type == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    "path", ["0/999", "0/0", "0/000.p/0", "0/000.p/256", "x/000", "64/000", "0/x001/x000", "../../kind",
             "0/..%2f..%2f..%2fsecrets%2flog.key", "entries/999"],
)  # fmt: skip
def test_what_is_no_tile_of_this_log_is_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(f"/log/tile/{path}").status_code == 404


@pytest.mark.parametrize("path", ["0/000", "entries/000", "1/000.p/1"])
def test_a_damaged_file_is_never_served_as_the_logs(
    client: FlaskClient, source: Source, path: str
) -> None:
    file = source.tiles.folder / "tile" / path
    kept = max(file.parent.glob("*"), key=lambda each: int(each.name)) if ".p/" in path else file
    asked, sound = f"/log/tile/{kept.relative_to(source.tiles.folder / 'tile')}", kept.read_bytes()
    assert client.get(asked).data == sound
    try:
        for bad in (flipped(sound, 0), sound[:-1], b"", None):
            kept.unlink() if bad is None else kept.write_bytes(bad)
            answer = client.get(asked)
            assert answer.status_code == 503
            assert "immutable" not in answer.headers.get("Cache-Control", "")
            assert bad is None or not bad or bad not in answer.data
            if path.startswith("0/"):
                assert client.get(f"/log/tile/{path}.p/7").status_code == 503
    finally:
        kept.write_bytes(sound)
    assert client.get(asked).data == sound
