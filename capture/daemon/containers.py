"""Which containers are asked about, and when they are forgotten."""

from __future__ import annotations

from capture.containers.lookups import Lookups
from capture.daemon.watch import Every
from falcolab.system.machine import Machine

_BARE = 2
"""How many keys the description of a container has of which only the cgroup is known: id and type."""

_SWEEP_SECONDS = 60.0


class ContainerWatch:
    """Has the containers of a machine looked up as they show up.

    Args:
        lookups: knows them.
    """

    def __init__(self, lookups: Lookups) -> None:
        self._lookups = lookups
        self._sweep = Every(_SWEEP_SECONDS)
        self._seen = -1

    def start(self) -> None:
        """Begin to ask."""
        self._lookups.start()

    def take(self) -> bytes:
        """What has been found, as event blocks."""
        return b"".join(self._lookups.take())

    def look(self, machine: Machine, versions: int) -> None:
        """Ask about those that are new.

        Args:
            machine: with the containers and their threads.
            versions: how many descriptions of containers have been seen; the machine is looked at when
                that changes, and now and then for those that nobody knew at first.
        """
        is_due = self._sweep.is_due()
        if versions != self._seen or is_due:
            self._seen = versions
            self._ask(machine)
        if is_due:
            self._forget(machine)

    def _ask(self, machine: Machine) -> None:
        threads = machine.threads.by_id.values()
        found = {thread.container_id: thread.cgroups for thread in threads if thread.container_id}
        told = {key for key, info in machine.containers.items() if len(info) > _BARE}
        for container_id in found.keys() - told:
            self._lookups.ask(container_id, found[container_id])

    def _forget(self, machine: Machine) -> None:
        """Containers without threads have gone."""
        alive = {thread.container_id for thread in machine.threads.by_id.values()}
        for container_id in machine.containers.keys() - alive:
            self._lookups.forget(container_id)

    def close(self) -> None:
        """Ask no more."""
        self._lookups.close()
