"""Two languages, both whole; the reader chooses, and the choice is kept."""

import re
import tomllib
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from monitor.record.disclosure import Disclosed
from monitor.role import Role
from trading import board
from trading.registration.stage import Stage
from webui.page.language import NoSuchText, catalogue, text

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "webui" / "page"


def test_every_text_is_there_in_both_languages_with_the_same_blanks() -> None:
    assert len(catalogue()) > 200
    for key, entry in catalogue().items():
        assert set(entry) == {"zh", "en"}, key
        assert all(entry.values()), key
        blanks = [sorted(re.findall(r"\{\w+\}", told)) for told in entry.values()]
        assert blanks[0] == blanks[1], key
        if key != "site.other":
            assert not re.search("[\u4e00-\u9fff]", entry["en"]), key


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
