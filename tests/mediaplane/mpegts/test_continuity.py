"""Which packets are missed, and which only look as if they were."""

from hypothesis import given
from hypothesis import strategies as st

from konsilium.mediaplane.mpegts import Splitter
from konsilium.mediaplane.mpegts.continuity import Continuity
from konsilium.mediaplane.mpegts.tables import PACKET

PICTURE, SOUND, NULL = 0x100, 0x101, 0x1FFF


def packet(pid: int, counter: int, *, payload: bool = True, discontinuity: bool | None = None) -> bytes:
    """`discontinuity` None: without an adaptation field (unless there is no payload)."""
    field = discontinuity is not None or not payload
    control = (0x20 if field else 0) | (0x10 if payload else 0)
    head = bytes((0x47, pid >> 8, pid & 0xFF, control | counter & 0x0F))
    if field:
        length = 183 if not payload else 1
        head += bytes((length, 0x80 if discontinuity else 0))
    return head.ljust(PACKET, b"\xff")


def lost(*packets: bytes) -> int:
    continuity = Continuity()
    for one in packets:
        continuity.feed(one)
    together = Continuity()
    together.feed(b"".join(packets))
    assert together.lost == continuity.lost
    return continuity.lost


def test_nothing_is_missed_in_an_unbroken_stream_that_counts_over_its_end() -> None:
    assert lost(*(packet(PICTURE, number) for number in range(40))) == 0


def test_each_stream_counts_for_itself() -> None:
    mixed = [packet(pid, number) for number in range(20) for pid in (PICTURE, SOUND)]
    assert lost(*mixed) == 0
    assert lost(*mixed[:7], *mixed[9:]) == 2


def test_a_gap_counts_its_packets_even_over_the_end_of_the_counter() -> None:
    assert lost(packet(PICTURE, 3), packet(PICTURE, 7)) == 3
    assert lost(packet(PICTURE, 14), packet(PICTURE, 1)) == 2


def test_a_packet_sent_twice_is_none_too_few() -> None:
    assert lost(packet(PICTURE, 3), packet(PICTURE, 3), packet(PICTURE, 4)) == 0


def test_packets_without_payload_do_not_count() -> None:
    clock = packet(PICTURE, 3, payload=False)
    assert lost(packet(PICTURE, 3), clock, clock, packet(PICTURE, 4)) == 0


def test_an_announced_break_is_no_loss() -> None:
    assert lost(packet(PICTURE, 3), packet(PICTURE, 9, discontinuity=True), packet(PICTURE, 10)) == 0
    assert lost(packet(PICTURE, 3), packet(PICTURE, 9, discontinuity=False), packet(PICTURE, 10)) == 5
    announced = packet(PICTURE, 3, payload=False, discontinuity=True)
    assert lost(packet(PICTURE, 3), announced, packet(PICTURE, 9)) == 0


def test_null_packets_may_count_as_they_like() -> None:
    assert lost(packet(NULL, 3), packet(NULL, 9), packet(NULL, 1)) == 0


def test_the_splitter_counts_what_it_reads_once() -> None:
    kept = [packet(PICTURE, number) for number in range(300) if number not in {50, 51, 200}]
    splitter = Splitter()
    data = b"".join(kept)
    for at in range(0, len(data), 700):
        splitter.feed(data[at : at + 700])
    assert splitter.lost == 3


ANY_PACKET = st.builds(
    packet,
    st.sampled_from([PICTURE, SOUND, 0x200, NULL]),
    st.integers(0, 15),
    payload=st.booleans(),
    discontinuity=st.sampled_from([None, None, False, True]),
)
ROW = st.builds(
    lambda pid, first, count: [packet(pid, first + number) for number in range(count)],
    st.sampled_from([PICTURE, SOUND, 0x200]),
    st.integers(0, 15),
    st.integers(1, 40),
)


@given(st.lists(st.one_of(ROW, st.lists(ANY_PACKET, max_size=4)), max_size=8))
def test_rows_are_counted_as_packets_one_by_one_are(rows: list[list[bytes]]) -> None:
    lost(*(one for row in rows for one in row))
