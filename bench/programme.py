"""A programme of 1,000 slots: the whole page beside the bare reading of its rows."""

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable

SLOTS = 1000
LIMIT_MS = 50.0
ROUNDS = 15


def run(argv: list[str]) -> int:
    """Measure on a database of its own; 0 if the page holds its limit."""
    parser = argparse.ArgumentParser(prog="konsilium bench programme", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--slots", type=int, default=SLOTS, help="slots on the one day that is shown")
    chosen = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="konsilium-bench-") as folder:
        os.environ["KONSILIUM_DATA"] = folder
        os.environ["KONSILIUM_DATABASE_URL"] = ""
        os.environ["KONSILIUM_LOG_LEVEL"] = "error"
        os.environ["DJANGO_SETTINGS_MODULE"] = "konsilium.config.settings"
        measured = _measure(chosen.slots)
    if chosen.json:
        print(json.dumps(measured))
    else:
        _print(measured)
    return 0 if measured["page_ms"] <= LIMIT_MS else 1


def _print(measured: dict[str, float]) -> None:
    page = f"median {measured['page_ms']:6.1f} ms, of the processor {measured['page_cpu_ms']:6.1f} ms"
    rows = f"median {measured['rows_ms']:6.1f} ms, of the processor {measured['rows_cpu_ms']:6.1f} ms"
    print(f"{measured['slots']:.0f} slots on one day, four halls, three languages, two people a slot; SQLite")
    print(f"  page, whole request      {page}; limit {LIMIT_MS:.0f} ms")
    print(f"  the first one of all     {measured['first_ms']:6.1f} ms")
    print(f"  its rows read, no page   {rows}")
    print(
        f"  queries of the page      {measured['queries']:.0f}; with four slots {measured['queries_of_few']:.0f}"
    )
    print(f"  size                     {measured['kilobytes']:.0f} kB")


def _measure(slots: int) -> dict[str, float]:
    import django  # reason: its settings are chosen above

    django.setup()
    # reason: models can be imported only now
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    # reason: models can be imported only now
    from konsilium.foundation import clock
    from konsilium.programme.queries import listing_of, slots_shown
    from tests.factories.programme import fill_programme, make_congress

    call_command("migrate", verbosity=0)
    now = clock.now()
    many, few = make_congress(now, slug="many"), make_congress(now, slug="few")
    fill_programme(many, slots=slots)
    fill_programme(few, slots=4)
    day = many.days.get(key="day-1")
    client = Client(SERVER_NAME="127.0.0.1")

    def page(slug: str) -> bytes:
        answer = client.get(f"/congresses/{slug}/programme/?day=day-1")
        assert answer.status_code == 200, answer.status_code
        return bytes(answer.content)

    started = time.perf_counter()
    size = len(page("many"))
    first_ms = (time.perf_counter() - started) * 1000
    counts: dict[str, int] = {}
    for slug in ("many", "few"):
        page(slug)  # the first time reads what is kept afterwards
        with CaptureQueriesContext(connection) as queries:
            page(slug)
        counts[slug] = len(queries)
    page_ms, page_cpu_ms = _medians_ms(lambda: page("many"))
    rows_ms, rows_cpu_ms = _medians_ms(lambda: listing_of(slots_shown(many).filter(day=day)))
    return {
        "slots": slots,
        "first_ms": first_ms,
        "page_ms": page_ms,
        "page_cpu_ms": page_cpu_ms,
        "rows_ms": rows_ms,
        "rows_cpu_ms": rows_cpu_ms,
        "limit_ms": LIMIT_MS,
        "queries": counts["many"],
        "queries_of_few": counts["few"],
        "kilobytes": size / 1000,
    }


def _medians_ms(act: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds by the clock, and of the processor: apart when the machine is busy with something else."""
    act()
    clock: list[float] = []
    processor: list[float] = []
    for _ in range(ROUNDS):
        started, used = time.perf_counter(), time.process_time()
        act()
        clock.append((time.perf_counter() - started) * 1000)
        processor.append((time.process_time() - used) * 1000)
    return statistics.median(clock), statistics.median(processor)
