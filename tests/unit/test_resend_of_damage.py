"""What is wrong with a journal is told line by line, and costs no event that is not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_ddci.receipt import Receipt
from tests.resending import FakeIntake, run, write
from tests.wire import event, header, started

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_ddci.clock import Deadline
    from pytest_ddci.lines import EventLine


def test_a_torn_last_line_stays_a_line_of_its_own_and_is_told(tmp_path: Path) -> None:
    path = write(tmp_path, event("job", "a"))
    with path.open("ab") as file:
        file.write(event("job", "torn")[:-20])
    before, intake = path.read_bytes(), FakeIntake()
    [found] = run(path, intake)
    assert intake.sent == ["a", "s-1", "pipeline"]
    assert [(each.number, each.severe) for each in found.bad] == [(3, False)]
    assert found.complete
    assert found.path.read_bytes().startswith(before + b"\n")


def test_a_last_line_that_only_lacks_its_newline_is_sent(tmp_path: Path) -> None:
    path = write(tmp_path, started("a"))
    with path.open("ab") as file:
        file.write(event("job", "a"))
    intake = FakeIntake()
    [found] = run(path, intake)
    assert intake.sent == ["a", "s-1", "pipeline"]
    assert found.bad == ()


def test_garbage_is_reported_with_its_line_and_the_rest_is_sent(tmp_path: Path) -> None:
    path = write(tmp_path, event("job", "a"))
    with path.open("ab") as file:
        file.write(b"\x00\x00\nhello\n" + event("pipeline") + b"\n")
    intake = FakeIntake()
    [found] = run(path, intake)
    assert [each.number for each in found.bad] == [3, 4]
    assert intake.sent == ["a", "pipeline"]
    assert found.outcome == "settled"
    assert not found.complete


def test_much_garbage_is_reported_within_bounds(tmp_path: Path) -> None:
    path = write(tmp_path, event("pipeline"))
    with path.open("ab") as file:
        file.write(b"?\n" * 1_000)
    [found] = run(path)
    assert (len(found.bad), found.untold) == (100, 900)


def test_a_damaged_event_is_reported_and_the_rest_is_sent(tmp_path: Path) -> None:
    damaged = event("job", "b").replace(b'"name":', b'"name" ')
    path = write(tmp_path, event("job", "a"), damaged, event("pipeline"))
    intake = FakeIntake()
    [found] = run(path, intake)
    assert intake.sent == ["a", "pipeline"]
    assert [(each.number, each.reason) for each in found.bad] == [(3, "a damaged event: no JSON")]
    assert not found.complete
    assert found.accounting.emitted == 2


def test_a_journal_of_nothing_but_damage_stays_where_it_is(tmp_path: Path) -> None:
    path = write(tmp_path)
    path.write_bytes(event("job", "b").replace(b'"name":', b'"name" ') + b"\n")
    [found] = run(path)
    assert (found.outcome, found.path) == ("failed", path)
    assert found.words == f"{path}: 0 of 0 events delivered; it holds no event that can be used"
    assert path.exists()


def test_a_repeated_event_is_sent_once_and_told(tmp_path: Path) -> None:
    path = write(tmp_path, event("job", "a"), event("job", "b"), event("job", "a"))
    intake = FakeIntake(keeps="b")
    [found] = run(path, intake)
    assert intake.sent == ["a", "b", "s-1", "pipeline"]
    assert [(each.number, each.reason) for each in found.bad] == [
        (4, "repeats line 2: not sent again")
    ]
    assert found.accounting.emitted == 4
    again = FakeIntake()
    [found] = run(path, again)
    assert again.sent == ["b"]
    assert found.complete


def test_repetitions_are_found_within_bounded_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pytest_ddci.repetitions.REMEMBERED", 1)
    names = ["a", "b", "a", "b"]
    path = write(tmp_path, *(event("job", name) for name in names), event("pipeline"))
    intake = FakeIntake()
    run(path, intake)
    assert intake.sent == ["a", "b", "b", "pipeline"]


@pytest.mark.parametrize("version", [2, 1e3, "7"])
def test_a_journal_of_a_later_format_is_left_as_it_is(tmp_path: Path, version: object) -> None:
    path = write(tmp_path)
    line = {**json.loads(path.read_bytes()), "version": version}
    path.write_bytes(json.dumps(line, separators=(",", ":")).encode() + b"\n" + event("job", "a"))
    before, intake = path.read_bytes(), FakeIntake()
    [found] = run(tmp_path, intake)
    assert (found.outcome, found.complete) == ("failed", False)
    assert found.words.startswith(f"{path}:1: format {version} of journals; this version")
    assert path.read_bytes() == before
    assert intake.sent == []


@pytest.mark.parametrize(
    "data",
    [b"just a note", b"<xml/>\n" * 3, b"PK\x03\x04\x00", bytes(99)],
    ids=["text", "lines", "binary", "zeros"],
)
def test_a_file_that_is_no_journal_is_left_as_it_is(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "report.xml"
    path.write_bytes(data)
    [found] = run(path)
    assert (found.outcome, found.words) == ("failed", f"{path}:1: no journal, left as it is")
    assert path.read_bytes() == data
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "line",
    [
        b'{"ddci":"verdicts","delivered":[[1]],"rejected":[]}',
        b'{"ddci":"verdicts","delivered":[[0,99999]],"rejected":[{"x":1}]}',
        b'{"ddci":"verdicts","delivered":[[0,1e999]],"rejected":[]}',
        b'{"ddci":"verdicts","delivered":[[0,99999]]}',
        b'{"ddci":"verdicts","delivered":[[0,99999]],"rejected":[}',
    ],
    ids=["ranges", "rejections", "infinite", "incomplete", "no JSON"],
)
def test_verdicts_that_cannot_be_read_settle_nothing(tmp_path: Path, line: bytes) -> None:
    path = write(tmp_path, event("job", "a"), event("pipeline"), line)
    intake = FakeIntake()
    [found] = run(path, intake)
    assert intake.sent == ["a", "pipeline"]
    assert [each.reason for each in found.bad] == ["not a line of 'verdicts'"]


def journal_lines() -> list[bytes]:
    first = {"ddci": "header", "version": 1, **header()}
    return [
        json.dumps(first, separators=(",", ":")).encode("ascii"),
        started("a"),
        event("job", "a", tags=["test.result:pass"], parameters={"x": [1]}),
        event("step", "a.1"),
        started("b"),
        event("job", "b"),
        started("c"),
        event("stage", "s-1"),
    ]


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=4,
)


def places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The ways to every value within a JSON value."""
    found = [path]
    if isinstance(value, dict | list):
        inner = value.items() if isinstance(value, dict) else enumerate(value)
        found += [each for name, part in inner for each in places(part, (*path, name))]
    return found


@st.composite
def changed(draw: st.DrawFn, line: bytes) -> bytes:
    """The line with one value of it replaced by another; the marks at its beginning stay."""
    found = json.loads(line)
    way = draw(st.sampled_from([each for each in places(found) if each and each[-1] != "ddci"]))
    target = found
    for name in way[:-1]:
        target = target[name]
    target[way[-1]] = draw(ANY_JSON)
    return json.dumps(found, separators=(",", ":")).encode("ascii")


@st.composite
def damage(draw: st.DrawFn, line: bytes) -> list[bytes]:
    """What has become of a line."""
    kind = draw(st.sampled_from(["gone", "twice", "cut", "junk in", "junk behind", "changed"]))
    if kind == "gone":
        return [b""]
    if kind == "twice":
        return [line, line]
    if kind == "cut":
        return [line[: draw(st.integers(0, len(line)))]]
    if kind == "junk in":
        at = draw(st.integers(0, len(line)))
        return (line[:at] + draw(st.binary(min_size=1, max_size=9)) + line[at:]).split(b"\n")
    if kind == "junk behind":
        return [line, *draw(st.binary(max_size=60)).split(b"\n")]
    return [draw(changed(line))]


@st.composite
def damaged(draw: st.DrawFn) -> tuple[list[bytes], bytes]:
    """The lines of a journal that somebody has been at, and what is left of the last one."""
    lines = journal_lines()
    for at in sorted(draw(st.sets(st.integers(0, len(lines) - 1), max_size=4)), reverse=True):
        lines[at : at + 1] = draw(damage(lines[at]))
    return lines, draw(st.sampled_from([b"", lines[-1][:40], b"\x00\xff", event("job", "z")]))


class Recording(FakeIntake):
    """Keeps the very bytes, for ids cannot be relied on."""

    def __init__(self) -> None:
        super().__init__()
        self.data: list[bytes] = []

    def send(self, batch: Sequence[EventLine], deadline: Deadline, *, attempts: int = 5) -> Receipt:
        assert attempts
        assert not deadline.passed
        self.data += [line.data for line in batch]
        return Receipt(delivered=tuple(batch), requests=1)


@settings(deadline=None, max_examples=200)
@given(damaged())
def test_whatever_a_journal_has_suffered_every_good_event_is_sent_once_and_no_byte_is_lost(
    tmp_path_factory: pytest.TempPathFactory, case: tuple[list[bytes], bytes]
) -> None:
    lines, last = case
    good = {line for line in journal_lines() if line.startswith(b'{"type"')} & {*lines}
    path = write(tmp_path_factory.mktemp("x"))
    before = b"\n".join([*lines, last])
    path.write_bytes(before)
    intake = Recording()
    [found] = run(path, intake)
    after = found.path.read_bytes()
    assert after.startswith(before)
    if b"knows up to" in found.words.encode():
        assert after == before
        return
    assert {line: intake.data.count(line) for line in good} == dict.fromkeys(good, 1)
    assert {*intake.data} <= {*after.split(b"\n")}
    told = {each.number for each in found.bad}
    assert all(number <= after.count(b"\n") + 1 for number in told)
    for number, line in enumerate(lines, start=1):
        if not line.startswith((b'{"type"', b'{"ddci"')) and found.outcome != "failed":
            assert number in told
