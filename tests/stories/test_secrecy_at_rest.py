"""Nothing at rest tells a secret before its moment: planted words are looked for everywhere."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from bidding.envelope.bid.opening import open_bid
from bidding.hall.ceremony import stored_objects
from bidding.hall.unlock import release
from bidding.identity import Payer
from experts.panel.committee import Member, disclose, form
from monitor.record.platform import Platform
from monitor.role import SYSTEM
from monitor.runtime.database import Addresses, libpq
from tests.builders import the_act
from tests.conftest import Server
from tests.experts.drawing import a_drawing_pool, a_finished_draw
from tests.experts.drawing import a_hall as a_drawing_hall
from tests.stories.hall import Hall, a_hall
from tests.stories.rest import in_files, in_tables, rows, server_folders
from tests.stories.tenderer import Tenderer, a_tenderer, bidders
from tests.stories.world import World, a_tender
from trading.fee.deposit import identify as identify_payer
from trading.money import capital_amount
from trading.notice.participation import identify

NAME, SENTENCE = "青禾远山建设有限公司", "本工程拟采用双曲扁壳施工法一百零七号"
PAYER, ACCOUNT = "柏舟付款代理有限公司", "62179900010098765432"
FEN = 918_273_645_27
PRICES = (str(FEN), "918273645.27", capital_amount(FEN))
DIRECTORY = {"organisation", "opening"}
"""Where a registered organisation's name lies lawfully: the directory, and its registration."""
Search = Callable[[str], set[str]]


@dataclass(frozen=True, slots=True)
class Planted:
    """A trade before CLOSE in which one bidder's words are looked for."""

    world: World
    server: Path
    database: Addresses
    hall: Hall
    one: Tenderer

    def everywhere(self, *words: str) -> dict[str, set[str]]:
        """The tables, and files of the platform and of its server, that hold each word."""
        folders = [self.world.folder / name for name in ("files", "log", "latch")]
        files = in_files([*folders, *server_folders(self.server, self.database)], *words)
        return {word: in_tables(self.database, word) | files[word] for word in words}


@pytest.fixture(scope="module")
def planted(world: World, migrated: Server, database: Addresses) -> Planted:
    tender = a_tender(world)
    one = a_tenderer(tender, FEN, NAME)
    one.sentence = SENTENCE
    one.download()
    one.ask("可否延长工期？")
    one.pay(Payer(PAYER, ACCOUNT))
    one.bid()
    one.bid()
    bidders(tender, 2)
    refused = one.send(one.seal())
    assert refused.refusal is None
    world.settle()
    return Planted(world, migrated.folder, database, a_hall(tender), one)


def test_a_thief_learns_nothing_until_each_moment_has_come(
    planted: Planted, tmp_path: Path
) -> None:
    """One story, in the order in which it must happen."""
    before_close(planted)
    hall, one = planted.hall, planted.one
    hall.close()
    hall.identify()
    before_unlock(planted)
    hall.check_seal(one)
    one.release()
    assert "release" in in_tables(planted.database, one.last.identity)
    assert nowhere(planted, *PRICES, SENTENCE)
    hall.trustees_open()
    hall.unlock()
    assert nowhere(planted, *PRICES, SENTENCE)
    after_reveal(planted, tmp_path)


def nowhere(planted: Planted, *words: str) -> bool:
    found = planted.everywhere(*words)
    assert {word: places for word, places in found.items() if places} == {}
    return True


def before_close(planted: Planted) -> None:
    one = planted.one
    keys = [trustee.identity for _, trustee in planted.hall.tender.trustees]
    own = [sealed.identity for sealed in one.sealed]
    assert nowhere(planted, *PRICES, SENTENCE, PAYER, ACCOUNT, *keys, *own)
    assert in_tables(planted.database, NAME) == DIRECTORY
    assert in_tables(planted.database, one.uscc) == DIRECTORY


def before_unlock(planted: Planted) -> None:
    hall, one = planted.hall, planted.one
    assert nowhere(planted, *PRICES, SENTENCE, one.last.identity)
    for item in hall.noted:
        who = {"mask": item.bid.mask, "uscc": item.bidder.uscc, "name": item.bidder.name}
        hall.tender.do(identify, SYSTEM, **who)
    payer = {"payer": PAYER, "payer_account": ACCOUNT}
    hall.tender.do(identify_payer, SYSTEM, deposit=one.deposit, **payer)
    assert "participant" in in_tables(planted.database, NAME)
    assert in_tables(planted.database, ACCOUNT) == {"deposit"}
    found = planted.everywhere(PAYER)[PAYER]
    assert found >= {"deposit", "opening"}
    if server_folders(planted.server, planted.database):
        assert found > {"deposit", "opening"}, "the server's own files are not read"


def after_reveal(planted: Planted, folder: Path) -> None:
    results = planted.hall.reveal()
    tables = in_tables(planted.database, str(FEN))
    assert tables >= {"opened_bid", "opening_record"}
    [mine] = [r for r in results if r.noted.bidder.name == NAME]
    objects = stored_objects(mine.noted, planted.world.store)
    open_bid(objects, mine.identity, mine.noted.bid.manifest, folder / "opened")
    assert len(in_files([folder / "opened"], SENTENCE)[SENTENCE]) == 1
    assert nowhere(planted, SENTENCE)


def test_no_row_record_or_file_name_links_an_organisation_to_its_pseudonym(
    world: World, database: Addresses
) -> None:
    one = a_tenderer(a_tender(world))
    one.pay()
    one.hand_in_guarantee()
    one.bid()
    one.withdraw()
    one.refused(release, **one.release_inputs())
    world.settle()
    who = [one.name, one.uscc, str(one.actor.org), str(one.actor.person)]
    where = [one.mask, str(one.tender.id)]
    with psycopg.connect(libpq(database.superuser_url)) as connection:
        bodies = connection.execute("SELECT convert_from(body, 'UTF8') FROM opening").fetchall()
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        texts = [body.encode() for (body,) in bodies]
        texts += [text for (name,) in names.fetchall() for text in rows(connection, name)]
    linked = [t for t in texts if any_in(who, t) and any_in(where, t)]
    assert linked == []
    assert any(any_in([one.mask], text) for text in texts)
    paths = [str(path) for path in (world.folder / "files").rglob("*")]
    assert paths
    assert not [path for path in paths if any_in([*who, *where, one.last.bid], path.encode())]


def any_in(words: list[str], text: bytes) -> bool:
    return any(word.encode() in text for word in words)


def test_stored_files_lie_under_random_names_and_are_nobodys_but_the_platforms(
    world: World, planted: Planted
) -> None:
    files = [path for path in (world.folder / "files").rglob("*") if path.is_file()]
    assert len(files) >= 12
    assert all(re.fullmatch(r"[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}", f.name) for f in files)
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}


def test_a_drawn_experts_name_is_nowhere_before_the_result(
    world: World, migrated: Server, database: Addresses, tmp_path: Path
) -> None:
    platform: Platform = world.house.platform
    pool = a_drawing_pool(platform, 40)
    hall = a_drawing_hall(pool, tmp_path)
    a_finished_draw(hall)
    platform.perform(form, hall.centre, hall.project, section=hall.section)
    drawn = [hall.people[opening["open"]["u"]["value"]] for opening in hall.openings.values()]
    names = [one.name for one in drawn]
    files = in_files(server_folders(migrated.folder, database), *names)
    assert {name: in_tables(database, name) | files[name] for name in names} == {
        name: set() for name in names
    }
    members = [
        Member(mask, hall.people[opening["open"]["u"]["value"]].name, opening)
        for mask, opening in hall.openings.items()
    ]
    world.house.clock.wait(timedelta(seconds=1))
    the_act(platform, "award.issue", hall.project)
    platform.perform(disclose, hall.centre, hall.project, section=hall.section, members=members)
    assert all(in_tables(database, one.name) == {"seat", "opening"} for one in drawn)
