"""index.html of an archive: static, readable offline by anybody, no script, nothing fetched."""

from collections.abc import Iterator
from html import escape
from shlex import quote as shell
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from trading.archive.content import class_of, missing
from trading.archive.summary import Act, opened, shown, summary

if TYPE_CHECKING:
    from trading.archive.volume import Document, Volume

_STYLE = (
    "body{font:16px/1.6 sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#15212c;"
    "overflow-wrap:anywhere}table{border-collapse:collapse;width:100%}th,td{border:1px solid "
    "#c3cbd2;padding:.3rem .5rem;text-align:left;vertical-align:top}code{font-size:.85rem}"
    "dt{font-weight:bold}dd{margin:0 0 .5rem}summary{cursor:pointer;padding:.5rem 0}"
    ".mark{border:3px solid #b00020;color:#b00020;font-size:1.5rem;padding:.3rem;text-align:center}"
    "@media(max-width:40rem){body{margin:1rem auto}th{display:none}table,tbody,tr,td{display:block}"
    "tr{border:1px solid #c3cbd2;margin:.5rem 0}td{border:0;padding:.1rem .5rem}}"
)
_ALWAYS = (
    ("本包自带核验程序（仅需 Python） / the verifier inside (Python only)",
     "python3 -I -S data/verify.py ."),
    ("BagIt 工具 / a BagIt tool (pip install bagit)", "bagit.py --validate ."),
    ("系统自带 / what every Linux has", "sha256sum -c manifest-sha256.txt"),
)  # fmt: skip
_PDF = "PDF 签名 / signatures of a PDF file (apt install poppler-utils)"
_DRAW = "抽取 / a draw (Python only)"
_LEDGER = "账簿 / the ledger (pip install beancount)"
_BID = "开启一份投标 / open a bid (apt install age)"
_HEADS = (
    ("类别 / class", "名称 / title", "字节 / bytes", "SHA-256"),
    ("序号 / no.", "北京时间 / Beijing time", "行为 / act", "事项 / subject", "日志位置 / leaf"),
)


def index_page(volume: "Volume", held: frozenset[str], openings: bytes) -> bytes:
    """Return the page: summary, how to verify, documents (held = paths in this bag), timeline."""
    title = escape(f"{volume.title}（{volume.code}）")
    mark = escape(volume.mark)
    acts, blind = opened(openings)
    parts = [
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        f"<title>{f'{mark} ' if mark else ''}{title}</title><style>{_STYLE}</style></head><body>",
        *([f'<p class="mark">{mark}</p>'] if mark else []),
        f"<h1>{title}</h1><table>",
        *(_row(escape(name), escape(said)) for name, said in summary(volume, acts)),
        "</table>",
        *_missing(volume),
        *_verification(held),
        "<h2>文件 / Documents</h2>",
        *_documents(volume, held),
        "<h2>经过 / Timeline</h2><table>",
        _row(*_HEADS[1], cell="th"),
        *(_act(act, volume) for act in acts),
        *([_blind(blind)] if blind else []),
        "</table></body></html>\n",
    ]
    return "\n".join(parts).encode()


def _row(*cells: str, cell: str = "td") -> str:
    return "<tr>" + "".join(f"<{cell}>{inside}</{cell}>" for inside in cells) + "</tr>"


def _missing(volume: "Volume") -> Iterator[str]:
    """List the classes that the law's list of contents wants and this file lacks."""
    lacking = missing(volume.category, {document.kind for document in volume.documents})
    if lacking:
        names = "；".join(f"{row.zh} / {row.en}（{row.basis}）" for row in lacking)
        yield f"<p><strong>尚缺 / not in this file:</strong> {escape(names)}</p>"


def _verification(held: frozenset[str]) -> Iterator[str]:
    """Tell the commands that work on what is in this very bag."""
    yield "<h2>不靠我们核验 / Verify without us</h2>"
    yield "<p>解压后，在含 bagit.txt 的文件夹内运行 / unzip, then run where bagit.txt lies:</p><dl>"
    for what, how in (*_ALWAYS, *_commands(sorted(held))):
        yield f"<dt>{escape(what)}</dt><dd><code>{escape(how)}</code></dd>"
    yield "</dl><p>公钥在 data/log/vkeys.txt，请与公布的公钥对照 / "
    yield "the keys are in data/log/vkeys.txt; compare them with those published elsewhere.</p>"


def _commands(held: list[str]) -> Iterator[tuple[str, str]]:
    """Yield a command for the first file of each kind that a foreign program reads."""
    for what, program, start, end in (
        (_PDF, "pdfsig", "", ".pdf"),
        (_DRAW, "python3 -I -S data/draw_verify.py", "draw/", ".zip"),
        (_LEDGER, "bean-check", "ledger/", ".beancount"),
    ):
        found = [path for path in held if path.startswith(start) and path.endswith(end)]
        if found:
            yield what, f"{program} {shell(f'data/{found[0]}')}"
    for path in held:
        folder, _, name = path.rpartition("/")
        if name == "identity.txt" and f"{folder}/letter.age" in held:
            yield _BID, f"age -d -i {shell(f'data/{path}')} {shell(f'data/{folder}/letter.age')}"
            return


def _documents(volume: "Volume", held: frozenset[str]) -> Iterator[str]:
    """List what is in the bag; what is withheld folds away under its count."""
    yield "<table>" + _row(*_HEADS[0], cell="th")
    yield from (_document(one, held) for one in volume.documents if one.path in held)
    yield "</table>"
    away = [one for one in volume.documents if one.path not in held]
    if away:
        yield (
            f"<details><summary>另有 {len(away)} 份不公开，仅存摘要 / "
            f"{len(away)} more are not public: digests only</summary><table>"
        )
        yield _row(*_HEADS[0], cell="th")
        yield from (_document(one, held) for one in away)
        yield "</table></details>"


def _document(document: "Document", held: frozenset[str]) -> str:
    row = class_of(document.kind)
    name = "—"
    if document.path in held:
        name = f'<a href="{quote(document.path)}">{escape(document.title)}</a>'
    kind = f"{escape(row.zh)}<br>{escape(row.en)}"
    return _row(kind, name, str(len(document.body)), f"<code>{document.sha256}</code>")


def _act(act: Act, volume: "Volume") -> str:
    body: dict[str, Any] = act.body
    outcome = "" if "done" in body["outcome"] else "（未予办理 / refused）"
    name = escape(volume.actions.get(body["action"], ""))
    told = f"{name} <code>{escape(body['action'])}</code>{outcome}".strip()
    cells = (str(body.get("seq", "—")), shown(body["time"]), str(body["subject"]), str(act.index))
    number, time, subject, index = map(escape, cells)
    return _row(number, time, told, subject, index)


def _blind(count: int) -> str:
    return (
        f'<tr><td colspan="5">另有 {count} 条记录只存承诺值，不在此公开 / '
        f"{count} more records are here by their commitment only</td></tr>"
    )
