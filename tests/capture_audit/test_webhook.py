"""The webhook endpoint over real HTTP: what is sent, and what comes of it."""

from __future__ import annotations

import gzip
import json
import logging
import random
import socket
import threading
import time
import tracemalloc
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from capture.audit.identity import RecentEvents, identity
from capture.audit.sink import Busy
from capture.audit.webhook import Limits
from tests.capture_audit.conftest import Serve, Service
from tests.capture_audit.doubles import TOKEN, MemorySink, Parts, event, event_list, item, text

AUTH = {"authorization": f"Bearer {TOKEN}"}
GZIP = {"content-encoding": "gzip"}
LIMITS = Limits(body_bytes=4096, events=5, body_seconds=0.5)
TWO = event_list(item(1), item(2))


@pytest.fixture
def parts() -> Parts:
    return Parts()


@pytest.fixture
def service(serve: Serve, parts: Parts) -> Service:
    return serve(parts, limits=LIMITS)


TAKEN: dict[str, tuple[bytes, dict[str, str], list[int]]] = {
    "list": (TWO, {}, [1, 2]),
    "list, pretty-printed": (json.dumps(json.loads(TWO), indent=4).encode(), {}, [1, 2]),
    "empty list": (event_list(), {}, []),
    "single event": (text(1), {}, [1]),
    "JSON lines": (text(1) + b"\n" + text(2) + b"\n", {}, [1, 2]),
    "array": (json.dumps([event(1), event(2)]).encode(), {}, [1, 2]),
    "twice the same": (event_list(item(1), item(1)), {}, [1]),
    "gzip": (gzip.compress(TWO), GZIP, [1, 2]),
    "gzip of JSON lines": (gzip.compress(text(1) + b"\n" + text(2)), GZIP, [1, 2]),
    "as many as may be": (event_list(*map(item, range(5))), {}, [0, 1, 2, 3, 4]),
    "good ones among bad": (event_list(item(1), {"a": 1}, 7, item(2)), {}, [1, 2]),
}


@pytest.mark.parametrize(("body", "headers", "numbers"), TAKEN.values(), ids=TAKEN)
def test_events_are_taken(
    service: Service, parts: Parts, body: bytes, headers: dict[str, str], numbers: list[int]
) -> None:
    answer = service.post(body, headers=AUTH | headers)
    assert (answer.status_code, answer.json()["events"]) == (200, len(numbers))
    assert parts.sink.numbers == numbers
    assert parts.count("events_total", via="webhook") == len(numbers)
    assert all(b"\n" not in raw for raw in parts.sink.events)


BOMB = gzip.compress(bytes(2**28), 1)
REFUSED: dict[str, tuple[bytes, dict[str, str], int, str]] = {
    "no token": (TWO, {"authorization": ""}, 401, "unauthorized"),
    "wrong token": (TWO, {"authorization": "Bearer a-token-for-the-testz"}, 401, "unauthorized"),
    "token with more": (TWO, {"authorization": f"Bearer {TOKEN}x"}, 401, "unauthorized"),
    "other scheme": (TWO, {"authorization": f"Basic {TOKEN}"}, 401, "unauthorized"),
    "token that is no ASCII": (TWO, {"authorization": b"Bearer \xff\xfe"}, 401, "unauthorized"),  # type: ignore[dict-item]
    "nothing": (b"", {}, 400, "unusable"),
    "blanks": (b" \n ", {}, 400, "unusable"),
    "text": (b"hello", {}, 400, "unusable"),
    "half a list": (TWO[:-1], {}, 400, "unusable"),
    "other JSON": (b'{"kind":"Pod"}', {}, 400, "unusable"),
    "number": (b"17", {}, 400, "unusable"),
    "random bytes": (random.Random(1).randbytes(1000), {}, 400, "unusable"),
    "nested too deep": (b"[" * 4000, {}, 400, "unusable"),
    "list without events": (event_list({"stage": "x"}), {}, 400, "unusable"),
    "no gzip": (TWO, GZIP, 400, "unusable"),
    "half a gzip": (gzip.compress(TWO)[:-9], GZIP, 400, "unusable"),
    "gzip with more": (gzip.compress(TWO) + b"x", GZIP, 400, "unusable"),
    "damaged gzip": (gzip.compress(TWO)[:-6] + b"abcdef", GZIP, 400, "unusable"),
    "other encoding": (TWO, {"content-encoding": "br"}, 415, "encoding"),
    "too long": (event_list(item(1)) + b" " * 4096, {}, 413, "too_large"),
    "too long, gzip": (gzip.compress(event_list(item(1)) + b" " * 4096), GZIP, 413, "too_large"),
    "bomb": (BOMB, GZIP, 413, "too_large"),
    "too many": (event_list(*map(item, range(6))), {}, 413, "too_large"),
    "too many bad ones": (event_list(item(0), *range(5)), {}, 413, "too_large"),
}


@pytest.mark.parametrize(("body", "headers", "status", "reason"), REFUSED.values(), ids=REFUSED)
def test_requests_are_refused(
    service: Service, parts: Parts, body: bytes, headers: dict[str, str], *, status: int, reason: str
) -> None:
    answer = service.post(body, headers={**AUTH, **headers})
    assert answer.status_code == status
    assert (parts.sink.events, len(parts.recent), parts.quarantined) == ([], 0, [])
    assert parts.count("webhook_refused_total", reason=reason) == 1
    assert TOKEN not in answer.text
    assert len(answer.text) < 200


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD"])
def test_other_methods_are_refused(service: Service, method: str) -> None:
    answer = service.client.request(method, "/k8s-audit", headers=AUTH)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_other_paths_are_not_there(service: Service) -> None:
    assert service.client.post("/", headers=AUTH).status_code == 404


def test_an_answer_says_what_is_wrong_but_repeats_nothing(service: Service) -> None:
    answer = service.post(b'{"kind":"Secret","data":{"password":"hunter2"}}', headers=AUTH)
    expected = "no audit event: not a Kubernetes audit event: its kind is neither Event nor EventList"
    assert answer.json() == {"error": expected}


def test_a_bomb_does_not_go_off(service: Service) -> None:
    tracemalloc.start()
    try:
        assert service.post(BOMB, headers=AUTH | GZIP).status_code == 413
        assert tracemalloc.get_traced_memory()[1] < 16 * 2**20
    finally:
        tracemalloc.stop()


def test_a_body_without_a_length_is_limited_too(service: Service) -> None:
    chunks = iter([b"[" + b" " * 1000] * 1000)
    assert service.post(chunks, headers=AUTH).status_code == 413


def test_a_slow_body_is_given_up(service: Service, parts: Parts) -> None:
    def trickle() -> Iterator[bytes]:
        for _ in range(10):
            yield b" "
            time.sleep(0.1)

    began = time.monotonic()
    assert service.post(trickle(), headers=AUTH).status_code == 408
    assert time.monotonic() - began < 5
    assert parts.count("webhook_refused_total", reason="slow") == 1


def test_what_is_no_event_among_events_is_quarantined_with_its_place(service: Service, parts: Parts) -> None:
    body = text(1) + b"\nnonsense\n" + text(2)
    assert service.post(body, headers=AUTH).status_code == 200
    (kept,) = parts.quarantined
    assert (kept.source, kept.offset, kept.content) == ("webhook", len(text(1)) + 1, b"nonsense")
    assert parts.count("quarantined_total", via="webhook") == 1


def test_a_batch_sent_again_is_recognised(service: Service, parts: Parts) -> None:
    service.post(TWO, headers=AUTH)
    answer = service.post(event_list(item(1), item(2), item(3)), headers=AUTH)
    assert answer.json() == {"events": 1, "duplicates": 2}
    assert parts.sink.numbers == [1, 2, 3]
    assert parts.count("duplicates_total", via="webhook") == 2


def test_an_audit_id_that_a_client_has_chosen_hides_nothing(service: Service, parts: Parts) -> None:
    same = {"auditID": event(1)["auditID"]}
    service.post(text(1), headers=AUTH)
    service.post(text(2, **same, verb="delete"), headers=AUTH)
    assert len(parts.sink.events) == 2


def test_stages_of_a_request_are_different_events(service: Service, parts: Parts) -> None:
    service.post(text(1, stage="ResponseStarted") + b"\n" + text(1), headers=AUTH)
    assert len(parts.sink.events) == 2


@pytest.mark.parametrize(("seconds", "header"), [(0.2, "1"), (1, "1"), (2.5, "3"), (30, "30")])
def test_a_busy_sink_makes_the_api_server_come_again(
    service: Service, parts: Parts, seconds: float, header: str
) -> None:
    parts.sink.failures = [Busy(seconds)]
    answer = service.post(TWO, headers=AUTH)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, header)
    assert parts.sink.events == []
    assert service.post(TWO, headers=AUTH).json() == {"events": 2, "duplicates": 0}
    assert parts.count("busy_total", via="webhook") == 1


def test_a_sink_that_cannot_store_makes_the_api_server_come_again(
    service: Service, parts: Parts, caplog: pytest.LogCaptureFixture
) -> None:
    parts.sink.failures = [OSError(28, "No space left on device")]
    answer = service.post(TWO, headers=AUTH)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "No space left on device" in caplog.text
    assert service.post(TWO, headers=AUTH).json() == {"events": 2, "duplicates": 0}
    assert parts.count("failed_total", via="webhook") == 1


def test_a_mistake_in_the_sink_is_not_a_200(service: Service, parts: Parts) -> None:
    parts.sink.failures = [ZeroDivisionError()]
    assert service.post(TWO, headers={**AUTH, "connection": "close"}).status_code == 500
    assert parts.count("failed_total", via="webhook") == 1
    assert service.post(TWO, headers=AUTH).json() == {"events": 2, "duplicates": 0}


class SlowSink(MemorySink):
    """Takes events only when it is let; tells that it has been asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = threading.Event()
        self.let = threading.Event()

    def accept(self, events: Sequence[bytes], /) -> None:
        self.asked.set()
        assert self.let.wait(10)
        super().accept(events)


def test_the_answer_waits_for_the_sink_and_others_are_told_to_come_again(serve: Serve) -> None:
    sink = SlowSink()
    parts = Parts(sink)
    service = serve(parts, limits=Limits(waiting=1))
    answers: list[Any] = []
    first = threading.Thread(target=lambda: answers.append(service.post(TWO, headers=AUTH)))
    first.start()
    assert sink.asked.wait(10)
    second = service.post(text(7), headers=AUTH)
    assert (second.status_code, second.headers["retry-after"]) == (429, "1")
    assert answers == []
    sink.let.set()
    first.join()
    assert answers[0].status_code == 200
    assert sink.numbers == [1, 2]


def test_a_retry_while_the_first_attempt_is_being_stored_is_recognised(serve: Serve) -> None:
    sink = SlowSink()
    service = serve(Parts(sink))
    with socket.create_connection(("127.0.0.1", service.server.port)) as impatient:
        head = f"POST /k8s-audit HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {TOKEN}\r\n"
        impatient.sendall(f"{head}content-length: {len(TWO)}\r\n\r\n".encode() + TWO)
        assert sink.asked.wait(10)
    answers: list[Any] = []
    again = threading.Thread(target=lambda: answers.append(service.post(TWO, headers=AUTH)))
    again.start()
    sink.let.set()
    again.join()
    assert answers[0].json() == {"events": 0, "duplicates": 2}
    assert sink.numbers == [1, 2]


def test_a_client_that_goes_away_is_counted(service: Service, parts: Parts) -> None:
    with socket.create_connection(("127.0.0.1", service.server.port)) as client:
        head = f"POST /k8s-audit HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {TOKEN}\r\n"
        client.sendall(f"{head}content-length: 100\r\n\r\n[".encode())
        time.sleep(0.1)
    for _ in range(100):
        if parts.count("webhook_refused_total", reason="disconnected"):
            break
        time.sleep(0.02)
    assert parts.count("webhook_refused_total", reason="disconnected") == 1


def test_events_of_the_journal_are_known_after_a_restart(serve: Serve) -> None:
    before, after = Parts(), Parts()
    serve(before).post(TWO, headers=AUTH)
    after.recent.rebuild([*before.sink.events, b"damaged"])
    answer = serve(after).post(event_list(item(1), item(2), item(3)), headers=AUTH)
    assert answer.json() == {"events": 1, "duplicates": 2}


def test_other_routes_stand_beside_the_webhook(serve: Serve, parts: Parts) -> None:
    async def health(_: Request) -> PlainTextResponse:
        return PlainTextResponse("ok")

    service = serve(parts, routes=(Route("/healthz", health),))
    assert service.client.get("/healthz").text == "ok"
    assert service.post(TWO, headers=AUTH).status_code == 200


def test_a_connection_that_asks_nothing_is_dropped(
    service: Service, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("capture.audit.connection.HEAD_SECONDS", 0.3)
    caplog.set_level(logging.ERROR)
    address = ("127.0.0.1", service.server.port)
    request = f"POST /k8s-audit HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {TOKEN}\r\n".encode()
    length = f"content-length: {len(TWO)}\r\n\r\n".encode()
    unread = request.replace(TOKEN.encode(), b"") + b"content-length: 1000000\r\n\r\n["
    for begin in (b"", request, request + length + TWO + b"POST /k8s", unread):
        with socket.create_connection(address, timeout=5) as client:
            client.sendall(begin)
            try:
                while client.recv(4096):
                    continue
            except ConnectionResetError:
                continue
    assert caplog.text == ""


def test_memory_of_recent_events_is_bounded() -> None:
    recent = RecentEvents(10)
    recent.rebuild(map(text, range(100)))
    assert len(recent) == 10
    assert [identity(text(number)) in recent for number in (89, 90, 99)] == [False, True, True]
