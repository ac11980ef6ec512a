"""The rules file: its form, and its numbers against the texts of the law."""

import hashlib
import importlib
import re
from datetime import date
from pathlib import Path

import pytest

from monitor.law.limit import number
from monitor.law.rule import RULES, Enforcement, Mark, Rule, RulesInvalid, Unit, load
from monitor.record.action import ACTIONS

LAW = Path(__file__).parents[4] / "shared" / "data" / "law"
READ = [rule for rule in load() if rule.mark is Mark.READ]
DIGITS = "零一二三四五六七八九"
ROOT = Path(__file__).parents[3]
UNITS = {
    Unit.DAYS: "日",
    Unit.WORKING_DAYS: "个?工作日",
    Unit.HOURS: "小时",
    Unit.YEARS: "年",
    Unit.COUNT: "[个家人]",
}


def chinese(value: int) -> str:
    """Words of a number below a hundred, as statutes write them."""
    tens, ones = divmod(value, 10)
    head = "" if tens == 0 else ("十" if tens == 1 else DIGITS[tens] + "十")
    return head + (DIGITS[ones] if ones or not tens else "")


def article(rule: Rule, name: str) -> str:
    """The text of one article of the statute that a rule quotes."""
    if not LAW.exists():
        pytest.skip("the texts of the law, ../shared/data/law, are absent")
    [path] = LAW.glob(f"{rule.instrument}(*.md")
    text = path.read_text(encoding="utf-8")
    head = f"第{chinese(int(name))}条 "
    return text.split(f"\n{head}", 1)[1].split("\n第", 1)[0]


def expected(rule: Rule) -> str:
    """What the article must say, as a pattern."""
    digits = f"(?:{rule.number}|{chinese(rule.number)})"
    if rule.unit is Unit.PERCENT:
        return f"{rule.number}%|百分之{chinese(rule.number)}"
    if rule.unit is Unit.THIRDS:
        return "三分之二"
    if rule.unit is Unit.PARITY:
        return "单数"
    return digits + UNITS[rule.unit]


@pytest.mark.parametrize("rule", READ, ids=lambda rule: rule.id)
def test_a_rule_marked_read_says_what_its_article_says(rule: Rule) -> None:
    text = "".join(article(rule, name) for name in rule.article.split("、"))
    if rule.number == 0:  # no waiting time: the article sets an order of acts
        assert re.search("同一时间|截止时间前|答复前", text)
    else:
        assert re.search(expected(rule), text), text


def test_most_rules_are_read_and_none_that_is_only_remembered_may_refuse() -> None:
    assert len(READ) >= 45
    assert not [
        rule.id
        for rule in load()
        if rule.enforcement is Enforcement.BLOCK and rule.mark not in (Mark.READ, Mark.SECONDARY)
    ]


def test_the_version_is_the_sha256_of_the_file_and_ids_are_unique() -> None:
    rules = load()
    assert rules.version == hashlib.sha256(RULES.read_bytes()).hexdigest()
    assert len({rule.id for rule in rules}) == len(rules)


def test_every_rule_speaks_chinese_and_english() -> None:
    assert not [r.id for r in load() if not re.search("[一-鿿]", r.zh) or r.en.isascii() is False]


def test_rules_are_found_by_id_by_their_acts_and_by_what_they_bind() -> None:
    rules = load()
    day = date(2026, 3, 2)
    assert rules["works.bid_preparation"].number == 20
    found = rules.applying("works", day).between("document.issue", "opening.close")
    assert [rule.id for rule in found] == ["works.bid_preparation"]
    assert found.version == rules.version
    with pytest.raises(KeyError):
        rules["works.nothing"]


def test_a_voluntary_tender_is_not_bound_by_rules_for_compulsory_ones() -> None:
    free = load().applying("works", date(2026, 3, 2), must_tender=False)
    ids = {rule.id for rule in free}
    assert "works.bid_preparation" not in ids
    assert "works.document_supply" in ids


def test_a_fact_is_judged_by_the_law_of_its_own_date() -> None:
    before = {rule.id for rule in load().applying("works", date(2012, 1, 31))}
    after = {rule.id for rule in load().applying("works", date(2012, 2, 1))}
    assert "works.document_supply" not in before
    assert "works.document_supply" in after
    assert "works.bid_preparation" in before


def test_a_local_rule_binds_only_in_its_region() -> None:
    day = date(2026, 3, 2)
    assert "works.draw_window" not in {r.id for r in load().applying("works", day)}
    assert "works.draw_window" in {r.id for r in load().applying("works", day, region="500000")}


def test_categories_never_share_a_number_by_accident() -> None:
    works = load()["works.deposit_refund_contract"]
    procurement = load()["procurement.deposit_refund_winner"]
    assert (works.unit, procurement.unit) == (Unit.DAYS, Unit.WORKING_DAYS)


def test_a_category_can_be_added_without_code(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(ROW.replace("works", "forest"), encoding="utf-8")
    rules = load(path).applying("forest", date(2026, 3, 2))
    assert [number(rule) for rule in rules] == [3]


ROW = """
[works.few]
basis = { instrument = "招标投标法", article = "28" }
category = "works"
from = "a.b"
to = "c.d"
at_least = 3
unit = "count"
enforcement = "block"
mark = "read"
zh = "三"
en = "three"
"""


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ('unit = "count"', 'unit = "moons"'),
        ("at_least = 3", ""),
        ('mark = "read"', 'mark = "heard"'),
        ('zh = "三"', ""),
        ('zh = "三"', 'zh = "三"\nat_most = 4'),
        ('zh = "三"', 'zh = "三"\nexception = "friends"'),
    ],
)
def test_a_row_that_breaks_the_form_is_refused_and_named(
    tmp_path: Path, good: str, bad: str
) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(ROW.replace(good, bad), encoding="utf-8")
    with pytest.raises(RulesInvalid, match=r"works\.few"):
        load(path)


def listed(word: str) -> set[str]:
    """The names that the head of the rules file lists under a word, down to the next word."""
    head = RULES.read_text(encoding="utf-8").split("\n\n", 1)[0]
    part = re.split(rf"^# {word} +", head, flags=re.MULTILINE)[1]
    return set(re.findall(r"[a-z]+\.[a-z_]+", re.split(r"^# [a-z]", part, flags=re.MULTILINE)[0]))


def actions() -> set[str]:
    """Every action of the product, all its modules imported."""
    for package in ("monitor/law", "monitor/record", "trading", "experts", "bidding"):
        for path in sorted((ROOT / package).rglob("*.py")):
            if "@action(" in path.read_text(encoding="utf-8"):
                name = path.relative_to(ROOT).with_suffix("").as_posix()
                importlib.import_module(name.replace("/", "."))
    return set(ACTIONS)


def test_a_rule_names_actions_alone_or_what_the_head_lists_as_moments_and_later_acts() -> None:
    named = {
        name
        for rule in load()
        for name in (rule.from_action, *rule.closed_by, *rule.lifted_by, *rule.pause)
        if name
    }
    assert named - actions() == listed("moments") | listed("later")
    assert listed("moments") & listed("later") == set()
