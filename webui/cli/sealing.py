"""`batong keygen | prove | seal | open | withdraw`: the tenderer's offline tool; no network."""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from uuid import UUID

import click
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from bidding.envelope.age.key import recipient_of
from bidding.envelope.bid.acceptance import Expected, accept
from bidding.envelope.bid.invitation import Invitation, read_invitation
from bidding.envelope.bid.letter import Bidder
from bidding.envelope.bid.object import MANIFEST, folder_objects, padded_size, read_document
from bidding.envelope.bid.opening import OpenedBid, open_bid
from bidding.envelope.bid.seal import Draft, SealedBid, SealError, seal_bid
from bidding.envelope.document import Malformed, digest, public_key, sign
from bidding.envelope.finding import refused
from bidding.envelope.trustee.holder import Trustee, write_private
from bidding.submission import withdrawal
from monitor.record.identity import secret_id
from trading.account.proof.mask import message
from trading.money import format_yuan, parse_amount
from webui.cli.report import fail, one_line_errors

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_NEW = click.Path(path_type=Path)
_JSON = click.option("--json", "as_json", is_flag=True, help="输出 JSON / print JSON")


@click.command()
@click.argument("out", type=_NEW)
@click.option("--trustee", is_flag=True, help="为受托人生成密钥文件夹 / a trustee's key folder")
@click.option("--passphrase", is_flag=True, help="用口令保护 / protect by a passphrase")
@_JSON
@one_line_errors
def keygen(out: Path, trustee: bool, passphrase: bool, as_json: bool) -> None:
    """生成签名密钥文件 OUT（或受托人文件夹） / Make a signing key OUT, or a trustee's folder."""
    if trustee:
        _print(asdict(Trustee.create(out).device), as_json)
        return
    signer = Ed25519PrivateKey.generate()
    word = (
        click.prompt("口令 / passphrase", hide_input=True, confirmation_prompt=True, err=True)
        if passphrase
        else ""
    )
    protection = BestAvailableEncryption(word.encode()) if word else NoEncryption()
    pem = signer.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection)
    write_private(out, pem.decode())
    _print({"signer": public_key(signer), "file": str(out)}, as_json)


@click.command()
@click.option("--key", type=_FILE, required=True, help="投标密钥 / bid key of keygen")
@click.option("--project", type=click.UUID, required=True, help="项目编号（UUID） / project id")
@click.option("--challenge", required=True, help="页面上的挑战 / as the page shows it")
@_JSON
@one_line_errors
def prove(key: Path, project: UUID, challenge: str, as_json: bool) -> None:
    """证明持有投标密钥：签名页面给出的挑战 / Sign the page's challenge with the bid key."""
    signer = _signer(key)
    signature = signer.sign(message(project, challenge)).hex()
    _print({"public_key": public_key(signer), "signature": signature}, as_json)


@click.command()
@click.option("--key", type=_FILE, required=True, help="投标密钥 / bid key of keygen")
@click.option("--project", type=click.UUID, required=True, help="项目编号（UUID） / project id")
@click.option("--section", type=click.UUID, required=True, help="标段编号（UUID） / section id")
@click.option("--bid", required=True, help="投标编号 / bid id, as on the receipt")
@_JSON
@one_line_errors
def withdraw(key: Path, project: UUID, section: UUID, bid: str, as_json: bool) -> None:
    """签署撤回声明 / Sign the statement that withdraws a bid; the page takes the signature."""
    signature = sign("withdrawal", withdrawal(project, section, bid), _signer(key))
    _print({"signature": signature}, as_json)


@click.command()
@click.argument("folder", type=_NEW)
@click.argument("out", type=_NEW)
@click.option("--invitation", type=_FILE, required=True, help="投标邀请文件 / from the platform")
@click.option("--draft", type=_FILE, required=True, help="投标函草稿 JSON / the letter's draft")
@click.option("--key", type=_FILE, required=True, help="签名密钥 / signing key of keygen")
@_JSON
@one_line_errors
def seal(folder: Path, out: Path, invitation: Path, draft: Path, key: Path, as_json: bool) -> None:
    """把 FOLDER 中的全部文件密封到 OUT / Seal all files of FOLDER into the new folder OUT.

    OUT.identity.txt 是开标密钥，只在开标时交出 / the opening key: hand it over at the opening only.
    DRAFT: {"name", "uscc", "price", "period_days", "quality"} + "bid", "version" (optional).
    """
    _require_files(folder)
    signer, invited, filled = _signer(key), read_invitation(invitation.read_bytes()), _draft(draft)
    rescue = out.with_name(out.name + ".identity.txt")
    if rescue.exists():
        raise FileExistsError(17, "exists", str(rescue))
    total = sum(padded_size(path.stat().st_size) for path in folder.iterdir())
    with _Bar("密封 / sealing", total) as update:
        sealed = seal_bid(folder, out, invited, filled, signer, progress=update)
    public = recipient_of(sealed.identity)
    write_private(rescue, f"# bid: {sealed.bid}\n# public key: {public}\n{sealed.identity}\n")
    _check_sealed(out, sealed, invited, signer)
    shown = {name: value for name, value in asdict(sealed).items() if name != "identity"}
    _print(shown | {"identity_file": str(rescue)}, as_json)


def _require_files(folder: Path) -> None:
    """Refuse a folder that is not there, or that holds nothing to seal."""
    if not folder.is_dir():
        fail(f"{folder}: 没有此文件夹，请先建立 / no such folder: make it first", 2)
    if not any(each.is_file() for each in folder.iterdir()):
        fail(f"{folder}: 文件夹是空的，请放入投标文件 / empty: put the bid's files in", 2)


@click.command("open")
@click.argument("folder", type=_FOLDER)
@click.argument("out", type=_NEW)
@click.option("--identity", type=_FILE, required=True, help="AGE-SECRET-KEY-1… 文件 / file")
@click.option("--manifest", help="回执上的清单摘要 / digest of the manifest, from the receipt")
@_JSON
@one_line_errors
def open_(folder: Path, out: Path, identity: Path, manifest: str | None, as_json: bool) -> None:
    """用解密密钥打开投标 FOLDER 到 OUT 并核验 / Open a sealed bid into OUT, verifying all."""
    if out.exists():
        raise FileExistsError(17, "exists", str(out))
    objects = folder_objects(folder)
    expected = manifest or digest(read_document(objects, MANIFEST))
    total = sum(path.stat().st_size for path in folder.glob("att-*.age"))
    with _Bar("开启 / opening", total) as update:
        opened = open_bid(objects, _identity(identity), expected, out, update)
    _print(_opened(opened), as_json)


def _draft(path: Path) -> Draft:
    """Read the draft that a person wrote: ordinary JSON, price as typed (1,234.56 or 12.3万元)."""
    try:
        value = json.loads(path.read_text("utf-8"))
        bidder = Bidder(str(value["name"]), str(value["uscc"]))
        bid = str(value.get("bid") or secret_id())
        version, days = int(value.get("version", 1)), int(value["period_days"])
        price = parse_amount(str(value["price"]))
        return Draft(bid, version, bidder, price, days, str(value["quality"]))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise Malformed(f"{path.name}: 草稿缺项或格式不对 / a draft member: {error}") from error


def _signer(path: Path) -> Ed25519PrivateKey:
    data = path.read_bytes()
    locked = b"ENCRYPTED" in data
    word = click.prompt("口令 / passphrase", hide_input=True, err=True) if locked else None
    try:
        key = load_pem_private_key(data, word.encode() if word else None)
    except (ValueError, TypeError) as error:
        raise SealError(f"{path.name}: 口令不对或不是密钥 / wrong passphrase, or no key") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise SealError(f"{path.name}: 应为 Ed25519 密钥 / must be an Ed25519 key")
    return key


def _identity(path: Path) -> str:
    lines = path.read_text("utf-8", errors="replace").splitlines()
    return next((line.strip() for line in lines if line.strip() and line[0] != "#"), "")


def _check_sealed(
    out: Path, sealed: SealedBid, invitation: Invitation, signer: Ed25519PrivateKey
) -> None:
    """Judge the result as the platform will, while the bidder can still do something about it."""
    expected = Expected(invitation, sealed.bid, sealed.version, public_key(signer))
    if findings := refused(accept(folder_objects(out), expected)):
        raise SealError("; ".join(f"{finding.item}: {finding.message}" for finding in findings))


def _opened(opened: OpenedBid) -> dict[str, object]:
    letter = opened.opened.letter
    return {
        "tender": letter.tender,
        "lot": letter.lot,
        "bid": letter.bid,
        "version": letter.version,
        "name": letter.bidder.name,
        "uscc": letter.bidder.uscc,
        "price_fen": str(letter.price_fen),
        "price": format_yuan(letter.price_fen),
        "price_words": letter.price_words,
        "period_days": letter.period_days,
        "quality": letter.quality,
        "files": [str(path) for path in opened.files],
        "findings": [finding.message for finding in opened.opened.findings],
    }


class _Bar:
    """A progress bar on a terminal's stderr; nothing where no one watches."""

    def __init__(self, label: str, total: int) -> None:
        hidden = not sys.stderr.isatty()
        self._bar = click.progressbar(length=total, label=label, file=sys.stderr, hidden=hidden)

    def __enter__(self) -> Callable[[int], None]:
        return self._bar.__enter__().update

    def __exit__(self, *_: object) -> None:
        self._bar.render_finish()


def _print(members: dict[str, object], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(members, ensure_ascii=False))
        return
    for name, value in members.items():
        shown = ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
        click.echo(f"{name}: {shown}")
