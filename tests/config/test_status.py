"""Statuses are the words that are stored and shown."""

import json

from dltool.config.status import DONE, FINISHED, SUCCESSFUL, Status


def test_a_status_is_its_word_wherever_it_is_shown():
    assert (f"{Status.STOPPED_EARLY}", repr(Status.STOPPED_EARLY)) == ("stopped_early", "'stopped_early'")
    assert json.dumps({"status": Status.COMPLETED}) == '{"status": "completed"}'
    assert Status("killed") is Status.KILLED
    assert Status.KILLED == "killed"


def test_whatever_is_successful_is_finished_and_whatever_is_finished_is_done():
    assert set(SUCCESSFUL) < set(FINISHED) < set(DONE)
    assert not {"waiting", "running", "interrupted", "failed"} & set(DONE)
