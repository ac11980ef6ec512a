"""Whether the time of a step is over: then its page says so, and shows no form in vain."""

from __future__ import annotations

from monitor.law.rule import load as load_rules
from monitor.law.workday import local_date
from monitor.record.disclosure import VISITOR, timeline
from trading.desk.docket import matter
from webui.course.course import is_step, over
from webui.course.fact import Facts, acts_of
from webui.course.step import Bar
from webui.deed.deed import Case, Deed


def over_now(deed: Deed, case: Case) -> Bar | None:
    """Return why a step of the trade's course can be done no more; None where it may be.

    What ends one, the documents, the deadline, a failed opening, is public.
    """
    if case.project is None or not is_step(deed.name):
        return None
    with case.source.platform.read() as session:
        found = matter(session, case.project, case.now)
        if found is None:
            return None
        acts = acts_of(timeline(session, case.project, VISITOR))
    rules = load_rules().applying(found.category, local_date(case.now))
    return over(Facts(found, case.now, rules, acts), deed.name)
