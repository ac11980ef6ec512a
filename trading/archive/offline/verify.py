"""离线核验一宗交易的归档包；只需本文件和 Python 标准库 /
Check the archive of one trade offline; this one file needs the Python standard library only.

    python3 -I -S verify.py [archive.zip] [--keys vkeys.txt]

参数为 archive.zip、public.zip 或解压后的文件夹；不给则核验本文件所在的包。--keys 为另行取得的日志与
见证人公钥（C2SP tlog-policy）；不给则用包内公钥，并在结果中注明。
退出状态：0 能核验的全部正确，1 有不符，2 用法有误。
The argument is archive.zip, public.zip or the unpacked folder; without it, the bag that this file
lies in. --keys: the log's and witnesses' public keys that you have from elsewhere, as one C2SP
tlog-policy; without it the archive's own keys are used, and the result says so. Exit status: 0 all
that could be checked is right, 1 something is not, 2 bad use.

Layout of an archive (BagIt 1.0, RFC 8493; the zip is canonical: sorted, stored, fixed times):
  data/manifest.json            every document of the file: class, size, sha256, whether public;
                                the same bytes in the full and in the public bag
  data/documents/CLASS/NAME     documents; data/withheld/NNNN.json stands for one not public
  data/records/openings.jsonl   {"index","salt" hex,"body" base64,"seq"} or {"index","commitment"}
  data/records/gatherings.json  index of a gathering act -> indexes of the secret acts it bound
  data/log/proofs.jsonl         {"index","hashes" base64}: RFC 6962 inclusion paths
  data/log/checkpoint           C2SP signed note with cosignatures; data/log/vkeys.txt: the keys
  data/draw/*.zip  data/opening/opening-record.json  data/ledger/ledger.beancount
  data/bids/ID/... (full bag)  data/index.html  data/verify.py  data/draw_verify.py
"""

import os
import stat
import sys
from collections.abc import Callable

from trading.archive.offline.checkpoint import checkpoint
from trading.archive.offline.container import check_bag, check_content, read_zip
from trading.archive.offline.layout import check_label, check_page, check_paths
from trading.archive.offline.log import Records
from trading.archive.offline.wrong import Wrong, need

OK, FAIL, UNCHECKED = "ok", "FAIL", "--"
Line = tuple[str, str]
MOST = 2**32  # bytes; no canonical zip is larger
FAULTS = (
    Wrong, ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError, MemoryError
)  # fmt: skip


def load(path: str) -> "tuple[dict[str, bytes], str]":
    """Return the files of a zip or of an unpacked folder, and the line that says how."""
    if not os.path.isdir(path):
        files = read_zip(read_regular(path, os.stat(path)))
        return files, f"规范 zip，{len(files)} 个成员 / canonical zip of {len(files)} members"
    files = {}
    for folder, below, names in os.walk(path):
        for name in (*names, *(one for one in below if os.path.islink(os.path.join(folder, one)))):
            full = os.path.join(folder, name)
            inside = os.path.relpath(full, path).replace(os.sep, "/")
            files[inside] = read_regular(full, os.lstat(full))
            need(sum(map(len, files.values())) <= MOST, f"{inside}: 总量过大 / too much in all")
    return files, f"文件夹，{len(files)} 个文件 / folder of {len(files)} files"


def read_regular(path: str, told: os.stat_result) -> bytes:
    """Read a file that is one: what never ends, or lies elsewhere, is refused."""
    name = os.path.basename(path)
    need(stat.S_ISREG(told.st_mode), f"{name}: 不是普通文件 / not a regular file")
    need(told.st_size <= MOST, f"{name}: 过大 / too large")
    with open(path, "rb") as opened:
        return opened.read(MOST)


def check(files: "dict[str, bytes]", keys: str = "", own: bytes = b"") -> "list[Line]":
    """Run every check on the files of an archive.

    keys is a tlog-policy, or empty for the archive's; own is what its verify.py must be, if known.
    """
    out: list[Line] = []
    _run(out, lambda: check_paths(files))
    _run(out, lambda: check_bag(files))
    _run(out, lambda: check_page(files))
    _run(out, lambda: _check_own(files, own))
    _run(out, lambda: check_content(files))
    _run(out, lambda: _check_log(out, files, keys))
    _run(out, lambda: _check_inner(files))
    return out + [
        (UNCHECKED, f"此处未核验 / not checked here: {text}") for text in _left(files, keys)
    ]


def _run(out: "list[Line]", one: Callable[[], str]) -> None:
    try:
        out.append((OK, one()))
    except FAULTS as fault:
        kind = "" if isinstance(fault, Wrong) else f"{type(fault).__name__}: "
        out.append((FAIL, f"{kind}{fault}"))


def _check_log(out: "list[Line]", files: "dict[str, bytes]", keys: str) -> str:
    size, root, line = checkpoint(files, keys or files["data/log/vkeys.txt"].decode())
    out.append((OK, line))
    records = Records(files)
    out.append((OK, records.check_inclusion(files, size, root)))
    _run(out, records.check_chain)
    _run(out, lambda: records.check_gatherings(files))
    _run(out, lambda: records.check_closing(files))
    _run(out, lambda: records.check_blind(files))
    _run(out, lambda: check_label(files, records.acts()))
    return records.check_documents(files)


def _check_own(files: "dict[str, bytes]", own: bytes) -> str:
    need(not own or files["data/verify.py"] == own, "data/verify.py: not the verifier that runs")
    return "包内核验程序与本程序相同 / the verifier inside is the one that runs"


def _check_inner(files: "dict[str, bytes]") -> str:
    inner = [name for name in files if name.startswith("data/draw/") and name.endswith(".zip")]
    for name in inner:
        try:
            read_zip(files[name])
        except Wrong as wrong:
            raise Wrong(f"{name}: {wrong}") from wrong
    return f"抽取包 {len(inner)} 个为规范 zip / {len(inner)} draw bundles are canonical zips"


def _left(files: "dict[str, bytes]", keys: str) -> "list[str]":
    """Say what this file cannot check, how much of it there is, and what can."""
    pdfs = sum(name.endswith(".pdf") for name in files)
    sealed = sum(name.endswith(".age") for name in files)
    draws = sum(name.startswith("data/draw/") for name in files)
    left = [
        f"{pdfs} 份 PDF 的 PAdES 签名 / PAdES signatures of {pdfs} PDF files: pdfsig FILE",
        f"{sealed} 个 age 密封文件的解密 / decryption of {sealed} sealed files: age -d -i KEY FILE",
        f"{draws} 个抽取包的过程 / the course of {draws} draws: python3 data/draw_verify.py BUNDLE",
        "账簿 / the ledger: bean-check data/ledger/ledger.beancount",
        "index.html 的文字、draw_verify.py、袋签其余各行 / the words of index.html, "
        "draw_verify.py, the other lines of bag-info.txt: batong verify",
    ]
    if keys and keys.encode() != files.get("data/log/vkeys.txt"):
        left.append("data/log/vkeys.txt 与所给公钥不同 / the keys inside are not those given")
    if not keys:
        left.append("公钥取自本档案 / the keys are the archive's own: compare them, give --keys")
    return left


def _own_bag() -> str:
    """Return the unpacked bag that this file lies in, or an empty text."""
    bag = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return bag if os.path.isfile(os.path.join(bag, "bagit.txt")) else ""


def _itself() -> bytes:
    with open(os.path.abspath(__file__), "rb") as opened:
        return opened.read()


def main(arguments: "list[str]") -> int:
    """Print a line a check; return the exit status."""
    if arguments in (["-h"], ["--help"]):
        sys.stdout.write((__doc__ or "") + "\n")
        return 0
    named = [] if arguments[:1] == ["--keys"] else arguments[:1]
    place, rest = [*named, _own_bag()][0], arguments[len(named) :]
    if not place or len(rest) not in (0, 2) or (rest and rest[0] != "--keys"):
        sys.stderr.write((__doc__ or "") + "\n")
        return 2
    try:
        keys = open(rest[1], encoding="utf-8").read() if rest else ""  # noqa: SIM115
        files, line = load(place)
        lines = [(OK, line), *check(files, keys, _itself())]
    except OSError as fault:
        sys.stderr.write(f"{fault}\n")
        return 2
    except FAULTS as fault:
        lines = [(FAIL, str(fault))]
    for state, text in lines:
        sys.stdout.write(f"{state:4} {text}\n")
    return int(any(state == FAIL for state, _ in lines))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
