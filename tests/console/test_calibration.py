from dltool.console.calibration import print_calibration
from dltool.contracts.calibration import Calibration


def test_before_stands_beside_after(printed):
    print_calibration(Calibration(1.5, "validation", 1200, True, 0.5, 0.4, 0.09, 0.02, 0.1, 0.05, 0.15))
    out, err = printed()
    assert err == []
    assert out[:5] == [
        ["validation:", "1,200", "rows"],
        [],
        ["measure", "before", "after"],
        ["negative", "log", "likelihood", "0.5000", "0.4000"],
        ["expected", "calibration", "error", "0.0900", "0.0200"],
    ]
    said = " ".join(word for line in out for word in line)
    assert "logits divided by 1.5" in said
    assert "gain: 0.1000, with a 95% interval from 0.0500 to 0.1500; these rows chose the temperature" in said
