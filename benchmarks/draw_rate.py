"""A draw at the size of a province: header to result, its verifiers, and PostgreSQL's part.

Run `python -m benchmarks.draw_rate [EXPERTS ...]` (default 1000 10000 100000 1000000), or with
`--inspection` a double-random inspection: 487 items, 270,000 enterprises, 1,197 officers.

Made up: 50 skewed specialties, one to three a person, 5 strata of them, all rules of avoidance, one
member a unit. Filing is what comes before the header: screening, hiding, both roots. The result is
the panel; then a round is closed by both sides. Time is that of the processor, so that a busy
machine tells the same. PostgreSQL filters and orders the same rows by ticket and by random() in
turn, five times; the ratio is that of the medians.
"""

from __future__ import annotations

import hashlib
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg

from experts import draw_verify
from experts.avoidance import DAY
from experts.ceremony.mail.purpose import Entry, list_case, listed
from experts.dossier import Expert, Span
from experts.draw.bundle import verify_bundle
from experts.draw.header import Kind
from experts.draw.selection import ticket
from monitor.runtime.database import libpq
from monitor.runtime.folder import socket_folder
from monitor.runtime.postgres import EmbeddedPostgres
from tests.experts.draw_world import NOW, OLD, World, a_case

SPECIALTIES, STRATA, UNITS, TIMES = 50, 5, 20_000, 5
LOOKED_AT = frozenset(
    [f"stratum {n + 1}" for n in range(STRATA)] + [f"region {3300 + n}" for n in range(12)]
    + [f"decile {n}" for n in range(10)]
)  # fmt: skip
"""Coverage alarms that a made-up register may raise."""
RULES = """
  active AND known <= %(at)s - 604800 AND region < 12
  AND NOT unit = ANY(%(barred)s::int[])
  AND NOT before && %(barred)s::int[] AND NOT tied && %(barred)s::int[]
  AND suspended IS NOT TRUE AND served < 8 AND mine < 3
  AND NOT (busy_from < %(until)s AND busy_to > %(at)s) AND NOT own_unit
"""


def timed(name: str, work: Callable[[], Any]) -> Any:
    begun = time.process_time()
    found = work()
    print(f"    {name:34s} {time.process_time() - begun:8.2f} s", flush=True)
    return found


def chance(number: int, what: str, most: int) -> int:
    """A number below `most` that is the same in every run."""
    return int.from_bytes(hashlib.sha256(b"%d %s" % (number, what.encode())).digest()[:6]) % most


def skewed(number: int, what: str) -> int:
    """A specialty: the first ones have many people, the last ones few."""
    return min(chance(number, what + "a", SPECIALTIES), chance(number, what + "b", SPECIALTIES))


def people(count: int) -> tuple[Expert, ...]:
    codes = [Span(f"S{n:02d}", OLD, OLD) for n in range(SPECIALTIES)]
    units = [(Span(f"unit{n}", OLD, OLD),) for n in range(UNITS)]
    regions, active = [Span(f"{3300 + n}", OLD, OLD) for n in range(12)], Span("active", OLD, OLD)
    late = Span("active", NOW - DAY, NOW - DAY)
    gone = (Span("suspended", OLD, OLD),)
    return tuple(
        Expert(
            uid=f"E{n:07d}",
            active=late if n % 97 == 0 else active,
            region=regions[n % 12],
            specialties=tuple({codes[skewed(n, str(k))] for k in range(1 + n % 3)}),
            employers=units[chance(n, "unit", UNITS)],
            suspensions=gone if n % 50 == 0 else (),
        )
        for n in range(count)
    )


def a_draw(count: int, folder: Path) -> None:
    print(f"{count:,} experts", flush=True)
    everyone = people(count)
    drawn = {f"S{n:02d}": n + 1 for n in range(STRATA)}
    case = a_case(strata=drawn, agents=frozenset(f"unit{n}" for n in range(12)))
    seats = tuple((code, 1) for code in drawn.values())
    world = World(folder, experts=everyone, case=case, strata=seats)
    filed = timed("filing, the centre's side", lambda: world.centre.file(
        world.plan(), world.experts, world.case, world.rules))  # fmt: skip
    signature = timed("filing, the inspector's side", lambda: world.agent.countersign(
        filed, world.experts, world.case, world.rules, LOOKED_AT))  # fmt: skip
    world.centre.publish(world.draw, signature)
    finish(world)


def finish(world: World) -> None:
    def to_the_result() -> None:
        world.commit()
        world.reveal()
        world.roll()
        world.draw_round()

    timed("header to result, both sides", to_the_result)
    size = world.centre.custody.papers(world.draw).header().number("n")
    timed("closing the round, both sides", world.call)
    bundle = timed("transcript and bundle", world.finish)
    print(f"    {size:,} leaves, bundle of {len(bundle):,} bytes")
    assert timed("verify, batong draw verify", lambda: verify_bundle(bundle)).ok
    assert timed("verify, draw_verify.py", lambda: draw_verify.verify(bundle))[-1][1] == ""


def inspection(folder: Path) -> None:
    print("487 items, 270,000 enterprises, 1,197 officers: one in a hundred enterprises")
    entries = [
        *(Entry(f"item {n}", (1,)) for n in range(487)),
        *(Entry(f"enterprise {n}", (2,)) for n in range(270_000)),
        *(Entry(f"officer {n}", (3,), f"brigade {n % 40}") for n in range(1_197)),
    ]
    seats = ((1, 5), (2, 2_700), (3, 100))
    world = World(folder, kind=Kind.INSPECTION, strata=seats, caps={}, experts=listed(entries),
                  case=list_case(seats, NOW))  # fmt: skip
    world.rules = replace(world.rules, order=())
    world.contact = (0, 0)
    timed("filing, both sides", world.file)
    finish(world)


def in_postgresql(count: int, folder: Path) -> None:
    print(f"PostgreSQL, {count:,} rows")
    folder.mkdir()
    options = {"fsync": "off", "work_mem": "64MB"}
    with EmbeddedPostgres(folder, socket_folder(folder), options=options) as postgres:
        url = libpq(postgres.addresses("postgres").superuser_url)
        with psycopg.connect(url) as connection:
            fill(connection, count)
            compare(connection)


def fill(connection: psycopg.Connection[Any], count: int) -> None:
    connection.execute(
        "create unlogged table person as select n as id, sha256(int4send(n)) as leaf,"
        " n %% 33 <> 0 as active, case when n %% 97 = 0 then %s else %s end as known,"
        " n %% 12 as region, hashint4(n) & 16383 as unit, array[hashint4(n + 1) & 16383] as before,"
        " array[hashint4(n + 2) & 65535] as tied, n %% 50 = 0 as suspended,"
        " hashint4(n + 3) & 15 as served, hashint4(n + 4) & 3 as mine,"
        " case when n %% 20 = 0 then %s else 0 end as busy_from,"
        " case when n %% 20 = 0 then %s else 0 end as busy_to, n %% 211 = 0 as own_unit,"
        " array[least(hashint4(n + 5) & 63, hashint4(n + 6) & 63)] as codes"
        " from generate_series(1, %s) as n",
        (NOW - DAY, OLD, NOW, NOW + DAY, count),
    )
    connection.execute("create index on person using gin (codes)")
    connection.execute("analyze person")


def compare(connection: psycopg.Connection[Any]) -> None:
    seed = bytes(range(32))
    name = b"batong-draw/1/ticket"
    spent: dict[str, list[float]] = {"ticket": [], "random": []}
    for _ in range(TIMES):
        for kind, order in (("ticket", "sha256(%(head)s || leaf), leaf"), ("random", "random()")):
            begun = time.perf_counter()
            for code in range(STRATA):
                parts = [(4, code.to_bytes(4, "big")), (4, bytes(4))]
                head = bytes([len(name)]) + name + (32).to_bytes(4, "big") + seed
                head += b"".join(size.to_bytes(4, "big") + part for size, part in parts)
                told = {"at": NOW, "until": NOW + DAY, "barred": list(range(12)), "code": [code]}
                rows = connection.execute(
                    f"select leaf from person where codes @> %(code)s::int[] and {RULES}"
                    f" order by {order} limit 30",
                    {**told, "head": head + (32).to_bytes(4, "big")},
                ).fetchall()
                if kind == "ticket":
                    found = [bytes(row[0]) for row in rows]
                    assert found == sorted(found, key=lambda leaf: ticket(seed, code, leaf))
            spent[kind].append(time.perf_counter() - begun)
    ours, theirs = (statistics.median(spent[kind]) for kind in ("ticket", "random"))
    print(f"    five strata by ticket              {ours:8.2f} s (wall)")
    print(f"    five strata by random()            {theirs:8.2f} s (wall)")
    print(f"    ratio                              {ours / theirs:8.2f}")


def main(arguments: Sequence[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        if "--inspection" in arguments:
            inspection(Path(folder) / "inspection")
            return
        sizes = [int(each) for each in arguments] or [1_000, 10_000, 100_000, 1_000_000]
        for size in sizes:
            a_draw(size, Path(folder) / str(size))
        in_postgresql(max(sizes), Path(folder) / "postgres")


if __name__ == "__main__":
    main(sys.argv[1:])
