import pytest

from dltool.data.number_spellings import advice, readings


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("13,880", ["13880", "13.880"]),
        ("-13,880", ["-13880", "-13.880"]),
        ("1,5", ["1.5"]),
        ("0,123", ["0.123"]),
        ("1234,567", ["1234.567"]),
        ("2,5e3", ["2.5e3"]),
        ("1,234,567", ["1234567"]),
        ("1.234.567", ["1234567"]),
        ("1.234.567,89", ["1234567.89"]),
        ("1,234.56", ["1234.56"]),
        ("1 234", ["1234"]),
        ("1\u00a0234,5", ["1234.5"]),
        ("1'234.5", ["1234.5"]),
        ("\u22125", ["-5"]),
        ("1.5", []),
        ("abc", []),
        ("1,23,456", []),
    ],
)
def test_readings(text, expected):
    assert readings(text) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("13,880", ["13880 if the comma groups thousands", "13.880 if it is a decimal comma"]),
        ("12%", ["write 12 without", "a hundredth"]),
        ("1,5 %", ["write 1.5 without"]),
        ("$1,234.50", ["write 1234.50 without the currency"]),
        ("12 €", ["write 12 without"]),
        ("True", ["write 1"]),
        ("off", ["write 0"]),
    ],
)
def test_advice(text, said):
    assert all(words in advice(text) for words in said)


def test_no_advice_where_there_is_no_telling():
    assert advice("about 12") == ""
