"""A large audit log made of the cluster recording, again and again under fresh ids, names and times.

The recording is 25 minutes in the life of a small Kubernetes cluster: 1,200 events. A round
repeats it with

- a fresh audit id for every request and a fresh uid for every object, so that no two
  responses that carry an object are alike;
- a suffix of its own on the names of all objects but those that the control plane keeps
  for good (cluster roles and bindings of the API server, ``default`` accounts, root CAs);
- one of 50 nodes in the place of the one node, whose kubelet authenticates as that node;
- in every tenth round, a developer of its own in the place of the user behind kubectl and
  Helm, whom the official rules do not know;
- times that go on where the last round ended, compressed so that a million events are a
  day; the few out-of-order times of the recording stay out of order.

So of a million events' rows, 18 % of the objects, 11 % of the responses and 1 % of the
requests are distinct, and two of three lines are like an earlier one but for id and times.
With ``alike=False`` every request has a URI of its own, and no line is like another.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests import shared_data

BUNDLED = shared_data.ROOT / "datasets/k8s-cluster/audit.jsonl.gz"
NODES = 50
_EVENTS_PER_SECOND = 1_000_000 / 86_400
_KEPT = frozenset({"default", "admin", "edit", "view", "cluster-admin", "kube-root-ca.crt"})
_NODE = re.compile(rb"(?<![\w.-])node-a(?![\w-])")
_UUID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SLOT = re.compile(rb"%\(([^)]*)\)b")
_URI = re.compile(rb'("requestURI":"[^"]*)"')
_START = datetime(2026, 11, 23, tzinfo=UTC).timestamp()
_STAMPS = ("requestReceivedTimestamp", "stageTimestamp")


def recording() -> list[bytes] | None:
    """The lines of the cluster recording, or None where it is nowhere to be found."""
    if BUNDLED.is_file():
        return gzip.decompress(BUNDLED.read_bytes()).splitlines()
    shared = shared_data.shared()
    if shared is None:
        return None
    return (shared / "conformance/captures/k8s_audit/cluster.jsonl").read_bytes().splitlines()


def write_log(lines: list[bytes], events: int, path: Path, *, alike: bool = True) -> int:
    """Write a log of so many events; gives its size in bytes."""
    with path.open("wb") as stream:
        for line in multiplied(lines, events, alike=alike):
            stream.write(line)
        return stream.tell()


def multiplied(lines: list[bytes], events: int, *, alike: bool = True) -> Iterator[bytes]:
    """So many events, round after round, one per line."""
    recorded = _Recording.of(lines)
    templates = recorded.templates(alike=alike)
    slots = {slot for template in templates for slot in _SLOT.findall(template)}
    left, number = events, 0
    while left > 0:
        values = recorded.values(number, slots)
        for template in templates[:left]:
            yield template % values
        left, number = left - len(templates), number + 1


@dataclass(frozen=True)
class _Recording:
    """The recording, and what of it a round renews.

    In a template, ``%(what:value)b`` is a slot for something new in the place of ``value``.

    Attributes:
        lines: one per event.
        events: the same, parsed.
        names: finds the names of objects that come and go.
        users: the ids of users, which stay.
        first: when it begins, in seconds.
        length: how long it takes.
    """

    lines: list[bytes]
    events: list[dict[str, Any]]
    names: re.Pattern[bytes]
    users: frozenset[bytes]
    first: float
    length: float

    @classmethod
    def of(cls, lines: list[bytes]) -> _Recording:
        events = [json.loads(line) for line in lines]
        seconds = [_seconds(event[stamp]) for event in events for stamp in _STAMPS]
        users = frozenset(event["user"].get("uid", "").encode() for event in events)
        return cls(lines, events, _passing(events), users, min(seconds), max(seconds) - min(seconds))

    def templates(self, *, alike: bool) -> list[bytes]:
        templates = [self._template(line, event) for line, event in zip(self.lines, self.events, strict=True)]
        if alike:
            return templates
        return [_URI.sub(rb'\1?n=%%(serial:%d)b"' % index, line) for index, line in enumerate(templates)]

    def _template(self, line: bytes, event: dict[str, Any]) -> bytes:
        text = line.replace(b"%", b"%%")
        text = _UUID.sub(lambda found: found[0] if found[0] in self.users else _slot(b"id", found[0]), text)
        for stamp in _STAMPS:
            share = (_seconds(event[stamp]) - self.first) / self.length
            before = f'"{stamp}":"'.encode()
            text = text.replace(before + event[stamp].encode(), before + _slot(b"time", b"%r" % share))
        if _by_api_server(event):
            return text + b"\n"
        text = self.names.sub(lambda found: found[0] + _slot(b"suffix"), text)
        return _with_user(_NODE.sub(_slot(b"node"), text), event) + b"\n"

    def values(self, number: int, slots: set[bytes]) -> dict[bytes, bytes]:
        """What the slots stand for in a round."""
        node, salt = b"node-%02d" % (number % NODES), number.to_bytes(8)
        values = {
            b"suffix:": b"-%05x" % number,
            b"node:": node,
            b"kubelet:": b"system:node:" + node,
            b"human:": b"dev-%d" % number if number % 10 == 9 else b"admin",
        }
        length = len(self.lines) / _EVENTS_PER_SECOND
        for slot in slots:
            what, _, value = slot.partition(b":")
            if what == b"id":
                values[slot] = _uuid(hashlib.blake2b(value, key=salt, digest_size=16).hexdigest())
            elif what == b"time":
                values[slot] = _stamp(_START + (number + float(value)) * length)
            elif what == b"serial":
                values[slot] = b"%d-%s" % (number, value)
        return values


def _slot(what: bytes, value: bytes = b"") -> bytes:
    return b"%(" + what + b":" + value + b")b"


def _passing(events: list[dict[str, Any]]) -> re.Pattern[bytes]:
    names = {event.get("objectRef", {}).get("name", "") for event in events if not _by_api_server(event)}
    names = {name for name in names if name not in _KEPT and not name.startswith("system:")}
    # Events are named after the object that they are about: OBJECT.NUMBER.
    names = (names | {name.partition(".")[0] for name in names}) - {"", "node-a"}
    ordered = sorted((re.escape(name.encode()) for name in names), key=len, reverse=True)
    return re.compile(rb"(?<![\w.:-])(?:" + b"|".join(ordered) + rb')(?![\w:-])(?!":)')


def _by_api_server(event: dict[str, Any]) -> bool:
    return bool(event["user"]["username"] == "system:apiserver")


def _with_user(text: bytes, event: dict[str, Any]) -> bytes:
    agent, user = event.get("userAgent", ""), b'"username":"admin"'
    if agent.startswith("kubelet/"):
        return text.replace(user, b'"username":"' + _slot(b"kubelet") + b'"', 1)
    if agent.startswith(("kubectl", "Helm")):
        return text.replace(user, b'"username":"' + _slot(b"human") + b'"', 1)
    return text


def _seconds(stamp: str) -> float:
    return datetime.fromisoformat(stamp).timestamp()


def _stamp(seconds: float) -> bytes:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S.%fZ}".encode()


def _uuid(digits: str) -> bytes:
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])).encode()
