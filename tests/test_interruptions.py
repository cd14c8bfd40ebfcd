import os
import signal
import subprocess
import sys
import threading

import pytest

from dltool.errors import Interrupted
from dltool.interruptions import interruptions

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.mark.parametrize("number", SIGNALS)
def test_answered_at_once_unless_held(number):
    with pytest.raises(Interrupted, match=f"interrupted by {number.name}") as raised, interruptions():
        os.kill(os.getpid(), number)
    assert raised.value.exit_code == 128 + number
    assert isinstance(raised.value, KeyboardInterrupt)
    with interruptions() as interruption:
        interruption.held = True
        interruption.check()
        os.kill(os.getpid(), number)
        with pytest.raises(Interrupted):
            interruption.check()


def test_an_interrupt_that_a_library_made_of_ours_is_told_from_one_of_its_own():
    with pytest.raises(Interrupted, match="interrupted by SIGTERM"), interruptions():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        except KeyboardInterrupt:
            raise KeyboardInterrupt from None
    with pytest.raises(KeyboardInterrupt) as raised, interruptions():
        raise KeyboardInterrupt
    assert type(raised.value) is KeyboardInterrupt


def test_everything_is_put_back():
    before = [signal.getsignal(number) for number in SIGNALS]
    with interruptions() as interruption:
        interruption.held = True
        os.kill(os.getpid(), signal.SIGTERM)
    assert [signal.getsignal(number) for number in SIGNALS] == before


@pytest.mark.parametrize("first", SIGNALS)
def test_only_a_second_interrupt_ends_the_process(first):
    program = f"""
import os, signal
from dltool.interruptions import interruptions
with interruptions() as interruption:
    interruption.held = True
    for number in ({first}, signal.SIGHUP, signal.SIGTERM):
        os.kill(os.getpid(), number)
    print("held", flush=True)
    os.kill(os.getpid(), signal.SIGINT)
    print("alive", flush=True)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("held\n", -signal.SIGINT)


def test_ignored_signals_stay_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interruptions() as interruption:
            os.kill(os.getpid(), signal.SIGHUP)
            interruption.check()  # raises what was asked for
            assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_other_threads_go_without():
    before = signal.getsignal(signal.SIGTERM)
    seen = []

    def enter():
        with interruptions() as interruption:
            interruption.check()
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert seen == [before]


def test_an_error_that_a_library_made_of_ours_is_told_from_one_of_its_own():
    with pytest.raises(Interrupted, match="interrupted by SIGINT"), interruptions():
        try:
            os.kill(os.getpid(), signal.SIGINT)
        except KeyboardInterrupt:
            raise ValueError("no schema") from None
    with pytest.raises(OSError, match="disk full"), interruptions() as interruption:
        interruption.held = True
        os.kill(os.getpid(), signal.SIGINT)
        raise OSError("disk full")
