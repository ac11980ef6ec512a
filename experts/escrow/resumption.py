"""A lost agent's draw in its deputy's folder: what stands on record, what the centre hands over.

Nothing is believed: the pool must have the header's root, every closed round is drawn again and
must close as it stands on record, and the key put together must be the header's.
"""

from __future__ import annotations

from collections.abc import Mapping

from experts.ceremony.mail.view import View
from experts.custody import REBUILT, Papers, read_private
from experts.draw import transcript, verification
from experts.draw.curve import vrf
from experts.draw.encoding import mapping, require, rows, unhex
from experts.draw.header import INSPECTOR, Header
from experts.draw.pool import root
from experts.draw.transcript import COMMITS, HEADER, REVEALS, round_name
from experts.draw.verification import check_both
from experts.escrow.succession import SUCCESSION, succeeded
from experts.inspector import SHARE, InspectorAgent, drawn_again
from monitor.log.canonical import JSON

SENT = "sent.json"
"""What the centre had sealed to the lost machine and still waits for, by step and number."""


def resume(agent: InspectorAgent, view: View, told: Mapping[str, object]) -> None:
    """Take a draw in; told: {entries, key, rounds, sent} from the centre. Raises DrawError.

    It may be cut off anywhere and done again: `sent.json` is written last.
    """
    parts = mapping(told, "entries key rounds sent", "handover")
    papers, header = agent.custody.papers(view.name), view.signed_header()
    _require_key(papers, header)
    agent.learn([*view.value.get("attempts", ()), dict(view.value["signed"])])
    commits = view.commits(header)
    opened, values = verification.check_commits(header, commits)
    heir = view.step("succession", INSPECTOR) or {}
    header = succeeded(header, mapping(commits, "commits open", COMMITS)["commits"], heir)
    papers.put(COMMITS, commits)
    papers.put(SUCCESSION, dict(heir))
    papers.put(HEADER, dict(view.value["signed"]))
    hidden = read_private({"entries": parts["entries"], "key": parts["key"]})
    same = root(hidden.leaves) == header.digest("elig_root")
    require(same, "handover", "is not the pool of the header / 候选名单与抬头不符")
    papers.hide(hidden)
    _take_reveals(papers, view, header, opened, values)
    if view.step("dice"):
        agent.take_beacon(view.name, dict(view.step("dice") or {}))
    _take_rounds(papers, view, header, rows(parts["rounds"], "handover"))
    _take_ask(papers, view, header, parts["sent"])
    papers.put(SENT, {"sent": parts["sent"]})  # type: ignore[dict-item]


def _require_key(papers: Papers, header: Header) -> None:
    """The key is used for the draw that it was put together for, and no other."""
    mine = vrf.point_of(int.from_bytes(papers.data(REBUILT), "big"))
    require(mine == header.key(INSPECTOR, "vrf"), REBUILT, "is not the header's / 不是抬头的密钥")


def _take_reveals(
    papers: Papers, view: View, header: Header, opened: bytes, commits: Mapping[str, bytes]
) -> None:
    """The share is the one on record: revealed by the machine, or opened by its holders."""
    told = view.step("reveal", INSPECTOR)
    if told is not None:
        papers.put(SHARE, {"r": str(told["r"])})
    closed = view.step("closed")
    if closed is None:
        return
    bare = {"closed": closed["closed"], "reveals": closed["reveals"]}
    digest, _ = verification.check_reveals(header, bare, opened, commits)
    check_both(header, digest, closed["signatures"], "reveals")
    papers.put(REVEALS, dict(closed))


def _take_rounds(papers: Papers, view: View, header: Header, told: object) -> None:
    """Draw every closed round again; the log is one's own."""
    bodies = [mapping(one, _BODY, "round") for one in rows(told, "handover")]
    closings = view.steps("closing")
    require(len(bodies) == len(closings), "handover", "are not the closed rounds / 轮次不符")
    for k, body in enumerate(bodies):
        if papers.has(round_name(k)):
            continue
        trial, _ = papers.trial()
        drawn: dict[str, JSON] = {**body, "log": drawn_again(trial, body, k)}  # type: ignore[dict-item]
        after, _ = verification.check_round(trial, drawn, k)
        kept = closings[k]["document"]
        require(after.before == kept["closing"], f"round {k}", "closed otherwise / 与记录不符")
        check_both(header, unhex(after.before, 32, "round"), kept["signatures"], f"round {k}")
        papers.put(round_name(k), {"round": drawn, "signatures": dict(kept["signatures"])})


def _take_ask(papers: Papers, view: View, header: Header, sent: object) -> None:
    """Keep what the lost machine asked for in the open round, which its signature proves."""
    k = len(view.steps("closing"))
    asked, told = (
        view.step("ask", k=k),
        sent.get(f"request-{k}") if isinstance(sent, Mapping) else None,
    )
    if asked is None or told is None:
        return
    parts = mapping(told, "change k prev", "request")
    statement = transcript.ask_statement(header.hh, k, str(parts["prev"]), parts["change"])  # type: ignore[arg-type]
    header.check(INSPECTOR, statement, asked["signature"], f"round {k} ask")
    papers.put(f"asks/{k:02d}.json", dict(parts))  # type: ignore[arg-type]


_BODY = "ask change contacts k log outcome pi prev"
