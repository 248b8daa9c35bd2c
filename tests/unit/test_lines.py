from __future__ import annotations

import tracemalloc
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ddci import lines
from pytest_ddci.lines import BadLine, ControlLine, EventLine, level_of, read_lines
from tests.wire import event, started


def piece(data: bytes, offset: int, size: int) -> bytes:
    return data[offset : offset + size]


def read(data: bytes) -> list[lines.Line]:
    return list(read_lines(partial(piece, data)))


@pytest.mark.parametrize("level", ["pipeline", "stage", "job", "step"])
def test_the_level_is_read_without_decoding(level: str) -> None:
    assert level_of(event(level)) == level


def test_a_text_that_quotes_a_level_is_not_taken_for_it() -> None:
    line = event("job", name='"resource":{"level":"step"')
    assert level_of(line) == "job"


@pytest.mark.parametrize("line", [b"", b"{}", b'"resource":{"level":"epic"}'])
def test_what_has_no_level_has_none(line: bytes) -> None:
    assert level_of(line) is None


def test_offsets_and_indices_are_those_of_the_file() -> None:
    job, note, step = event("job"), started("a"), event("step")
    data = b"\n".join([job, note, step, b""])
    assert read(data) == [
        EventLine(0, 0, "job", job),
        ControlLine(len(job) + 1, "started", note),
        EventLine(len(job) + len(note) + 2, 1, "step", step),
    ]


@pytest.mark.parametrize(
    ("last", "severe"),
    [
        (event("step")[:-9], False),
        (event("step"), False),
        (b'{"dd', False),
        (b"notes", True),
        (b"\x00" * 9, True),
    ],
    ids=["half an event", "an event", "half a mark", "text", "zeros"],
)
def test_a_last_line_without_end_is_a_value_not_an_error(
    last: bytes,
    severe: bool,  # noqa: FBT001 - an expectation
) -> None:
    whole = event("job") + b"\n"
    said = "cut short: the last line has no end"
    assert read(whole + last)[1:] == [BadLine(len(whole), 2, said, severe=severe, endless=True)]


@pytest.mark.parametrize(
    ("data", "severe"),
    [(event("step")[:-9], False), (started("a")[:-1], False), (b"\xff\x00", True), (b"", True)],
    ids=["half an event", "half a note", "binary", "empty"],
)
def test_what_a_killed_writer_left_is_no_damage(
    data: bytes,
    severe: bool,  # noqa: FBT001 - an expectation
) -> None:
    [bad] = read(data + b"\n")
    assert isinstance(bad, BadLine)
    assert bad.severe is severe


@pytest.mark.parametrize(
    "line",
    [b'{"ddci":""}', b'{"ddci":"a b"}', b'{"ddci":"' + b"x" * 9_000 + b'"}', b'{"ddci":"abc}'],
    ids=["none", "two words", "long", "open"],
)
def test_a_control_line_has_a_kind_of_one_short_word(line: bytes) -> None:
    assert isinstance(read(line + b"\n")[0], BadLine)


@pytest.mark.parametrize("size", [3, 16, 64])
def test_a_line_is_whole_however_many_pieces_it_is_read_in(
    monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(lines, "_CHUNK", size)
    data = b"\n".join([event("job", "a"), b"", started("a"), event("step", "b"), b""])
    found = read(data)
    assert [getattr(line, "data", b"") for line in found] == data.split(b"\n")[:-1]


@pytest.mark.parametrize(
    "garbage",
    [b"\x00" * 40, b"hello", b"", b'{"ddci":"header"', b'{"type":"cipipeline_resource_request",'],
    ids=["zeros", "text", "empty", "half a control line", "half an event"],
)
def test_garbage_is_named_by_its_number_and_the_rest_is_read(garbage: bytes) -> None:
    first, bad, last = read(event("job") + b"\n" + garbage + b"\n" + event("step") + b"\n")
    assert isinstance(bad, BadLine)
    assert bad.number == 2
    assert isinstance(first, EventLine)
    assert isinstance(last, EventLine)
    assert (first.index, last.index) == (0, 1)


def test_a_line_beyond_all_bounds_is_skipped_and_the_offsets_stay_right(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lines, "LONGEST", 50)
    monkeypatch.setattr(lines, "_CHUNK", 16)
    long, note = b"x" * 200, b'{"ddci":"started"}'
    first, second, third = read(long + b"\n" + note + b"\n" + note + b"\n")
    assert isinstance(first, BadLine)
    assert "longer than 50" in first.reason
    assert second == ControlLine(201, "started", note)
    assert third == ControlLine(201 + len(note) + 1, "started", note)


@given(st.lists(st.binary(max_size=80).filter(lambda each: b"\n" not in each)), st.data())
def test_every_line_is_reported_once_where_it_begins(
    bodies: list[bytes], data: st.DataObject
) -> None:
    chosen = [data.draw(st.sampled_from([body, event("job"), started("a")])) for body in bodies]
    found = read(b"".join(body + b"\n" for body in chosen))
    starts = [sum(len(body) + 1 for body in chosen[:index]) for index in range(len(chosen))]
    assert [line.offset for line in found] == starts


@pytest.mark.parametrize("end", [b"", b"\n"], ids=["endless", "ended"])
def test_a_file_of_one_long_line_is_read_in_bounded_memory_and_linear_time(end: bytes) -> None:
    zeros, size, most = bytes(lines._CHUNK), 40 * lines.LONGEST, 0  # noqa: SLF001 - its own unit

    def read_at(offset: int, count: int) -> bytes:
        nonlocal most
        most = max(most, tracemalloc.get_traced_memory()[0])
        return zeros[: min(count, size - offset)] if offset < size else end[: size + 1 - offset]

    tracemalloc.start()
    try:
        [bad] = read_lines(read_at)
    finally:
        tracemalloc.stop()
    assert isinstance(bad, BadLine)
    assert most < 2 * lines.LONGEST


def test_an_event_knows_where_the_next_line_begins() -> None:
    assert EventLine(10, 0, "job", b"12345").end == 16


@pytest.mark.parametrize("data", [b"[1]", b"{", b"[" * 100_000], ids=["list", "half", "deep"])
def test_decoding_what_is_no_object_gives_nothing(data: bytes) -> None:
    assert EventLine(0, 0, "job", data).resource() is None
    assert ControlLine(0, "header", data).decoded() is None
    assert EventLine(0, 0, "job", data).decoded() is None
