"""`batong test` and `batong check`: every gate that a change must pass."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import click

ROOT = Path(__file__).parents[2]
LINT_IMPORTS = "from importlinter.cli import lint_imports_command as run; run()"
GATES = {
    "mypy": ("-m", "mypy"),
    "collect": ("-m", "pytest", "--collect-only", "-q"),
    "ruff check": ("-m", "ruff", "check", "."),
    "ruff format": ("-m", "ruff", "format", "--check", "."),
    "lint-imports": ("-c", LINT_IMPORTS, "--no-logo"),
}
"""Two at a time, the long ones first; tests that were collected are compiled for all workers."""
# Programs by others that judge our files: package of Debian → a file that tells it is there.
FOREIGN = {
    "age": "/usr/bin/age",
    "poppler-utils": "/usr/bin/pdfsig",
    "zbar-tools": "/usr/bin/zbarimg",
    "chromium-headless-shell": "/usr/bin/chromium-headless-shell",
    "fonts-noto-cjk": "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "golang-go": "/usr/bin/go",
    "golang-golang-x-mod-dev": "/usr/share/gocode/src/golang.org/x/mod",
}
BROWSERS = (
    "chromium-headless-shell", "chromium", "chromium-browser", "google-chrome",
    "google-chrome-stable",
)  # fmt: skip
"""Chromium without a window first: the same engine, and two fifths less of the processor."""
OWN_BROWSER = """
from playwright.sync_api import sync_playwright
with sync_playwright() as driver:
    print(driver.chromium.executable_path)
"""
CORES = 2  # that we count on
WORKERS = "6"
"""Three for each core: tests often wait for programs that they start."""
_INSTALL_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one gate ended."""

    name: str
    passed: bool
    seconds: float
    output: str

    def line(self) -> str:
        """Returns one line for a person."""
        word = "通过 / passed" if self.passed else "未通过 / FAILED"
        return f"{self.name:<14}{word}  {self.seconds:.1f} s"


@click.command(context_settings={"ignore_unknown_options": True})
@click.option("--campaign", is_flag=True, help="完整规模 / full sizes; hours")
@click.argument("pytest_arguments", nargs=-1, type=click.UNPROCESSED)
def test(campaign: bool, pytest_arguments: tuple[str, ...]) -> None:
    """运行全部检查与测试 / Run every gate and the tests; further arguments go to pytest."""
    full = ("--campaign",) if campaign else ()
    raise SystemExit(run_all((*full, *pytest_arguments)))


@click.command()
def check() -> None:
    """运行 .ci/run 的全部检查 / Run every gate that .ci/run runs, tests included."""
    raise SystemExit(run_all(()))


def run_all(pytest_arguments: Sequence[str]) -> int:
    """Runs the gates, then pytest, whose summary comes last; returns 0 when all passed, else 1."""
    install_foreign()
    with ThreadPoolExecutor(CORES) as pool:
        verdicts = list(pool.map(run_gate, GATES, GATES.values()))
    for verdict in verdicts:
        click.echo(verdict.line())
        if not verdict.passed:
            click.echo(verdict.output, err=True)
    tests_passed = run_pytest(pytest_arguments)
    return 0 if tests_passed and all(verdict.passed for verdict in verdicts) else 1


def run_gate(name: str, arguments: Sequence[str]) -> Verdict:
    """Runs one gate with this interpreter; its output is kept for when it fails."""
    begun = time.monotonic()
    run = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Verdict(name, run.returncode == 0, time.monotonic() - begun, run.stdout)


def run_pytest(arguments: Sequence[str]) -> bool:
    """Runs pytest in our own terminal; tells whether it passed."""
    spread = ("-n", WORKERS, "--dist", "loadfile", "--no-loadscope-reorder")
    command = [sys.executable, "-m", "pytest", *spread, *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment(), check=False).returncode == 0


def environment() -> dict[str, str]:
    """Returns our environment, but for a wish that no bytecode be kept.

    The tests start hundreds of our programs; each would compile all of its modules anew.
    """
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def install_foreign() -> None:
    """Installs missing judges where we are root on Debian; a test that lacks its judge skips."""
    missing = [package for package, file in FOREIGN.items() if not Path(file).exists()]
    if missing:
        _install_judges(missing)
    if browser() is None:
        _install_browser()


def browser() -> str | None:
    """Returns a Chromium to test with: one that is told, one on the path, or playwright's own."""
    told = os.environ.get("BATONG_BROWSER")
    found = told or next(filter(None, map(shutil.which, BROWSERS)), None)
    if found:
        return found
    run = subprocess.run(
        [sys.executable, "-c", OWN_BROWSER], capture_output=True, text=True, check=False
    )
    own = run.stdout.strip()
    return own if own and Path(own).exists() else None


def _install_browser() -> None:
    """Fetches playwright's own Chromium; where that may not be, the tests fail and say how."""
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    try:
        run = subprocess.run(command, capture_output=True, timeout=_INSTALL_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return
    if run.returncode == 0:
        click.echo("已安装浏览器 / browser installed: chromium")


def _install_judges(missing: Sequence[str]) -> None:
    names = " ".join(missing)
    able = os.geteuid() == 0 and shutil.which("apt-get") is not None
    if able and _install(missing):
        click.echo(f"已安装外部验证程序 / judges installed: {names}")
    else:
        click.echo(f"缺少外部验证程序，相关测试跳过 / judges missing, their tests skip: {names}")


def _install(packages: Sequence[str]) -> bool:
    _apt("update")  # where it fails, the lists at hand may still do
    return _apt("install", "-y", "--no-install-recommends", *packages)


def _apt(*arguments: str) -> bool:
    try:
        run = subprocess.run(
            ["apt-get", "-q", *arguments],
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_INSTALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    return run.returncode == 0
