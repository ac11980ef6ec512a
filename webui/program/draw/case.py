"""What a draw is judged by, read by each side for itself: the case, the rules, the pool."""

from __future__ import annotations

from experts.avoidance import Case
from experts.ceremony.mail.purpose import list_case, listed, read_entry
from experts.ceremony.mail.view import View
from experts.dossier import Expert
from experts.draw.encoding import rows
from experts.draw.header import Header, counts
from experts.draw.pool import Pool, root
from experts.pool.fact import read_expert
from monitor.log.canonical import JSON
from webui.program.client import Client

REGISTRY = "/api/v1/draws/registry"


def case_of(view: View, at: int, bidders: frozenset[str] = frozenset()) -> Case:
    """Return whom to avoid and when the panel sits; `at` in unix seconds."""
    told = view.value
    if not view.purpose.of_people:
        return list_case(told["strata"], at)
    return Case(
        at=at,
        start=int(told["starts"]),
        end=int(told["ends"]),
        purchaser=str(told["purchaser"]),
        agents=frozenset(map(str, told["agents"])),
        strata={str(name): int(code) for name, code in told["specialties"].items()},
        bidders=bidders,
        supervisors=frozenset(map(str, told["supervisors"])),
    )


def compared(header: Header, mine: Pool, registered: int) -> dict[str, JSON]:
    """Return how a header compares with one's own pool, as the inspector's page shows it.

    duplicates: leaves beyond one for each person; records: those that equal roots do not prove to
    be one's own; predicates: who is judged otherwise than here.
    """
    told, people = header.number("n"), {each.u for each in mine.entries.values()}
    excluded = sum(number for _, number in counts(header.value["excluded"], "header.excluded"))
    return {
        "registered": registered,
        "eligible": len(people),
        "duplicates": told - len(people),
        "records": 0 if header.digest("elig_root") == root(mine.leaves) else told,
        "predicates": abs(excluded - (registered - len(people))),
    }


def pool_of(client: Client, view: View) -> tuple[dict[str, str], tuple[Expert, ...]]:
    """Return {snapshot, root} of what is drawn from, and the facts of everybody or every line."""
    if not view.purpose.of_people:
        told = client.read(f"/api/v1/draws/{view.request}/list")
        lines = map(read_entry, rows(told["entries"], "list"))
        return {"snapshot": "list", "root": str(told["root"])}, tuple(listed(lines))
    told = client.read(REGISTRY)
    taken = {"snapshot": str(told["snapshot"]), "root": str(told["root"])}
    return taken, tuple(map(read_expert, told["experts"]))
