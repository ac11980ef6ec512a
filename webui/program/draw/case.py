"""What a draw is judged by, read by each side for itself: the case, the rules, the pool."""

from __future__ import annotations

from experts.avoidance import Case, Expert, RuleSet
from experts.ceremony.mail.view import View
from experts.pool.fact import read_expert
from webui.program.client import Client

RULES = RuleSet()
REGISTRY = "/api/v1/draws/registry"


def case_of(view: View, at: int, bidders: frozenset[str] = frozenset()) -> Case:
    """Return whom to avoid and when the panel sits; `at` in unix seconds."""
    told = view.value
    return Case(
        at=at,
        start=int(told["starts"]),
        end=int(told["ends"]),
        purchaser=str(told["purchaser"]),
        agents=frozenset(map(str, told["agents"])),
        strata={str(name): int(code) for name, code in told["specialties"].items()},
        bidders=bidders,
    )


def pool_of(client: Client) -> tuple[dict[str, str], tuple[Expert, ...]]:
    """Return the newest snapshot's {snapshot, root}, and the facts of everybody in the pool."""
    told = client.read(REGISTRY)
    taken = {"snapshot": str(told["snapshot"]), "root": str(told["root"])}
    return taken, tuple(map(read_expert, told["experts"]))
