"""`batong trustee run`, and `answer` and `prove` for a machine without a network."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click

from bidding.envelope.document import EnvelopeError, Malformed, digest
from bidding.envelope.roster import read_roster
from bidding.envelope.trustee.complaint import complain as prove_garbage
from bidding.envelope.trustee.complaint import complained
from bidding.envelope.trustee.holder import write_private
from bidding.envelope.trustee.successor import accept as take_seat
from bidding.envelope.trustee.successor import read_acceptance
from monitor.clock import Clock, SystemClock
from monitor.refusal import Invalid
from monitor.work.ending import go_on
from webui.artefact.keys import KeysError
from webui.cli.option import at_url, own_folders
from webui.cli.report import fail, one_line_errors
from webui.program.client import Away, Client, Refused
from webui.program.trustee.bundle import Bundle, read_bundle
from webui.program.trustee.fellow import Agrees
from webui.program.trustee.memory import Memory
from webui.program.trustee.seat import Confirm, Seat, log

QUIET, BUSY = 3.0, 1.0
"""Seconds between two looks where nothing is open, and where something is."""
LONGEST = 15.0
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group()
def trustee() -> None:
    """受托人的解密程序 / A trustee's own program."""


@trustee.command()
@at_url
@own_folders("密钥文件夹，内有 keys.txt 与 password / a folder of keys, with keys.txt and password")
@click.option(
    "--account",
    "accounts",
    multiple=True,
    help="登录名，默认为文件夹名 / the account's name, the folder's unless given",
)
@click.option("--confirm", is_flag=True, help="每次交出份额前询问 / ask before any share is given")
@click.option("--stand-in", is_flag=True, help="演示：随平台的演示时间 / go by a demo's time")
@one_line_errors
def run(
    url: str, folders: Sequence[Path], accounts: Sequence[str], confirm: bool, stand_in: bool
) -> None:
    """运行到 Ctrl-C：自行核验 CLOSE 后交出份额 / Answer until Ctrl-C, each CLOSE checked here."""
    if accounts and len(accounts) != len(folders):
        fail("--account 与 --keys 个数不符 / one --account for each --keys", 2)
    names = accounts or [folder.name for folder in folders]
    clock: Clock | None = None if stand_in else SystemClock()
    asks: Confirm | None = click.confirm if confirm else None
    agrees: Agrees | None = (lambda _: True) if stand_in else None
    seats = [
        Seat(Client(url.rstrip("/"), name, folder), Memory(folder), clock, asks, agrees)
        for name, folder in zip(names, folders, strict=True)
    ]
    go_on(lambda pause: min(_looked(seat, pause) for seat in seats), QUIET)


@trustee.command()
@click.argument("bundle", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--keys", "folder", required=True, type=_FOLDER, help="密钥文件夹 / folder of keys")
@click.option("--stand-in", is_flag=True, help="演示：以 CLOSE 的时间为准 / go by a demo's time")
@one_line_errors
def answer(bundle: Path, out: Path, folder: Path, stand_in: bool) -> None:
    """离线答复从网页下载的请求 BUNDLE / Answer a request fetched from the page, offline."""
    memory = Memory(folder)
    policy = memory.policy()
    found = _bundle(bundle)
    found.check(policy)
    request = found.request
    section, kind, close = request.close.lot, request.kind.value, request.close.digest
    document = memory.answered(section, kind, close)
    if document is None:
        now = request.close.closed_at if stand_in else SystemClock().now()
        document = memory.holding(request).unlock(
            request, lambda said: found.witnessed(said, policy), now
        )
        memory.keep(section, kind, close, document)
    write_private(out, document.decode())
    click.echo(f"{out}：{len(request.items)} 项已答复 / answered; bring it to /trustee")
    if bad := complained(document):
        click.echo(f"{len(bad)} 份份额不可用 / faulty shares: prove it by complain")


@trustee.command()
@click.argument("bundle", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("out", type=click.Path(file_okay=False, path_type=Path))
@click.option("--keys", "folder", required=True, type=_FOLDER, help="密钥文件夹 / folder of keys")
@one_line_errors
def complain(bundle: Path, out: Path, folder: Path) -> None:
    """离线证明 BUNDLE 中哪些份额有误，写入文件夹 OUT / Prove which shares are none, offline.

    证明会公开该份额文件的内容：请先确认它不是从尚未截标的项目抄来的 / The proof lets anybody
    read that file: make sure first that it was not copied from a trade that still takes bids.
    """
    memory = Memory(folder)
    policy, found = memory.policy(), _bundle(bundle)
    found.check(policy)
    request = found.request
    batch = memory.answered(request.close.lot, request.kind.value, request.close.digest)
    if batch is None:
        raise Invalid("bundle", "请先答复这项请求 / answer this request first")
    subjects = complained(batch)
    out.mkdir(exist_ok=True)
    for number, subject in enumerate(subjects, 1):
        document = prove_garbage(
            memory.holding(request), request, subject, lambda said: found.witnessed(said, policy)
        )
        write_private(out / f"complaint-{number}.json", document.decode())
    click.echo(f"{out}：{len(subjects)} 份投诉 / complaints; bring each to /trustee")


@trustee.command()
@click.argument("challenge", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--keys", "folder", required=True, type=_FOLDER, help="密钥文件夹 / folder of keys")
@one_line_errors
def prove(challenge: Path, out: Path, folder: Path) -> None:
    """离线应答密钥试验 CHALLENGE / Answer a test of the key fetched from the page, offline."""
    document = Memory(folder).trustee().answer(challenge.read_bytes())
    write_private(out, document.decode())
    click.echo(f"{out}：密钥可用 / the key works; bring it to /trustee")


@trustee.command()
@click.argument("document", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--keys", "folder", required=True, type=_FOLDER, help="密钥文件夹 / folder of keys")
@click.option("--yes", is_flag=True, help="已核对，不再询问 / compared already, do not ask")
@one_line_errors
def agree(document: Path, folder: Path, yes: bool) -> None:
    """同意受托人名册，或接任书 DOCUMENT / Agree to a set of trustees, or to a successor's word.

    先电话核对摘要：名册内的人可分得本机密钥的一片，接任人将得到原受托人的密钥。
    """
    data = document.read_bytes()
    for line in _told(data):
        click.echo(line)
    click.echo(f"SHA-256 {digest(data)}")
    if yes or click.confirm("已通过电话等途径核对，同意？ / compared by another way: agree?"):
        Memory(folder).agree(digest(data))
        click.echo("已同意 / agreed")


@trustee.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--project", required=True, help="项目标识 / the trade's id")
@click.option("--seat", required=True, type=int, help="席位 / seat")
@click.option("--lost", required=True, help="原受托人的公钥 age1… / the lost key's recipient")
@click.option("--keys", "folder", required=True, type=_FOLDER, help="密钥文件夹 / folder of keys")
@one_line_errors
def accept(out: Path, project: str, seat: int, lost: str, folder: Path) -> None:
    """接任席位：写出接任书 OUT / Take a seat: write one's signed word, with proof of the key."""
    document = take_seat(Memory(folder).trustee(), project, seat, lost)
    write_private(out, document.decode())
    click.echo(f"{out}：SHA-256 {digest(document)}，请交招标人 / bring it to the tenderee")


def _told(data: bytes) -> list[str]:
    """Return what a document says that is agreed to, line by line; raises Invalid."""
    try:
        roster = read_roster(data)
        return [f"{roster.threshold} / {len(roster.seats)}"] + [
            f"{seat.index} {seat.name} {seat.authority} {device.recipient}"
            for seat in roster.seats
            for device in seat.devices
        ]
    except Malformed:
        pass
    try:
        word = read_acceptance(data)
    except EnvelopeError as fault:
        raise Invalid("document", f"不是名册或接任书 / neither of the two: {fault}") from fault
    return [f"{word.tender} · {word.seat}", f"- {word.lost}", f"+ {word.device.recipient}"]


def _bundle(path: Path) -> Bundle:
    try:
        return read_bundle(json.loads(path.read_bytes()))
    except ValueError:
        raise Invalid("bundle", "不是从网页下载的请求 / no request of the page") from None


def _looked(seat: Seat, pause: float) -> float:
    """Let one look, and return how long it would wait; what stops one stops no other.

    A platform that is away is asked less and less.
    """
    try:
        return BUSY if seat.look() else QUIET
    except (Away, Refused, KeysError, OSError) as fault:
        log.warning("%s: %s: %s", seat.client.account, type(fault).__name__, fault)
        return min(pause * 2, LONGEST)
