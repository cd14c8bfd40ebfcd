"""Processes that are killed, and asked to end, at any moment."""

import json
import signal
import time

import pytest

from tests.faults.counts import SOAK, count, dice
from tests.faults.judge import assert_same_end, assert_whole

ENDINGS = {
    signal.SIGKILL: (1, 200),
    signal.SIGINT: (1, 20),
    signal.SIGTERM: (1, 20),
    signal.SIGHUP: (1, 20),
}
_ANSWER = 2.0
"""Seconds; for the soak alone, as a busy machine may take longer."""


def status_of(run):
    return json.loads((run / "run.json").read_text())["status"] if (run / "run.json").exists() else None


def test_a_training_ended_at_any_moment_goes_on_to_the_same_end(golden, tmp_path):
    chances = dice("endings")
    # Each half of them meets one of the two configs.
    endings = [number for number, counts in ENDINGS.items() for _ in range(count(counts[0], counts[1] // 2))]
    chances.shuffle(endings)
    runs, answers = 0, []
    while endings:
        runs += 1
        run, moments, ended = tmp_path / str(runs), [], False
        while not ended:
            command = golden.train(run)
            began = time.perf_counter()
            if not endings:
                assert command.end() == 0, command.errors
                break
            command.wait(chances.uniform(0, golden.seconds))
            number, sent = endings.pop(), time.perf_counter()
            command.send(number)
            code = command.end()
            if number != signal.SIGKILL:
                answers.append(time.perf_counter() - sent)
            print(f"{number.name} after {sent - began:.3f} s: {code}")
            moments = assert_whole(run, golden.run, moments)
            ended = code == 0  # it had come to its end before
            if not ended and number == signal.SIGKILL:
                assert code == -number
            elif not ended:
                assert code == 128 + number, command.errors
                assert "Traceback" not in command.errors
                if f"--run-dir {run} --resume" in command.errors:
                    assert status_of(run) == "interrupted"
        assert_same_end(run, golden.run)
    print(f"{runs} trainings; signals answered within {max(answers):.2f} s")
    assert not SOAK or max(answers) < _ANSWER


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_is_sent_twice_is_answered_once(short, tmp_path, number):
    """As ``timeout`` does, and a terminal that is closed."""
    command = short.train(tmp_path / "run")
    while not (tmp_path / "run" / "checkpoint").exists():
        command.wait(0.01)
    for _ in range(50):
        command.send(number)
        command.wait(0.001)
    assert command.end() == 128 + number
    assert status_of(tmp_path / "run") == "interrupted"
