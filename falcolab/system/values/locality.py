"""Which addresses belong to this machine.

Source: ``is_ipv4addr_in_local_machine`` and ``is_ipv6addr_in_local_machine`` in
``userspace/libsinsp/ifinfo.cpp`` of falcosecurity/libs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from falcolab.system.addresses import ip_text

if TYPE_CHECKING:
    from falcolab.system.machine import Machine
    from falcolab.system.thread import Thread

_IPV4_SIZE = 4


def is_local(machine: Machine, thread: Thread, address: bytes) -> bool:
    """Whether an address is the machine's, seen from a thread.

    In a container its own address counts, too; if that is unknown, only those of all containers do.
    No IPv6 address is local in a container.
    """
    if not thread.container_id:
        return machine.network.is_local(address)
    if len(address) != _IPV4_SIZE:
        return False
    own, wanted = _address(machine, thread.container_id), ip_text(address).decode()
    if own:
        return own == wanted or machine.network.is_local(address)
    return any(_address(machine, each) == wanted for each in machine.containers)


def _address(machine: Machine, container_id: bytes) -> str:
    address = machine.containers.get(container_id, {}).get("ip")
    return address if isinstance(address, str) else ""
