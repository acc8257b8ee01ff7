"""Lookups in the background: never waiting, tried again, bounded, counted."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from capture.containers import Container, Lookups, PodmanSource, Settings, SourceError
from capture.containers.lookups import find_full_id
from tests.capture_containers.answers import recorded, recorded_json
from tests.capture_containers.counters import Counted
from tests.capture_containers.doubles import FakeCompletion, FakeSource, container
from tests.capture_containers.replayed import told_in
from tests.capture_containers.servers import Replies, http_at

QUICK = Settings(first_retry=0.005, last_retry=0.02, tries=4, second_look=0.02, unknown_for=60.0)


def full(number: int) -> str:
    return f"{number:064x}"[::-1]


def ask(lookups: Lookups, full_id: str) -> None:
    lookups.ask(full_id[:12].encode(), [(b"cpu", b"/docker/" + full_id.encode())])


def until(condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "in vain"
        time.sleep(0.002)


def told(lookups: Lookups, count: int = 1) -> list[dict[str, Any]]:
    """So many containers, as soon as their blocks are there."""
    blocks: list[bytes] = []

    def enough() -> bool:
        blocks.extend(lookups.take())
        return len(blocks) >= count

    until(enough)
    assert len(blocks) == count
    return [told_in(each) for each in blocks]


class Running:
    """Lookups at work, with what they count."""

    def __init__(self, stack: ExitStack) -> None:
        self.counted = Counted()
        self._stack = stack

    def __call__(self, *sources: Any, settings: Settings = QUICK, **rest: Any) -> Lookups:
        lookups = Lookups(sources, metrics=self.counted.metrics, settings=settings, **rest)
        return self._stack.enter_context(lookups)

    def count(self, name: str, **labels: str) -> float:
        return self.counted.of(name, **labels)

    def is_done(self) -> bool:
        return self.count("waiting") == 0

    @property
    def balance(self) -> float:
        return self.count("asked") - self.count("found") - self.count("unknown")


@pytest.fixture
def running() -> Any:
    with ExitStack() as stack:
        yield Running(stack)


def knowing(*ids: str, **more: Any) -> FakeSource:
    return FakeSource(known={each: container(each) for each in ids}, **more)


def test_who_knows_a_container_is_asked_no_further(running: Running) -> None:
    first, second, third = (
        knowing(*ids, name=name) for name, ids in (("a", ()), ("b", (full(1),)), ("c", ()))
    )
    lookups = running(first, second, third)
    ask(lookups, full(1))
    assert told(lookups)[0]["full_id"] == full(1)
    assert (len(first.asked), len(second.asked), len(third.asked)) == (1, 1, 0)
    assert running.count("found", source="b") == 1


def test_a_container_is_asked_for_once_however_often_it_is_seen(running: Running) -> None:
    source = knowing(full(1))
    lookups = running(source)
    for _ in range(100):
        ask(lookups, full(1))
    told(lookups)
    ask(lookups, full(1))
    until(running.is_done)
    assert source.asked == [full(1)]
    assert running.count("asked") == 1


def test_asking_never_waits_for_a_runtime(running: Running) -> None:
    source = knowing(*map(full, range(500)))
    source.gate.clear()
    lookups = running(source)
    begin = time.perf_counter()
    for number in range(500):
        ask(lookups, full(number))
    spent = time.perf_counter() - begin
    source.gate.set()
    assert spent < 1.0
    assert len(told(lookups, 500)) == 500


def test_what_there_is_no_room_for_is_counted_and_asked_for_again(running: Running) -> None:
    source = knowing(*map(full, range(20)))
    source.gate.clear()
    lookups = running(source, settings=replace(QUICK, capacity=7))
    for number in range(20):
        ask(lookups, full(number))
    assert (running.count("asked"), running.count("dropped", what="question")) == (7, 13)
    source.gate.set()
    told(lookups, 7)
    until(running.is_done)
    ask(lookups, full(19))
    told(lookups)


def test_a_container_that_a_runtime_does_not_know_yet_is_asked_for_again(running: Running) -> None:
    source = knowing()
    lookups = running(source, settings=replace(QUICK, tries=1000))
    ask(lookups, full(1))
    until(lambda: len(source.asked) >= 3)
    source.known[full(1)] = container(full(1))
    told(lookups)
    assert running.balance == 0


def test_pauses_grow(running: Running) -> None:
    source = knowing()
    lookups = running(source, settings=replace(QUICK, first_retry=0.02, last_retry=60.0, tries=5))
    begin = time.monotonic()
    ask(lookups, full(1))
    until(lambda: running.count("unknown") == 1)
    assert time.monotonic() - begin >= 0.02 + 0.04 + 0.08 + 0.16
    assert len(source.asked) == 5


def test_an_unknown_container_is_left_alone_for_a_while(running: Running) -> None:
    source = knowing()
    lookups = running(source, settings=replace(QUICK, unknown_for=0.3))
    ask(lookups, full(1))
    until(lambda: running.count("unknown") == 1)
    tries = len(source.asked)
    ask(lookups, full(1))
    assert running.is_done()
    time.sleep(0.35)
    source.known[full(1)] = container(full(1))
    ask(lookups, full(1))
    told(lookups)
    assert (tries, len(source.asked)) == (QUICK.tries, QUICK.tries + 1)


def test_a_failing_source_does_not_make_a_container_unknown(running: Running) -> None:
    source = knowing(full(1), fails=True)
    lookups = running(source)
    ask(lookups, full(1))
    until(lambda: running.count("failed", source="fake") >= 6)
    assert (running.count("unknown"), running.balance) == (0, 1)
    source.fails = False
    told(lookups)
    assert running.balance == 0


def test_a_failing_source_does_not_stop_the_next_one(running: Running) -> None:
    lookups = running(knowing(fails=True, name="broken"), knowing(full(1), name="whole"))
    ask(lookups, full(1))
    told(lookups)
    assert running.count("found", source="whole") == 1


def test_a_failing_source_rests(running: Running) -> None:
    source = knowing(fails=True)
    lookups = running(source, settings=replace(QUICK, last_retry=30.0))
    for number in range(50):
        ask(lookups, full(number))
    time.sleep(0.2)
    assert 1 <= len(source.asked) <= QUICK.workers


def test_an_outage_is_told_once_and_so_is_its_end(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    source = knowing(full(1), fails=True)
    with caplog.at_level(logging.INFO):
        lookups = running(source, settings=replace(QUICK, workers=1))
        ask(lookups, full(1))
        until(lambda: running.count("failed") >= 3)
        source.fails = False
        told(lookups)
    assert [record.getMessage() for record in caplog.records] == [
        "containers cannot be looked up at fake: out of order (it is tried again)",
        "containers can be looked up again at fake",
    ]


def test_a_socket_that_never_was_is_no_failure(running: Running, tmp_path: Path) -> None:
    source = knowing(full(1), socket=tmp_path / "none.sock")
    lookups = running(source)
    ask(lookups, full(1))
    until(lambda: running.count("unknown") == 1)
    assert (source.asked, running.count("failed")) == ([], 0)


def test_a_socket_that_may_not_be_looked_at_is_a_failure(running: Running) -> None:
    lookups = running(knowing(full(1), socket=Path("/" + "x" * 300)))
    ask(lookups, full(1))
    until(lambda: running.count("failed") >= 1)
    assert running.count("unknown") == 0


def test_a_server_that_goes_and_comes_back_delays_and_loses_nothing(
    running: Running, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = full(1), full(2)
    body = recorded_json("podman.json")
    replies = Replies(
        {
            f"/v4.0.0/libpod/containers/{each}/json": (200, json.dumps(body | {"Id": each}).encode())
            for each in (first, second)
        }
    )
    socket = tmp_path / "podman.sock"
    lookups = running(PodmanSource(socket))
    with http_at(socket, replies):
        ask(lookups, first)
        assert told(lookups)[0]["id"] == first[:12]
    ask(lookups, second)
    until(lambda: running.count("failed", source=f"podman:{socket}") >= 2)
    assert lookups.take() == []
    with http_at(socket, replies):
        assert told(lookups)[0]["id"] == second[:12]
    assert "the socket has vanished" in caplog.text
    assert running.balance == 0


def test_a_server_that_hangs_stops_nobody(running: Running, tmp_path: Path) -> None:
    socket = tmp_path / "hanging.sock"
    with http_at(socket, Replies({"": (200, recorded("podman.json"))}, delay=0.5)):
        lookups = running(PodmanSource(socket, timeout=0.05), knowing(*map(full, range(20))))
        for number in range(20):
            ask(lookups, full(number))
        told(lookups, 20)
    assert 1 <= running.count("failed") <= QUICK.workers


def test_what_is_known_later_makes_a_second_block(running: Running) -> None:
    pod = container(full(1), sandbox_id=full(9), pod_labels={"app": "old"})
    completion = FakeCompletion(lambda known: replace(known, pod_labels={"app": "new"}))
    lookups = running(FakeSource(known={full(1): pod}), completion=completion)
    ask(lookups, full(1))
    assert [each["pod_sandbox_labels"] for each in told(lookups, 2)] == [{"app": "old"}, {"app": "new"}]
    assert (running.count("found"), running.count("completed")) == (1, 1)


def test_nothing_new_makes_no_second_block(running: Running) -> None:
    completion = FakeCompletion(lambda known: known)
    pod = container(full(1), sandbox_id=full(9))
    lookups = running(FakeSource(known={full(1): pod}), completion=completion)
    ask(lookups, full(1))
    told(lookups)
    until(running.is_done)
    assert lookups.take() == []
    assert (completion.asked, running.count("completed")) == (1, 0)


def test_a_container_outside_of_pods_needs_no_completion(running: Running) -> None:
    completion = FakeCompletion(lambda known: known)
    lookups = running(knowing(full(1)), completion=completion)
    ask(lookups, full(1))
    told(lookups)
    until(running.is_done)
    assert completion.asked == 0


def test_a_pod_that_is_not_known_yet_is_asked_for_again(running: Running) -> None:
    answers: list[Callable[[Container], Container | None]] = [
        lambda known: replace(known, pod_labels={"app": "new"}),
        lambda _known: None,
        _fail,
        lambda _known: None,
    ]

    def next_answer(known: Container) -> Container | None:
        return answers.pop()(known)

    pod, completion = container(full(1), sandbox_id=full(9)), FakeCompletion(next_answer)
    lookups = running(FakeSource(known={full(1): pod}), completion=completion)
    ask(lookups, full(1))
    assert [each["pod_sandbox_labels"] for each in told(lookups, 2)] == [{}, {"app": "new"}]
    assert running.count("failed", source="fake-api") == 1


def _fail(_known: Container) -> None:
    raise SourceError("fake-api", "no")


def test_a_pod_that_stays_unknown_is_given_up(running: Running) -> None:
    completion = FakeCompletion(lambda _known: None)
    pod = container(full(1), sandbox_id=full(9))
    lookups = running(FakeSource(known={full(1): pod}), completion=completion)
    ask(lookups, full(1))
    told(lookups)
    until(running.is_done)
    assert completion.asked == QUICK.tries
    assert lookups.take() == []


def test_an_address_that_comes_later_is_told(running: Running) -> None:
    source = FakeSource(known={full(1): container(full(1), ip="")})
    lookups = running(source, settings=replace(QUICK, second_look=0.3))
    ask(lookups, full(1))
    assert told(lookups)[0]["ip"] == ""
    source.known[full(1)] = container(full(1), ip="10.7.7.7")
    assert told(lookups)[0]["ip"] == "10.7.7.7"
    until(running.is_done)
    assert len(source.asked) == 2


def test_a_container_in_the_hosts_network_is_looked_at_once(running: Running) -> None:
    source = FakeSource(known={full(1): container(full(1), ip="", host_network=True)})
    lookups = running(source)
    ask(lookups, full(1))
    told(lookups)
    until(running.is_done)
    assert len(source.asked) == 1


def test_a_container_that_has_gone_is_not_told_any_more(running: Running) -> None:
    source = knowing(full(1))
    source.gate.clear()
    lookups = running(source)
    ask(lookups, full(1))
    until(lambda: source.asked)
    lookups.forget(full(1)[:12].encode())
    source.gate.set()
    until(running.is_done)
    assert [told_in(each) for each in lookups.take()] == [{"id": full(1)[:12]}]
    ask(lookups, full(1))
    told(lookups)


def test_what_nobody_takes_is_bounded_and_counted(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("capture.containers.outbox.MAX_WAITING", 3000)
    lookups = running(knowing(*map(full, range(30))))
    for number in range(30):
        ask(lookups, full(number))
    until(running.is_done)
    taken = lookups.take()
    assert 0 < sum(map(len, taken)) <= 3000
    assert running.count("dropped", what="answer") == 30 - len(taken)
    again = next(number for number in range(30) if full(number).encode() not in b"".join(taken))
    ask(lookups, full(again))
    told(lookups)


def test_an_error_of_our_own_does_not_end_a_thread(
    running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    source = knowing(full(2))
    source.known[full(1)] = None  # type: ignore[assignment]
    source.lookup = lambda full_id: {full(2): container(full(2))}[full_id]  # type: ignore[method-assign]
    lookups = running(source, settings=replace(QUICK, workers=1))
    ask(lookups, full(1))
    ask(lookups, full(2))
    told(lookups)
    assert running.count("failed", source="falcolab") == 1
    assert "KeyError" in caplog.text


def test_many_labels_are_counted(running: Running) -> None:
    labels = {f"{number:0300}": "x" * 100 for number in range(250)}
    lookups = running(FakeSource(known={full(1): container(full(1), labels=labels, pod_labels=labels)}))
    ask(lookups, full(1))
    assert told(lookups)[0]["truncated"] is True
    assert running.count("truncated") == 1


def test_blocks_are_dated_by_the_clock(running: Running) -> None:
    lookups = running(knowing(full(1)), clock=lambda: 1_234_567_890_123_456_789)
    ask(lookups, full(1))
    until(running.is_done)
    assert lookups.take()[0][10:18] == (1_234_567_890_123_456_789).to_bytes(8, "little")


def test_the_memory_of_containers_is_bounded(running: Running) -> None:
    source = knowing(*map(full, range(100)))
    lookups = running(source, settings=replace(QUICK, remembered=10))
    for number in range(100):
        ask(lookups, full(number))
        told(lookups)
    for number in (99, 0):
        ask(lookups, full(number))
        until(running.is_done)
    assert source.asked.count(full(99)) == 1
    assert source.asked.count(full(0)) == 2


def test_closing_ends_the_threads_and_the_sources() -> None:
    source = knowing()
    with Lookups([source], metrics=Counted().metrics, settings=QUICK) as lookups:
        ask(lookups, full(1))
        until(lambda: source.asked)
    assert source.closed
    assert not [each for each in threading.enumerate() if each.name.startswith("containers-")]
    ask(lookups, full(2))
    assert full(2) not in source.asked


@pytest.mark.parametrize(
    ("container_id", "path", "expected"),
    [
        (full(1)[:12], f"/docker/{full(1)}", full(1)),
        (full(1)[:12], f"/kubepods.slice/kubepods-pod1.slice/cri-containerd-{full(1)}.scope", full(1)),
        (full(1)[:12], f"/libpod_parent/libpod-{full(1)}/container", full(1)),
        (full(1)[:12], f"/{full(2)}/{full(1)}", full(1)),
        (full(1)[:12], f"/docker/{full(2)}", None),
        (full(1)[:12], f"/docker/{full(1)}0", None),
        (full(1)[:12], f"/docker/f{full(1)}", None),
        (full(1)[:11], f"/docker/{full(1)}", None),
        ("besteffort/p", "/kubepods/besteffort/pod1", None),
        ("atd.service\n", "/system.slice/atd.service\n", None),
    ],
)
def test_only_an_id_of_64_digits_is_asked_for(container_id: str, path: str, expected: str | None) -> None:
    cgroups = [(b"cpu", b"/"), (b"memory", path.encode())]
    assert find_full_id(container_id.encode(), cgroups) == expected


def test_a_container_without_such_an_id_is_not_asked_for(running: Running) -> None:
    source = knowing()
    lookups = running(source)
    lookups.ask(b"web", [(b"cpu", b"/default/web")])
    assert running.is_done()
    assert running.count("asked") == 0
