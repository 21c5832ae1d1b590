from konsilium.mediaplane.remux.packets import Assembler, Carried, Unwrapper, carried_by

#: A PES header without a length and without times.
HEADER = b"\0\0\1\xe0\0\0\x80\0\0"


def packet(*, starts: bool, counter: int, field: bytes | None = None, pid: int = 256) -> bytes:
    """A transport packet whose payload is 0x55; `field` is an adaptation field without its length."""
    control = 0x10 | counter | (0x20 if field is not None else 0)
    head = bytes((0x47, (0x40 if starts else 0) | pid >> 8, pid & 255, control))
    adaptation = b"" if field is None else bytes((len(field),)) + field
    return (head + adaptation).ljust(188, b"\x55")


def read(data: bytes) -> tuple[bool, bool, int]:
    (found,) = carried_by(data, frozenset({256}))
    return found.starts, found.stuffed, len(found.payload)


def carried(payload: bytes, *, starts: bool, counter: int, stuffed: bool = False) -> Carried:
    return Carried(256, starts, counter, stuffed, payload)


def filled(counters: list[int], *, pid: int = 256) -> bytes:
    """Packets that are nothing but payload: each byte of it is the packet's place."""
    heads = [bytes((0x47, pid >> 8, pid & 255, 0x10 | counter)) for counter in counters]
    return b"".join(head + bytes((place,)) * 184 for place, head in enumerate(heads))


def found_in(packets: bytes) -> list[tuple[int, int, list[int]]]:
    """PID, first counter and places of what is found."""
    found = carried_by(packets, frozenset({256, 257}))
    return [(one.pid, one.counter, list(one.payload[::184])) for one in found]


def test_packets_of_nothing_but_payload_are_taken_together() -> None:
    row = [number & 15 for number in range(9, 49)]
    assert found_in(filled(row)) == [(256, 9, list(range(40)))]
    assert found_in(filled([1, 2]) + filled([1], pid=300) + filled([3], pid=257)) == [
        (256, 1, [0, 1]),
        (257, 3, [0]),
    ]


def test_a_row_ends_where_a_counter_is_not_the_next_one() -> None:
    assert found_in(filled([4, 5, 7, 8])) == [(256, 4, [0, 1]), (256, 7, [2, 3])]
    assert found_in(filled([4, 5, 5, 6])) == [(256, 4, [0, 1]), (256, 5, [2, 3])]


def test_a_row_ends_at_a_start_and_at_stuffing() -> None:
    start, last = packet(starts=True, counter=2), packet(starts=False, counter=5, field=b"")
    found = list(carried_by(filled([1]) + start + filled([3, 4]) + last, frozenset({256})))
    assert [(one.starts, one.stuffed, one.counter) for one in found] == [
        (False, False, 1),
        (True, False, 2),
        (False, False, 3),
        (False, True, 5),
    ]


def test_only_the_first_of_a_row_can_have_been_sent_before() -> None:
    assembler = Assembler()
    list(assembler.add(carried(HEADER, starts=True, counter=3)))
    for one in carried_by(filled([4, 5, 5, 6]), frozenset({256})):
        list(assembler.add(one))
    (pes,) = assembler.flush()
    assert list(pes.data[::184]) == [0, 1, 3]


def test_stuffing_is_told_from_clock_references() -> None:
    clock = bytes(6)
    assert read(packet(starts=True, counter=0)) == (True, False, 184)
    assert read(packet(starts=False, counter=0, field=b"\x10" + clock)) == (False, False, 176)
    assert read(packet(starts=False, counter=0, field=b"\x10" + clock + b"\xff")) == (False, True, 175)
    assert read(packet(starts=False, counter=0, field=b"")) == (False, True, 183)
    assert read(packet(starts=False, counter=0, field=b"\x00")) == (False, False, 182)
    assert read(packet(starts=False, counter=0, field=b"\x02\x03abc\xff")) == (False, False, 177)


def picture(assembler: Assembler, *, split: bool = False) -> list[int]:
    """Pictures that are complete after each of the packets of one picture."""
    steps = [
        assembler.add(carried(HEADER + b"a" * 100, starts=True, counter=0)),
        assembler.add(carried(b"b" * 184, starts=False, counter=1, stuffed=split)),
        assembler.add(carried(b"c" * 90, starts=False, counter=2, stuffed=True)),
    ]
    return [len(list(step)) for step in steps]


def test_the_end_of_a_picture_is_waited_for_until_stuffing_has_proven_itself() -> None:
    assembler = Assembler()
    assert picture(assembler) == [0, 0, 0]
    given = [picture(assembler) for _ in range(40)]
    assert given[0] == [1, 0, 0], "the next one's start tells"
    assert given[-1] == [0, 0, 1], "the stuffing tells"


def test_a_sender_that_stuffs_elsewhere_is_never_believed() -> None:
    assembler = Assembler()
    picture(assembler, split=True)
    given = [picture(assembler, split=True) for _ in range(60)]
    assert all(one == [1, 0, 0] for one in given)


def test_one_that_begins_to_stuff_elsewhere_is_believed_no_more() -> None:
    assembler = Assembler()
    for _ in range(40):
        picture(assembler)
    assert picture(assembler, split=True) == [0, 1, 0], "one picture is cut short"
    assert [picture(assembler) for _ in range(3)] == [[0, 0, 0], [1, 0, 0], [1, 0, 0]]


def test_a_packet_that_is_sent_twice_counts_once() -> None:
    assembler = Assembler()
    list(assembler.add(carried(HEADER + b"a", starts=True, counter=3)))
    list(assembler.add(carried(b"b", starts=False, counter=4)))
    list(assembler.add(carried(b"b", starts=False, counter=4)))
    (pes,) = assembler.flush()
    assert pes.data == b"ab"


def test_time_goes_on_over_the_wrap() -> None:
    unwrap = Unwrapper()
    assert [unwrap(stamp) for stamp in ((1 << 33) - 10, 5, 2)] == [
        (1 << 33) - 10,
        (1 << 33) + 5,
        (1 << 33) + 2,
    ]
