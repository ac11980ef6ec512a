"""Two languages, both whole; the reader chooses, and the choice is kept."""

import re
import tomllib
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from markupsafe import Markup

from monitor.record.disclosure import Disclosed
from monitor.role import Role
from trading import board
from trading.notice.message.event import events
from trading.registration.stage import Stage
from webui.deed.book import deeds
from webui.page.language import NoSuchText, catalogue, chinese, named, text
from webui.page.show import act_name, deed_name

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "webui" / "page"


def test_every_text_is_there_in_both_languages_with_the_same_blanks() -> None:
    acts = {f"action.{name}" for name in deeds()}
    assert len(catalogue()) > 200
    assert len(acts) > 100
    for key, entry in catalogue().items():
        # what a person does by a form has an imperative beside the name of its record
        assert set(entry) == {"zh", "en"} | ({"do"} if key in acts else set()), key
        assert all(entry.values()), key
        blanks = [sorted(re.findall(r"\{\w+\}", entry[lang])) for lang in ("zh", "en")]
        assert blanks[0] == blanks[1], key
        if key != "site.other":
            english = entry["en"] + entry.get("do", "")
            # no Han, no full-width signs, and no quotes that a Chinese font draws full-width
            assert not re.search("[\u3000-\u9fff\uff00-\uffef‘’“”]", english), key


def test_a_form_and_its_button_say_what_to_do_and_a_record_what_was_done(app: Flask) -> None:
    told = {}
    for lang in ("zh", "en"):
        with app.test_request_context(f"/?lang={lang}"):
            app.preprocess_request()
            told[lang] = deed_name("notice.publish"), act_name("notice.publish")
            assert deed_name("duty.warn") == act_name("duty.warn")  # nobody's form
    assert told == {
        "zh": ("发布公告", "发布公告"),
        "en": ("Publish the notice", "Notice published"),
    }


def test_every_text_that_a_template_or_script_asks_for_is_there() -> None:
    asked = set()
    for path in PAGE.glob("template/**/*.html"):
        asked |= set(re.findall(r"\bt\('([a-z_.0-9]+)'[,)]", path.read_text("utf-8")))
    for path in PAGE.glob("static/**/*.js"):
        told = path.read_text("utf-8")
        asked |= set(re.findall(r"B\.say\([^)]*?'(script\.[a-z_]+)'", told))
        asked |= {
            f"script.{key}"
            for key in re.findall(r"\bsay\('([a-z_]+)'", told)
            if "verify" in path.name
        }
    assert len(asked) > 100
    assert asked <= set(catalogue())


def test_every_act_every_stage_and_every_role_has_a_name() -> None:
    # the file itself: other tests add acts of their own to what was read from it
    table = tomllib.loads((ROOT / "monitor" / "disclosure.toml").read_text("utf-8"))
    wanted = {f"action.{noun}.{verb}" for noun, verbs in table.items() for verb in verbs}
    wanted |= {f"stage.{stage.value}" for stage in Stage} | {f"role.{role.value}" for role in Role}
    assert wanted <= set(catalogue())


def test_a_text_that_is_not_there_is_a_fault_and_no_blank(app: Flask) -> None:
    with app.test_request_context("/"), pytest.raises(NoSuchText):
        text("site.nothing", "en")


def test_what_was_written_first_in_one_language_is_not_kept_for_the_other(app: Flask) -> None:
    with app.test_request_context("/?lang=zh"):
        app.preprocess_request()
        page = app.jinja_env.from_string("{{ 'project.register'|act_name }}")
        assert page.render() == "登记项目"
    with app.test_request_context("/?lang=en"):
        app.preprocess_request()
        assert page.render().isascii()


def test_a_chinese_name_is_marked_in_english_and_stays_text(app: Flask) -> None:
    with app.test_request_context("/?lang=en"):
        app.preprocess_request()
        assert named("<甲>公司") == Markup('<span lang="zh-CN">&lt;甲&gt;公司</span>')
        told = text("tasks.as", person=named("甲"), org="<b>", role="owner")
        assert "&lt;b&gt;" in told
        assert '<span lang="zh-CN">甲</span>' in told
        assert (named("Smith"), named(3), chinese("abc")) == ("Smith", 3, "")
        assert chinese("甲") == ' lang="zh-CN"'
    with app.test_request_context("/?lang=zh"):
        app.preprocess_request()
        assert named("<甲>公司") == "<甲>公司"


def test_english_is_kept_once_chosen_and_chinese_comes_first(client: FlaskClient) -> None:
    assert '<html lang="zh-CN"' in client.get("/", headers={"Accept-Language": "en"}).text
    assert '<html lang="en"' in client.get("/?lang=en").text
    assert '<html lang="en"' in client.get("/rooms").text
    assert '<html lang="zh-CN"' in client.get("/rooms?lang=zh").text
    assert client.get("/?lang=xx").status_code == 200


def test_english_pages_hold_no_chinese_but_names(client: FlaskClient) -> None:
    for where in ("/verify?lang=en", "/rooms?lang=en"):
        named = r'<[^>]+lang="zh-CN".*?</(?:a|span)>|开标[一二三]室'
        page = re.sub(named, "", client.get(where).text)
        assert not re.search("[\u4e00-\u9fff]", re.sub(r"<!--.*?-->", "", page)), where


def test_larger_text_is_a_link_and_is_kept_on_every_page(
    client: FlaskClient, entry: board.Entry, records: list[Disclosed]
) -> None:
    pages = ("/", "/rooms", "/verify", f"/project/{entry.code}", f"/record/{records[0].record_id}")
    assert all('data-size="normal"' in client.get(where).text for where in pages)
    assert 'data-size="large"' in client.get("/?size=large").text
    assert all('data-size="large"' in client.get(where).text for where in pages)


def test_every_act_that_tells_people_has_words() -> None:
    assert [name for name in events() if f"message.event.{name}" not in catalogue()] == []
