import re
from importlib.resources import files

import pytest
from jinja2 import UndefinedError

from dltool.report.rendering import render

TEMPLATES = [file for file in files("dltool.report").joinpath("templates").iterdir() if file.name.endswith(".jinja")]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda file: file.name)
def test_only_pictures_and_what_the_template_says_itself_are_not_escaped(template):
    trusted = re.findall(r"\{\{\s*(.*?)\s*\|\s*safe", template.read_text("utf-8"))
    assert all(re.fullmatch(r"\w+\.(picture|inline|picture\.inline)|'[^']*'", expression) for expression in trusted)


def test_a_value_that_is_forgotten_is_no_empty_text():
    with pytest.raises(UndefinedError, match="name"):
        render("page.html.jinja")


def test_a_name_is_escaped_in_the_title():
    html = render("page.html.jinja", name="</title><script>")
    assert "<title>&lt;/title&gt;&lt;script&gt; · dltool</title>" in html
    assert "<script>" not in html
