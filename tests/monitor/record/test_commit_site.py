"""Only a few places end a transaction: nobody else calls commit, begin or rollback on a database."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PACKAGES = ("monitor", "trading", "experts", "bidding", "webui")
SITES = (
    "monitor/record/platform.py",
    "monitor/log/sequencer/sequencer.py",
    "monitor/log/sequencer/recovery.py",
    "monitor/migrations/",
)
ENDS = {"commit", "begin", "rollback", "begin_nested", "begin_twophase"}
ELSEWHERE = {
    # Databases and logins are made outside of any transaction, before there is a record.
    "monitor/runtime/database.py": {"autocommit=True"},
    # One statement at a time, over connections that may only read.
    "monitor/record/demo.py": {"isolation_level='AUTOCOMMIT'"},
    # Not a database: a draw's own commitments to secret shares.
    "experts/draw/filing.py": {"seed.commit"},
    "experts/draw/verification.py": {"seed.commit"},
    "experts/inspector.py": {"self.custody.commit", "seed.commit"},
    "experts/ceremony/share.py": {"seed.commit"},
    "experts/escrow/recovery.py": {"seed.commit"},
    "webui/demo/drawing.py": {"self.agent.commit", "self.service.commit"},
    "webui/program/draw/centre/share.py": {"service.commit"},
    "webui/program/draw/inspector.py": {"self.agent.commit"},
    "webui/program/draw/owner.py": {"seed.commit"},
}


def sites(path: Path, root: Path) -> Iterator[str]:
    """Every place in a file that ends a transaction, or has one end by itself."""
    name = path.relative_to(root).as_posix()
    if name.startswith(SITES):
        return
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        what = ended(node)
        if what and what not in ELSEWHERE.get(name, set()):
            yield f"{name}: {what}"


def ended(node: ast.AST) -> str:
    """What ends a transaction there: called, handed on, or got by its name; "" for nothing."""
    match node:
        case ast.Attribute(attr=attr) if attr in ENDS:
            return ast.unparse(node)
        case ast.Call(func=ast.Name(id="getattr"), args=[_, ast.Constant(value=value), *_]):
            return ast.unparse(node) if value in ENDS else ""
        case ast.keyword(arg="autocommit" | "isolation_level", value=value):
            return "" if ast.unparse(value) == "'REPEATABLE READ'" else ast.unparse(node)
    return ""


def found(root: Path) -> list[str]:
    files = [path for package in PACKAGES for path in sorted((root / package).rglob("*.py"))]
    return [site for path in files for site in sites(path, root)]


def test_no_other_file_ends_a_transaction() -> None:
    assert found(ROOT) == []


@pytest.mark.parametrize(
    "planted",
    [
        "def pay(session):\n    session.commit()",
        "def pay(engine):\n    with engine.begin() as connection:\n        connection.execute(1)",
        "end = session.rollback",
        "getattr(session, 'commit')()",
        "connect(url, autocommit=True)",
        "engine.execution_options(isolation_level='AUTOCOMMIT')",
        "seed.commit(share)",
    ],
)
def test_one_that_is_planted_is_found(tmp_path: Path, planted: str) -> None:
    place = tmp_path / "trading" / "fee"
    place.mkdir(parents=True)
    (place / "deposit.py").write_text(planted, "utf-8")
    assert [site.partition(":")[0] for site in found(tmp_path)] == ["trading/fee/deposit.py"]


def test_the_sites_that_are_allowed_exist() -> None:
    assert all((ROOT / site).exists() for site in (*SITES, *ELSEWHERE))
