"""What other processes do takes a while."""

import time


def wait_for(condition):
    """Wait until a condition holds, for two minutes at most."""
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def has_content(path):
    return path.exists() and path.stat().st_size > 0
