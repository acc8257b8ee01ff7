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
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests import shared_data

BUNDLED = shared_data.ROOT / "datasets/k8s-cluster/audit.jsonl.gz"
NODES = 50
_EVENTS_PER_SECOND = 1_000_000 / 86_400
_KEPT = frozenset({"default", "admin", "edit", "view", "cluster-admin", "kube-root-ca.crt"})
_NODE = "node-a"
_UUID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
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


def write_log(lines: list[bytes], events: int, path: Path) -> int:
    """Write a log of so many events; gives its size in bytes."""
    with path.open("wb") as stream:
        for line in multiplied(lines, events):
            stream.write(line)
        return stream.tell()


def multiplied(lines: list[bytes], events: int) -> Iterator[bytes]:
    """So many events, round after round, one per line."""
    templates = _templates(lines)
    written = number = 0
    while written < events:
        values = _Values(number, len(lines), templates)
        for template in templates[: events - written]:
            yield template.text % values.of(template)
        written += len(templates)
        number += 1


@dataclass(frozen=True, slots=True)
class _Template:
    """A line of the recording with slots: ``%(what:value)b`` stands for something that each round renews.

    Attributes:
        text: for the ``%`` operator.
        slots: what it asks for, ``what:value``.
    """

    text: bytes
    slots: tuple[bytes, ...]


def _templates(lines: list[bytes]) -> list[_Template]:
    events = [json.loads(line) for line in lines]
    fixed = {event["user"].get("uid", "").encode() for event in events}
    names = _fresh_names(events)
    seconds = [[_seconds(event[stamp]) for stamp in _STAMPS] for event in events]
    first, last = min(map(min, seconds)), max(map(max, seconds))
    return [
        _template(line, event, fixed, names, lambda text: (_seconds(text) - first) / (last - first))
        for line, event in zip(lines, events, strict=True)
    ]


def _fresh_names(events: list[dict[str, Any]]) -> re.Pattern[bytes]:
    """Finds the names of objects that come and go."""
    names = {event.get("objectRef", {}).get("name", "") for event in events if not _by_api_server(event)}
    passing = {name for name in names if name not in _KEPT and not name.startswith("system:")}
    passing |= {name.partition(".")[0] for name in passing}
    passing -= {"", _NODE}
    ordered = sorted((name.encode() for name in passing), key=len, reverse=True)
    whole = rb"(?<![\w.:-])(?:" + b"|".join(map(re.escape, ordered)) + rb')(?![\w:-])(?!":)'
    return re.compile(whole)


def _by_api_server(event: dict[str, Any]) -> bool:
    return bool(event["user"]["username"] == "system:apiserver")


def _template(
    line: bytes,
    event: dict[str, Any],
    fixed: set[bytes],
    names: re.Pattern[bytes],
    share: Callable[[str], float],
) -> _Template:
    text = line.replace(b"%", b"%%")
    text = _UUID.sub(lambda match: match[0] if match[0] in fixed else _slot(b"id", match[0]), text)
    for stamp in _STAMPS:
        moment = f'"{stamp}":"'.encode()
        at = _slot(b"time", repr(share(event[stamp])).encode())
        text = text.replace(moment + event[stamp].encode(), moment + at)
    if not _by_api_server(event):
        text = names.sub(lambda match: match[0] + _slot(b"suffix", b""), text)
        text = re.sub(rb"(?<![\w.-])node-a(?![\w-])", _slot(b"node", b""), text)
        text = _with_user(text, event)
    return _Template(text + b"\n", tuple(re.findall(rb"%\(([^)]*)\)b", text)))


def _slot(what: bytes, value: bytes) -> bytes:
    return b"%(" + what + b":" + value + b")b"


def _with_user(text: bytes, event: dict[str, Any]) -> bytes:
    agent = event.get("userAgent", "")
    kind = (
        b"kubelet"
        if agent.startswith("kubelet/")
        else b"human"
        if agent.startswith(("kubectl", "Helm"))
        else b""
    )
    if not kind or event["user"]["username"] != "admin":
        return text
    return text.replace(b'"username":"admin"', b'"username":"' + _slot(kind, b"") + b'"', 1)


def _seconds(stamp: str) -> float:
    return datetime.fromisoformat(stamp).timestamp()


class _Values:
    """What the slots stand for in one round."""

    def __init__(self, number: int, events: int, templates: list[_Template]) -> None:
        node = b"node-%02d" % (number % NODES)
        human = b"dev-%d" % number if number % 10 == 9 else b"admin"
        salt = number.to_bytes(8)
        self.known = {
            b"suffix:": b"-%05x" % number,
            b"node:": node,
            b"kubelet:": b"system:node:" + node,
            b"human:": human,
        }
        self.length = events / _EVENTS_PER_SECOND
        self.start = _START + number * self.length
        for slot in {slot for template in templates for slot in template.slots}:
            what, _, value = slot.partition(b":")
            if what == b"id":
                self.known[slot] = _uuid(hashlib.blake2b(value, key=salt, digest_size=16).hexdigest())
            elif what == b"time":
                moment = datetime.fromtimestamp(self.start + float(value) * self.length, UTC)
                self.known[slot] = f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}".encode()

    def of(self, template: _Template) -> dict[bytes, bytes]:
        """The values for one line."""
        return self.known


def _uuid(digits: str) -> bytes:
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])).encode()
