"""The demo bar: what it shows is never older than what was done."""

from monitor.role import Role
from tests.builders import an_actor
from tests.webui.page.counter import Counter
from webui.page.office.demo import Bar


def test_who_has_just_been_let_in_is_on_the_bar_at_once(counter: Counter) -> None:
    bar = Bar()
    with counter.app.test_request_context():
        before = {office.person for office in bar.people()}
        actor = an_actor(counter.house.platform, Role.CENTRE)
        counter.person(actor)
        assert {office.person for office in bar.people()} == before | {actor.person}
