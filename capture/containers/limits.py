"""How much of what a runtime says of a container is kept.

Names, labels and paths are chosen by whoever starts a container. What is kept of them fits into one
event block, whose body has at most 64 KiB; ``falcolab.system.limits`` allows the reader more.
"""

from __future__ import annotations

MAX_TEXT = 512
"""Bytes of a name, an id, an address or an image; the longest reference to an image has 456."""

MAX_PATH = 4096
"""Bytes of a path, the kernel's limit, and of the description of a network, which is Falco's limit."""

MAX_LABELS = 256
MAX_LABEL_NAME = 317
MAX_LABEL_VALUE = 100
"""Labels of a container, the bytes of a name (Kubernetes' limit), and those of a value.

A longer name or value leaves the label out; 100 is Falco's default for values (``label_max_len``).
"""

MAX_MOUNTS = 256
MAX_JSON = 60_000
"""Bytes of the JSON text that an event brings."""

MAX_ANSWER = 4 * 2**20
"""Bytes of one answer of a runtime; a longer one is not read to its end."""
