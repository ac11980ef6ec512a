"""The lock of what runs: nothing that the platform needs comes with the tests' own packages only."""

import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[2]
CHILD = """
import importlib, pkgutil, sys

class Denied:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in DENIED:
            raise ModuleNotFoundError(f"{name} is not in requirements.lock", name=name)

sys.meta_path.insert(0, Denied())
for top in ("monitor", "trading", "experts", "bidding", "webui"):
    for each in pkgutil.walk_packages(importlib.import_module(top).__path__, f"{top}."):
        if ".migrations." not in each.name and not each.name.endswith("__main__"):
            importlib.import_module(each.name)
for name in ("kombu.transport.redis", "celery.worker", "gunicorn.workers.gasgi"):
    importlib.import_module(name)
from webui.serve.work.hands import make_celery
make_celery("unix:///nowhere.sock").connection().transport
"""


def named(lock: str) -> set[str]:
    """The names of the packages of a lock, as PEP 503 writes them."""
    found = re.findall(r"^([\w.-]+)==", (ROOT / lock).read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[-_.]+", "-", each).lower() for each in found}


def test_all_that_runs_is_found_in_the_lock_of_what_runs() -> None:
    ours = named("requirements.lock")
    assert ours <= named("requirements-dev.lock")
    denied = {
        top
        for top, owners in packages_distributions().items()
        if not {re.sub(r"[-_.]+", "-", each).lower() for each in owners} & ours
    } - {"monitor", "trading", "experts", "bidding", "webui", "pip", "setuptools"}
    assert {"pytest", "playwright", "schemathesis"} <= denied
    run = subprocess.run(
        [sys.executable, "-P", "-c", f"DENIED = {denied!r}\n{CHILD}"],
        cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
