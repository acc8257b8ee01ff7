"""A known workload on the host, in podman and in a pod: exactly what happened is found, and where."""

from __future__ import annotations

import pytest

from falcolab import Lake
from tests.e2e_capture.conftest import HOST, POD, PODMAN, Recorded
from tests.e2e_capture.workload import CALLS, CHILDREN, EVENTS, FAILED_EXECVE, IPV4, IPV6, UNIX
from tests.e2e_containers.containerd import POD as POD_METADATA

pytestmark = pytest.mark.e2e

PLACES = pytest.mark.parametrize("tag", [HOST, PODMAN, POD])
OF_MAIN = """ "proc.exe" LIKE '%workload' AND "proc.args" LIKE $1 || ' %' """
OF_CHILD = """ "proc.exe" LIKE '%workload' AND "proc.args" LIKE 'child ' || $1 || ' %' """


def test_no_event_was_lost(recorded: Recorded) -> None:
    assert recorded.lost == 0
    assert not any(capture.lost for capture in Lake(recorded.setup.lake).captures)


@PLACES
def test_a_known_number_of_events_of_each_type_is_found(recorded: Recorded, tag: str) -> None:
    query = f'SELECT "evt.type" AS type, count(*) AS n FROM events WHERE {OF_MAIN} GROUP BY 1'
    found = dict(recorded.ask(query, tag).itertuples(index=False))
    assert {type_: found.get(type_, 0) for type_ in EVENTS} == EVENTS


@PLACES
def test_processes(recorded: Recorded, tag: str) -> None:
    ran = f"""SELECT count(*) FILTER ("evt.type" = 'execve' AND "evt.res" = 'SUCCESS') AS started,
        count(*) FILTER ("evt.type" = 'procexit') AS ended,
        count(DISTINCT "thread.tid") AS threads,
        list(DISTINCT "proc.pname") AS parents,
        list(DISTINCT "proc.args") AS args FROM events WHERE {OF_CHILD}"""
    (row,) = recorded.ask(ran, tag).to_dict("records")
    assert (row["started"], row["ended"], row["threads"]) == (CHILDREN, CHILDREN, CHILDREN)
    assert set(row["parents"]) == {"workload"}
    assert set(row["args"]) == {f"child {tag} {number}" for number in range(CHILDREN)}


@PLACES
def test_programs_that_could_not_be_started(recorded: Recorded, tag: str) -> None:
    query = f"""SELECT count(*) AS n FROM events
        WHERE {OF_MAIN} AND "evt.type" = 'execve' AND "evt.res" = 'ENOENT'"""
    assert recorded.ask(query, tag)["n"].item() == FAILED_EXECVE


@PLACES
def test_files_have_the_names_that_they_had_there(recorded: Recorded, tag: str) -> None:
    folder = str(recorded.setup.folder / HOST) if tag == HOST else "/tmp"
    for kind in ("open", "openat", "creat"):
        query = f"""SELECT "fd.name" AS name FROM events
            WHERE {OF_MAIN} AND "evt.type" = '{kind}' AND "fd.name" LIKE '%' || $1 || '-{kind}-%'"""
        expected = {f"{folder}/{tag}-{kind}-{number}" for number in range(CALLS[kind])}
        names = recorded.ask(query, tag)["name"].tolist()
        assert len(names) == CALLS[kind]
        assert set(names) == expected


@PLACES
def test_connections(recorded: Recorded, tag: str) -> None:
    query = f"""SELECT "fd.type" AS type, "fd.sip" AS ip, "fd.sport" AS port, "fd.name" AS name
        FROM events WHERE {OF_MAIN} AND "evt.type" = 'connect'"""
    found = recorded.ask(query, tag)
    by_type = dict(iter(found.groupby("type")))
    assert {type_: len(rows) for type_, rows in by_type.items()} == {"ipv4": IPV4, "ipv6": IPV6, "unix": UNIX}
    assert sorted(by_type["ipv4"]["port"]) == [21000 + n for n in range(IPV4)]
    assert sorted(by_type["ipv6"]["port"]) == [22000 + n for n in range(IPV6)]
    assert all("->127.0.0.1:2100" in name for name in by_type["ipv4"]["name"])
    assert all("->::1:2200" in name for name in by_type["ipv6"]["name"])
    ends = {name.split("->")[-1].split(" ")[-1] for name in by_type["unix"]["name"]}
    assert ends == {f"/tmp/{tag}-{number}.sock" for number in range(UNIX)}


@PLACES
def test_both_ends_of_a_connection_are_known(recorded: Recorded, tag: str) -> None:
    query = f"""SELECT "evt.type" AS type, "fd.name" AS name FROM events
        WHERE {OF_MAIN} AND "evt.type" IN ('connect', 'accept4') AND "fd.type" IN ('ipv4', 'ipv6')"""
    found = recorded.ask(query, tag)
    names = {type_: sorted(rows["name"]) for type_, rows in found.groupby("type")}
    assert names["connect"] == names["accept4"]


METADATA = (
    "container.name",
    "container.image.repository",
    "container.image.tag",
    "k8s.pod.name",
    "k8s.ns.name",
)


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        (HOST, (None, None, None, None, None)),
        (PODMAN, ("shop_web", "localhost/busybox", "1", None, None)),
        (POD, ("web", "localhost/busybox", "1", POD_METADATA["name"], POD_METADATA["namespace"])),
    ],
)
def test_containers_and_pods(recorded: Recorded, tag: str, expected: tuple[str | None, ...]) -> None:
    columns = ", ".join(f'"{name}"' for name in METADATA)
    query = f'SELECT DISTINCT "container.id" AS id, {columns} FROM events WHERE {OF_MAIN} OR {OF_CHILD}'
    found = [tuple(row) for row in recorded.ask(query, tag).itertuples(index=False)]
    own = recorded.container_of(tag)
    if tag == HOST:  # a test machine may be a container itself
        assert len(found) == 1
    else:
        assert found == [(own, *expected)]


def test_the_replay_of_the_lake_says_what_was_said_live(recorded: Recorded) -> None:
    live = recorded.setup.alerts()
    assert live
    assert recorded.replayed == live


def test_the_lake_is_whole(recorded: Recorded) -> None:
    assert Lake(recorded.setup.lake).verify() == []
