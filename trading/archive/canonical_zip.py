"""The canonical zip: one set of members has exactly one file, so one changed byte is seen.

Rules: names sorted by their UTF-8 bytes; every member stored, not compressed; time 1980-01-01
00:00:00; made by Unix, version 2.0, mode 0100644; flag bit 11 set if and only if the name is not
ASCII, all other flags 0; no extra field, no comment, nothing before, between or after; no ZIP64,
so less than 4 GiB and 65,535 members (APPNOTE 6.3 §4.3). Reading rebuilds the file and compares.
"""

import struct
import zlib
from collections.abc import Mapping

DIRECTORY = "zip directory"
_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_VERSION, _MADE_BY, _DAY, _UTF8 = 20, (3 << 8) | 20, 0x21, 0x800
_MODE = 0o100644 << 16
_MAX_BYTES, _MAX_MEMBERS, _MAX_NAME = 0xFFFFFFFF, 0xFFFF, 1024
_MAX_PART = 255  # bytes; what file systems hold


class ZipError(ValueError):
    """A zip or a member name that is not canonical; `item` names the member or the directory."""

    def __init__(self, item: str, reason: str) -> None:
        super().__init__(f"{item}: {reason}")
        self.item = item
        self.reason = reason


def canonical_zip(members: Mapping[str, bytes]) -> bytes:
    """Return the only canonical zip of these members; ZipError names a name that cannot be one."""
    check_names(members)
    if len(members) >= _MAX_MEMBERS:
        raise ZipError(DIRECTORY, f"more than {_MAX_MEMBERS - 1} members")
    local, central, size = [], [], 0
    for name in sorted(members, key=str.encode):
        central.append(_central(name, members[name], size))
        local += [_local(name, members[name]), members[name]]
        size += len(local[-2]) + len(local[-1])
    directory = b"".join(central)
    if size + len(directory) + _END.size > _MAX_BYTES:
        raise ZipError(DIRECTORY, "more than 4 GiB")
    count = len(members)
    end = _END.pack(b"PK\5\6", 0, 0, count, count, len(directory), size, 0)
    return b"".join([*local, directory, end])


def read_canonical(data: bytes) -> dict[str, bytes]:
    """Return the members of a canonical zip; ZipError names the first item that differs."""
    names = _directory_names(data)
    members, at = {}, 0
    for name in names:
        members[name], at = _member(data, name, at)
    try:
        again = canonical_zip(members)
    except ZipError as fault:
        raise ZipError(DIRECTORY, fault.reason) from fault
    if again != data:
        raise ZipError(DIRECTORY, "differs from the canonical form / 与规范形式不符")
    return members


def check_names(members: Mapping[str, bytes]) -> None:
    """Raise ZipError for a name that unzips outside its folder or hides another member."""
    for name in members:
        parts = name.split("/")
        if not name or "\\" in name or "\0" in name or {"", ".", ".."} & set(parts):
            raise ZipError(name, "not a plain relative path / 不是规范的相对路径")
        if name[1:2] == ":" and name[0].isascii() and name[0].isalpha():
            raise ZipError(name, "begins like a drive / 形如盘符")
        if len(name.encode()) > _MAX_NAME or max(len(p.encode()) for p in parts) > _MAX_PART:
            raise ZipError(name, f"longer than {_MAX_NAME}, or a part than {_MAX_PART} / 名称过长")
        for depth in range(1, len(parts)):
            if "/".join(parts[:depth]) in members:
                raise ZipError(name, "its folder is also a file / 上级目录同时是文件")


def _flags(name: str) -> int:
    return 0 if name.isascii() else _UTF8


def _local(name: str, body: bytes) -> bytes:
    raw, size = name.encode(), len(body)
    head = (_VERSION, _flags(name), 0, 0, _DAY, zlib.crc32(body), size, size, len(raw), 0)
    return _LOCAL.pack(b"PK\3\4", *head) + raw


def _central(name: str, body: bytes, offset: int) -> bytes:
    raw, size = name.encode(), len(body)
    head = (_VERSION, _flags(name), 0, 0, _DAY, zlib.crc32(body), size, size, len(raw))
    return _CENTRAL.pack(b"PK\1\2", _MADE_BY, *head, 0, 0, 0, 0, _MODE, offset) + raw


def _directory_names(data: bytes) -> list[str]:
    """Read the names from the directory; their order is the order of the members."""
    if len(data) < _END.size:
        raise ZipError(DIRECTORY, "too short for a zip / 文件过短")
    mark, _, _, _, count, size, at, _ = _END.unpack_from(data, len(data) - _END.size)
    if mark != b"PK\5\6" or at + size + _END.size != len(data):
        raise ZipError(DIRECTORY, "no end record at the end / 末尾没有目录结束记录")
    names: list[str] = []
    end = at + size
    while at + _CENTRAL.size <= end and len(names) < count:
        length = _CENTRAL.unpack_from(data, at)[10]
        names.append(_text(data[at + _CENTRAL.size : at + _CENTRAL.size + length]))
        at += _CENTRAL.size + length
    if at != end or len(names) != count or len(set(names)) != count:
        raise ZipError(DIRECTORY, "entries do not fill it / 目录项与长度不符")
    return names


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as wrong:
        raise ZipError(DIRECTORY, "a name is not UTF-8 / 名称不是 UTF-8") from wrong


def _member(data: bytes, name: str, at: int) -> tuple[bytes, int]:
    """Read one member at its place; its header must be the canonical one for its bytes."""
    if at + _LOCAL.size > len(data):
        raise ZipError(name, "cut short / 数据被截断")
    start = at + _LOCAL.size + len(name.encode())
    size = _LOCAL.unpack_from(data, at)[8]
    body = data[start : start + size]
    written = data[at:start]
    if written != _local(name, body):
        found = written[_LOCAL.size :].decode(errors="replace")
        also = "" if found == name else f" (header says {found!r})"
        raise ZipError(name + also, "header or bytes differ / 文件头或内容不符")
    return body, start + size
