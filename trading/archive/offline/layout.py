"""What a bag may hold beside documents, and what its label and its page may say."""

import json
import re
from datetime import datetime, timedelta, timezone
from typing import Any

from trading.archive.offline.wrong import need

TAGS = {
    "bagit.txt", "bag-info.txt", "manifest-sha256.txt", "manifest-sha512.txt",
    "tagmanifest-sha256.txt", "tagmanifest-sha512.txt",
}  # fmt: skip
DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
OWN = {
    "data/manifest.json", "data/index.html", "data/verify.py", "data/draw_verify.py",
    "data/records/openings.jsonl", "data/records/gatherings.json",
    "data/log/proofs.jsonl", "data/log/checkpoint", "data/log/vkeys.txt",
}  # fmt: skip
DOCUMENT = re.compile(r"data/(documents/[a-z_]+|draw|opening|ledger|bids/[^/]+)/[^/]+")
STUB = re.compile(r"data/withheld/[0-9]{4,}\.json")
LABELS = [
    "External-Identifier", "External-Description", "Bagging-Date", "Bag-Group-Identifier",
    "Keep-Until", "Keep-Basis", "Payload-Oxum",
]  # fmt: skip
ENDS = ("contract.sign", "award.issue", "opening.fail", "project.terminate")
YEARS = 15  # the least that any category keeps its file, 政府采购法 42
BEIJING = timezone(timedelta(hours=8))
_WORDS = "html head title body h1 h2 p table tr th td dl dt dd code strong details summary br"
_TAG = re.compile(
    rf"<!doctype html>|</?(?:{'|'.join(_WORDS.split())}|a|meta|style)"
    r'(?: (?:lang|charset|name|content|class|colspan)="[^"<>]*")*>|<a href="[^":<>]*">'
)


def check_paths(files: dict[str, bytes]) -> str:
    """Nothing lies in the bag but the files of its form (RFC 8493 §2.2.4 wants no fetch.txt)."""
    for name in sorted(files):
        known = name in TAGS | OWN or DOCUMENT.fullmatch(name) or STUB.fullmatch(name)
        need(known, f"{name}: has no place in an archive")
    for name in sorted(TAGS | OWN):
        need(name in files, f"{name}: missing")
    need(files["bagit.txt"] == DECLARATION, "bagit.txt: not that of BagIt 1.0 in UTF-8")
    return "文件名均属本格式 / every file has its place in the format"


def check_page(files: dict[str, bytes]) -> str:
    """The page has no script, no event, and fetches nothing."""
    page = files["data/index.html"].decode()
    need("<" not in _TAG.sub("", page), "index.html: a tag or attribute that no archive has")
    need(page.count("<style") == 1, "index.html: not one style")
    style = page.partition("<style>")[2].partition("</style>")[0]
    need(not re.search(r"url|import|expression|\\", style), "index.html: its style fetches")
    return "index.html 无脚本、不取外部内容 / the page has no script and fetches nothing"


def check_label(files: dict[str, bytes], acts: list[dict[str, Any]]) -> str:
    """bag-info.txt says code, days and kind of bag as records and contents say them."""
    lines = files["bag-info.txt"].decode().removesuffix("\n").split("\n")
    pairs = [line.split(": ", 1) for line in lines]
    said = {pair[0]: pair[1] for pair in pairs}
    need([label for label, _ in pairs if label != "Mark"] == LABELS, "bag-info.txt: its labels")
    need("Mark" not in said or pairs[0][0] == "Mark", "bag-info.txt: Mark")
    first = [act for act in acts if act["action"] == "project.register"]
    need(first, "the record project.register is missing")
    code = " ".join(first[0]["facts"]["code"].split())
    need(said["External-Identifier"] == code, "bag-info.txt: External-Identifier")
    need(said["Bagging-Date"] == _day(acts[-1]), "bag-info.txt: Bagging-Date")
    ends = [act for act in acts if act["action"] in ENDS and "done" in act["outcome"]]
    ended = _day((ends or first)[-1])
    years, rest = int(said["Keep-Until"][:4]) - int(ended[:4]), said["Keep-Until"][4:]
    day = "-03-01" if ended[4:] == "-02-29" and rest != "-02-29" else ended[4:]
    need(years >= YEARS and rest == day, "bag-info.txt: Keep-Until")
    need(said["Bag-Group-Identifier"] == kind_of(files), "bag-info.txt: Bag-Group-Identifier")
    return (
        f"标签与记录一致：{code}，保存 {years} 年 / label agrees with the records: {code}, "
        f"kept {years} years after {ended}"
    )


def kind_of(files: dict[str, bytes]) -> str:
    """Return the kind of bag: "public" where a document is withheld, else what the label says."""
    withheld = any(name.startswith("data/withheld/") for name in files)
    hidden = any(not row["public"] for row in json.loads(files["data/manifest.json"]))
    if withheld or hidden:
        return "public" if withheld else "custody"
    said = "Bag-Group-Identifier: public\n" in files["bag-info.txt"].decode()
    return "public" if said else "custody"


def _day(act: dict[str, Any]) -> str:
    moment = datetime.strptime(act["time"], "%Y-%m-%dT%H:%M:%S.%f%z")
    return moment.astimezone(BEIJING).date().isoformat()
