"""A witness's program finds the platform away, signs for how long, and it lands by itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from monitor.log.note import Kind, SigningKey
from monitor.log.witness.looking import LET, Looker, outage_key
from monitor.log.witness.measure import Gauge, Measure, open_measure
from monitor.record.disclosure import VISITOR, timeline
from monitor.role import NOBODY, Role
from monitor.runtime.settings import SettingsError
from tests.answering import answering
from tests.builders import an_actor
from tests.webui.page.counter import Counter
from trading.supervision.standstill.outage import Outage, outages
from webui.house import outage_keys

NAME = "witness.test"
MINUTE = timedelta(minutes=1)
WHERE = "/api/v1/outages"


@pytest.fixture
def key(counter: Counter, tmp_path: Path) -> SigningKey:
    """The witness's own key for measures, which the platform was told of."""
    made = outage_key(tmp_path / "w", NAME)
    settings = counter.source.settings
    counter.source.settings = replace(settings, outage_keys=(str(made.verifier),))
    return made


@contextmanager
def platform_there(counter: Counter, port: int) -> Iterator[int]:
    with answering(make_server("127.0.0.1", port, counter.app)) as address:
        yield int(address.rpartition(":")[2])


def a_looker(counter: Counter, folder: Path, key: SigningKey, port: int) -> Looker:
    """The witness's program as it starts, over what its folder holds."""
    log, url = counter.house.policy.log, f"http://127.0.0.1:{port}"
    return Looker(folder, key, [log], url, counter.house.clock)


def look_for(looker: Looker, counter: Counter, minutes: int) -> Gauge:
    """Look every four minutes."""
    gauge = looker.look()
    for _ in range(minutes // 4):
        counter.house.clock.wait(4 * MINUTE)
        gauge = looker.look()
    return gauge


def witnessed(counter: Counter) -> list[Outage]:
    with counter.house.platform.read() as session:
        return [each for each in outages(session) if each.source == "witness"]


def records(counter: Counter) -> list[dict[str, object]]:
    with counter.house.platform.read() as session:
        seen = timeline(session, NOBODY, VISITOR)
    return [each.facts["facts"] for each in seen if each.facts["action"] == "outage.measure"]


def test_what_a_witness_measured_lands_by_itself_once_the_platform_is_back(
    counter: Counter, tmp_path: Path, key: SigningKey
) -> None:
    house, folder = counter.house, tmp_path / "w"
    with platform_there(counter, 0) as port:
        house.settle()
        a_looker(counter, folder, key, port).look()
        since = house.clock.now()
    look_for(a_looker(counter, folder, key, port), counter, 12)  # nobody answers there
    gauge = look_for(a_looker(counter, folder, key, port), counter, 20)  # the witness restarted
    assert (gauge.since, gauge.unsent) == (since, ())
    with platform_there(counter, port):
        look_for(looker := a_looker(counter, folder, key, port), counter, 4)  # not grown yet
        house.settle()
        [note] = looker.look().unsent
        until = house.clock.now()
        assert witnessed(counter) == []
        house.clock.wait(LET)
        assert a_looker(counter, folder, key, port).look().unsent == ()
        [outage] = witnessed(counter)
        assert (outage.since, outage.until) == (since, until)
        assert looker.look().unsent == ()
        client = counter.app.test_client()
        again = client.post(WHERE, data=note).get_json()
        assert again == {"outage": str(outage.id), "new": False}
    assert len(witnessed(counter)) == 1
    [told] = records(counter)
    assert told["witness"] == NAME
    page = counter.person(an_actor(house.platform, Role.DEPARTMENT)).get("/outages")
    assert f"见证人 · {NAME}" in page
    assert open_measure(str(told["note"]), [key.verifier]).measure.since == since


def test_a_measure_that_is_refused_is_not_sent_for_ever_and_one_that_was_lost_is_sent_again(
    counter: Counter, tmp_path: Path, key: SigningKey
) -> None:
    house, folder, stranger = counter.house, tmp_path / "w", tmp_path / "other"
    kept = len(witnessed(counter))
    with platform_there(counter, 0) as port:
        house.settle()
        lookers = [a_looker(counter, folder, key, port),
                   a_looker(counter, stranger, outage_key(stranger, NAME), port)]  # fmt: skip
        for each in lookers:
            each.look()
        look_for(lookers[0], counter, 0)
    for _ in range(5):
        house.clock.wait(4 * MINUTE)
        for each in lookers:
            each.look()
    with platform_there(counter, port):
        house.settle()
        assert [len(each.look().unsent) for each in lookers] == [1, 1]
        house.clock.wait(LET)
    assert [len(each.look().unsent) for each in lookers] == [1, 1], "nobody answers: both wait"
    with platform_there(counter, port):
        assert [len(each.look().unsent) for each in lookers] == [0, 0]
    assert len(witnessed(counter)) == kept + 1, "the stranger's key was never told"


def test_what_no_witness_signed_or_no_such_log_is_refused_and_leaves_no_record(
    counter: Counter, key: SigningKey
) -> None:
    house, client = counter.house, counter.app.test_client()
    now: datetime = house.clock.now()
    true = Measure(house.policy.log.name, now - 20 * MINUTE, now)
    before = (len(witnessed(counter)), house.settle().size)
    thief = SigningKey(NAME, Kind.ED25519, b"t" * 32)
    other = SigningKey("w9.example", Kind.ED25519, key.seed)
    longer = replace(true, since=now - 90 * MINUTE)
    forged = [
        true.signed(thief), true.signed(other), true.text(), "", "\xff",
        true.signed(key).replace(true.text(), longer.text()), true.signed(key)[:-3],
    ]  # fmt: skip
    assert [client.post(WHERE, data=each).status_code for each in forged] == [403] * len(forged)
    assert client.post(WHERE, data="x" * 5000).status_code == 413
    strange = [replace(true, origin="other.example/log/2026"), replace(true, until=now + MINUTE)]
    told = [client.post(WHERE, data=each.signed(key)).status_code for each in strange]
    assert told == [422, 422]
    counter.source.settings = replace(counter.source.settings, outage_keys=())
    assert client.post(WHERE, data=true.signed(key)).status_code == 403
    assert len(witnessed(counter)) == before[0]


def test_a_key_that_is_nobodys_who_witnesses_this_log_is_an_error_when_it_is_told(
    counter: Counter, key: SigningKey
) -> None:
    settings, policy = counter.source.settings, counter.house.policy
    assert outage_keys(settings, policy) == [key.verifier]
    stranger = SigningKey("w9.example", Kind.ED25519, key.seed).verifier
    for wrong in (str(stranger), str(policy.witnesses[0]), "w1", f"{key.verifier}x"):
        with pytest.raises(SettingsError, match="outage_keys"):
            outage_keys(replace(settings, outage_keys=(wrong,)), policy)
