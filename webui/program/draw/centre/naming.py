"""The names of a panel, once its result is fixed: what `panel.disclose` is given.

The draw service keeps of each seat the opening that proves it; who that is, the keepers of names
say out of their own list. Only together do they make the members that are published.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

from experts.custody import Papers
from experts.draw.encoding import mapping, require, text
from monitor.log.canonical import JSON


def keep_member(papers: Papers, place: int, mask: str, uid: str, opening: JSON) -> None:
    """Keep what proves a seat, past the end of the draw's key."""
    papers.replace(_name(place), {"mask": mask, "opening": opening, "uid": uid})


def members_of(papers: Papers, names: Mapping[str, str], most: int) -> list[JSON]:
    """Return {mask, name, opening} of each seat that was kept; raises DrawError without a name."""
    found: list[JSON] = []
    for name in (_name(place) for place in range(most)):
        if not papers.has(name):
            continue
        told = mapping(papers.get(name), "mask opening uid", name)
        uid = text(told["uid"], name)
        require(uid in names, "names", "a member has no name / 有成员没有姓名")
        opening: JSON = told["opening"]  # type: ignore[assignment]
        member: JSON = {"mask": text(told["mask"], name), "name": names[uid], "opening": opening}
        found.append(member)
    return found


def read_names(data: bytes) -> dict[str, str]:
    """Read uid → name out of a CSV with these two columns first; raises DrawError."""
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    pairs = [row for row in rows[1:] if row]
    require(all(len(row) >= 2 for row in pairs), "names", "must be uid,name / 应为 uid,name")
    return {row[0].strip(): row[1].strip() for row in pairs}


def _name(place: int) -> str:
    return f"member-{place:03d}.json"
