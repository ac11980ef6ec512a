"""`/work`: which jobs wait, which are stuck and why, and which program is away; for staff."""

from __future__ import annotations

from flask import Blueprint, render_template

from monitor.clock import SystemClock
from monitor.role import Role
from monitor.work.due import open_work, stuck_work, tally
from webui.page.view import source
from webui.page.view.away import signs
from webui.page.wearer import require
from webui.serve.work.job.book import sends_mail

pages = Blueprint("work", __name__)
READERS = (Role.CENTRE, Role.FINANCE, Role.DEPARTMENT, Role.DISCIPLINE)


@pages.get("/work")
def work() -> str:
    """Show the platform's own work; a job that would tell of a secret act is not in it."""
    require(*READERS)
    here = source()
    with here.platform.read() as session:
        return render_template(
            "office/work.html", jobs=open_work(session), counts=tally(session),
            stuck={row.id for row in stuck_work(session)}, wall=SystemClock().now(),
            missed=signs().away(), now=here.now, mail=sends_mail(here.settings),
        )  # fmt: skip
