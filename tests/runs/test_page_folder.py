import pytest

from dltool.errors import OutputError, RefusedError
from dltool.runs.page_folder import write_page


def test_a_page_takes_the_place_of_an_earlier_one_and_of_its_pictures(tmp_path):
    folder = tmp_path / "new" / "evaluation"
    write_page(folder, "<p>one", {"roc.svg": b"1", "old.png": b"2"})
    page = write_page(folder, "<p>two", {"roc.svg": b"3", "rows.csv": b"4"})
    assert page == folder / "report.html"
    (folder / "page.json").unlink()
    assert {path.name: path.read_text() for path in folder.iterdir()} == {
        "report.html": "<p>two",
        "roc.svg": "3",
        "rows.csv": "4",
    }


def test_what_an_earlier_page_did_not_bring_stays(tmp_path):
    write_page(tmp_path / "page", "<p>one", {"roc.svg": b"1"})
    (tmp_path / "page" / "notes.png").write_bytes(b"mine")
    write_page(tmp_path / "page", "<p>two", {})
    assert {path.name for path in (tmp_path / "page").iterdir()} == {"report.html", "page.json", "notes.png"}


@pytest.mark.parametrize("listed", [None, "[1]", '["../mine.txt"]', "{", '"a"'])
def test_a_page_of_another_program_is_left_alone(tmp_path, listed):
    folder = tmp_path / "site"
    folder.mkdir()
    (tmp_path / "mine.txt").write_text("mine")
    (folder / "report.html").write_text("mine")
    if listed:
        (folder / "page.json").write_text(listed)
    with pytest.raises(OutputError, match="holds other files"):
        write_page(folder, "<p>", {})
    assert (folder / "report.html").read_text() == (tmp_path / "mine.txt").read_text() == "mine"


def test_a_folder_of_somebody_elses_is_left_alone(tmp_path):
    (tmp_path / "cat.png").write_bytes(b"cat")
    with pytest.raises(OutputError, match="holds other files"):
        write_page(tmp_path, "<p>", {"cat.png": b"dog"})
    assert (tmp_path / "cat.png").read_bytes() == b"cat"


def test_a_link_is_not_followed(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(RefusedError, match="is a link"):
        write_page(tmp_path / "link", "<p>", {})
    assert not list((tmp_path / "real").iterdir())


def test_a_file_in_the_way_is_said(tmp_path):
    (tmp_path / "report").write_text("mine")
    with pytest.raises(OutputError, match="cannot write"):
        write_page(tmp_path / "report", "<p>", {})
