"""Where runtimes listen."""

from __future__ import annotations

from pathlib import Path

from capture.containers import Sockets, sources


def test_there_is_a_source_for_each_socket_in_order() -> None:
    found = sources(Sockets())
    assert [each.name for each in found] == [
        "cri:/run/containerd/containerd.sock",
        "cri:/run/k3s/containerd/containerd.sock",
        "cri:/run/crio/crio.sock",
        "podman:/run/podman/podman.sock",
        "docker:/var/run/docker.sock",
    ]
    for each in found:
        each.close()


def test_the_sockets_of_a_mounted_host_are_below_its_root() -> None:
    """Absolute links there, as ``/var/run`` is one, would lead to our own folders."""
    moved = Sockets(cri=(Path("/run/crio/crio.sock"),)).under(Path("/host"))
    assert moved.cri == (Path("/host/run/crio/crio.sock"),)
    assert moved.docker == (Path("/host/run/docker.sock"),)
