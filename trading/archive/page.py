"""index.html of an archive: static, readable offline by anybody, no script, nothing fetched."""

import base64
import json
from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from trading.archive.content import class_of, kept_until, missing, retention

if TYPE_CHECKING:
    from trading.archive.volume import Document, Volume

_STYLE = (
    "body{font:16px/1.6 sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#15212c}"
    "table{border-collapse:collapse;width:100%}th,td{border:1px solid #c3cbd2;padding:.3rem .5rem;"
    "text-align:left;vertical-align:top}code,pre{font-size:.85rem;overflow-wrap:anywhere}"
)
_WITHOUT_US = (
    ("本包自带核验程序（仅需 Python） / the verifier inside (Python only)",
     "python3 -I -S data/verify.py archive.zip"),
    ("BagIt 工具 / a BagIt tool", "bagit.py --validate FOLDER"),
    ("系统自带 / what every Linux has", "sha256sum -c manifest-sha256.txt"),
    ("PDF 签名 / signatures of PDF files", "pdfsig data/documents/letter/NAME.pdf"),
    ("抽取 / a draw", "python3 data/draw_verify.py data/draw/NAME.zip"),
    ("账簿 / the ledger", "bean-check data/ledger/ledger.beancount"),
)  # fmt: skip


def index_page(volume: "Volume", held: frozenset[str], openings: bytes) -> bytes:
    """Return the page: documents (held = paths inside this bag), timeline, how to verify."""
    title = escape(f"{volume.title}（{volume.code}）")
    rule = retention(volume.category)
    until = kept_until(volume.category, volume.ended)
    parts = [
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        f"<title>{title}</title><style>{_STYLE}</style></head><body><h1>{title}</h1>",
        f"<p>保存至少到 {until}（{escape(rule.basis)}） / keep at least until {until}</p>",
        *_missing(volume),
        "<h2>文件 / Documents</h2><table><tr><th>类别 / class</th><th>名称 / title</th>"
        "<th>字节 / bytes</th><th>SHA-256</th></tr>",
        *(_document(document, held) for document in volume.documents),
        "</table><h2>经过 / Timeline</h2><table><tr><th>序号 / no.</th><th>时间 / time (UTC)</th>"
        "<th>行为 / act</th><th>事项 / subject</th><th>日志位置 / leaf</th></tr>",
        *_timeline(openings),
        "</table><h2>不靠我们核验 / Verify without us</h2><dl>",
        *(f"<dt>{escape(what)}</dt><dd><code>{how}</code></dd>" for what, how in _WITHOUT_US),
        "</dl><p>公钥在 data/log/vkeys.txt，请与公布的公钥对照 / "
        "the keys are in data/log/vkeys.txt; compare them with those published elsewhere.</p>",
        "</body></html>\n",
    ]
    return "\n".join(parts).encode()


def _missing(volume: "Volume") -> Iterator[str]:
    """List the classes that the law's list of contents wants and this file lacks."""
    lacking = missing(volume.category, {document.kind for document in volume.documents})
    if lacking:
        names = "；".join(f"{row.zh} / {row.en}（{row.basis}）" for row in lacking)
        yield f"<p><strong>尚缺 / not in this file:</strong> {escape(names)}</p>"


def _document(document: "Document", held: frozenset[str]) -> str:
    row = class_of(document.kind)
    name = '<em lang="zh">不公开，仅存摘要 / not public, digest only</em>'
    if document.path in held:
        name = f'<a href="{quote(document.path)}">{escape(document.title)}</a>'
    return (
        f"<tr><td>{escape(row.zh)}<br>{escape(row.en)}</td><td>{name}</td>"
        f"<td>{len(document.body)}</td><td><code>{document.sha256}</code></td></tr>"
    )


def _timeline(openings: bytes) -> Iterator[str]:
    rows = [json.loads(line) for line in openings.splitlines()]
    opened = [(json.loads(base64.b64decode(r["body"])), r["index"]) for r in rows if "body" in r]
    for body, index in sorted(opened, key=lambda pair: str(pair[0]["id"])):
        yield _act(body, index)
    if len(opened) < len(rows):
        blind = len(rows) - len(opened)
        yield (
            f'<tr><td colspan="5">另有 {blind} 条记录只存承诺值，不在此公开 / '
            f"{blind} more records are here by their commitment only</td></tr>"
        )


def _act(body: dict[str, Any], index: int) -> str:
    outcome = "" if "done" in body["outcome"] else "（未予办理 / refused）"
    cells = (
        body.get("seq", "—"),
        body["time"],
        f"{body['action']}{outcome}",
        body["subject"],
        index,
    )
    return "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in cells) + "</tr>"
