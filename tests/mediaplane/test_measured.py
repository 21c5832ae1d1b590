from konsilium.mediaplane.measured import GONE_AFTER_S, Measured
from konsilium.mediaplane.status import LatencyStatus


def test_nobody_has_no_latency() -> None:
    assert Measured().latency is None
    assert Measured().watching == {}


def test_median_and_p95_are_of_the_last_report_of_each() -> None:
    measured = Measured()
    for number in range(100):
        measured.note(f"p{number}", at=0, behind_s=99, stalls=5, feed="overview")
        measured.note(f"p{number}", at=1, behind_s=number / 10, stalls=number % 10 == 0, feed="endoscope")
    assert measured.latency == LatencyStatus(viewers=100, median_s=4.9, p95_s=9.4, stalled=10)
    assert measured.watching == {"endoscope": 100}


def test_who_reports_no_more_is_gone() -> None:
    measured = Measured()
    measured.note("dana", at=0, behind_s=1, stalls=0, feed="endoscope")
    measured.note("erik", at=GONE_AFTER_S, behind_s=2, stalls=0, feed="")
    measured.forget_gone(GONE_AFTER_S + 1)
    assert measured.latency == LatencyStatus(viewers=1, median_s=2, p95_s=2)
    assert measured.watching == {}


def test_nonsense_is_left_out() -> None:
    measured = Measured()
    measured.note("dana", at=0, behind_s=float("nan"), stalls=0, feed="endoscope")
    assert measured.latency is None
