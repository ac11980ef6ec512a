"""A program goes on until it is told to end, at its own pace, and then ends at once and well."""

import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from monitor.work.ending import BOTH, ending

LOOKS = """
from monitor.work.ending import go_on

def look(waited):
    print(waited, flush=True)
    return 3600.0 if waited else 0.125

go_on(look, 0.0)
print("ended")
"""


@pytest.fixture
def untouched() -> Iterator[None]:
    """The handlers of before, set again."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGUSR1, signal.SIGINT)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("told", BOTH)
def test_a_program_waits_as_its_looks_say_and_ends_in_the_midst_of_a_wait(
    told: signal.Signals,
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", LOOKS], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        said = [child.stdout.readline().strip() for _ in range(2)]
        child.send_signal(told)
        rest, _ = child.communicate(timeout=60)
    assert said == ["0.0", "0.125"]
    assert rest == "ended\n"
    assert child.returncode == 0


@pytest.mark.usefixtures("untouched")
def test_the_signals_that_are_named_set_the_event_and_others_are_left_alone() -> None:
    left = signal.getsignal(signal.SIGINT)
    ended = ending(signal.SIGUSR1)
    before = ended.is_set()
    signal.raise_signal(signal.SIGUSR1)
    assert (before, ended.is_set()) == (False, True)
    assert signal.getsignal(signal.SIGINT) is left
