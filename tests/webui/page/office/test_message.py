"""Messages and the platform's own work, as people see them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from monitor.runtime.folder import Kind
from tests.webui.page.signed_in import hidden, person, program
from webui.page.source import Source
from webui.serve.work.job.book import sends_mail

PATIENCE = 120.0


def until(what: Callable[[], bool]) -> None:
    """Wait for the scheduler of the served platform."""
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline, "the scheduler told nobody"
        time.sleep(0.2)


def test_the_owner_reads_what_the_platform_told_and_marks_it_read(app: Flask) -> None:
    owner = person(app, "owner-two")  # nobody else of these tests reads in this name
    told = ("项目已受理，可以发布公告", "有新的提问待答复（提问人保密）", "未读")
    until(lambda: all(each in owner.get("/messages").text for each in told))
    page = owner.get("/messages").text
    answer = owner.post("/act/message.read", data=hidden(page))
    assert answer.status_code == 303, answer.text
    again = owner.get(answer.location).text
    assert "未读" not in again
    assert "项目已受理，可以发布公告" in again
    english = owner.get("/messages?lang=en").text
    assert "Your project is accepted" in english


def test_a_visitor_has_no_messages_and_a_stranger_none_of_the_owners(
    app: Flask, client: FlaskClient
) -> None:
    assert client.get("/messages").status_code == 303
    newcomer = person(app, "newcomer").get("/messages").text
    assert "没有消息" in newcomer
    assert program(app, "newcomer").act("message.read", messages=[]).status_code == 200


def test_where_ones_mail_goes_is_set_kept_and_ended(app: Flask) -> None:
    inspector = program(app, "inspector")
    wrong = inspector.act("message.set_address", email="nobody")
    assert (wrong.status_code, wrong.json["field"]) == (422, "email")  # type: ignore[index]
    told: dict[str, Any] = {"email": "reader@example.com", "lang": "en", "board": True}
    assert inspector.act("message.set_address", **told).status_code == 200
    page = person(app, "inspector")
    form = page.get("/act/message.set_address").text
    assert 'value="reader@example.com"' in form
    assert "reader@example.com" in page.get("/messages").text
    assert inspector.act("message.set_address", email="").status_code == 200
    assert "未设置邮箱" in page.get("/messages").text


def test_staff_see_the_platforms_own_work_and_tenderers_do_not(app: Flask) -> None:
    clerk = person(app, "clerk")
    page = clerk.get("/work").text
    assert "后台任务" in page
    until(lambda: "没有未完成的任务" in clerk.get("/work").text)
    for account in ("newcomer", "trustee-1"):
        assert person(app, account).get("/work").status_code == 403


def test_a_real_folder_without_a_mail_server_says_that_no_mail_is_sent(
    app: Flask, source: Source
) -> None:
    clerk = person(app, "clerk")
    assert "BATONG_SMTP_URL" not in clerk.get("/work").text
    settings = replace(source.settings, kind=Kind.REAL, smtp_url=None)
    assert not sends_mail(settings)
    assert sends_mail(replace(settings, smtp_url="smtp://mail.example?from=a@b.example"))
    app.extensions["batong"] = replace(source, settings=settings)
    try:
        page = clerk.get("/work").text
    finally:
        app.extensions["batong"] = source
    assert "不发邮件" in page
    assert "BATONG_SMTP_URL" in page
