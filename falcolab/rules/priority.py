"""Rule priorities, most severe first (``userspace/engine/falco_common.cpp`` of falcosecurity/falco)."""

from __future__ import annotations

from enum import IntEnum


class Priority(IntEnum):
    """How severe a rule is; 0 is worst."""

    EMERGENCY = 0
    ALERT = 1
    CRITICAL = 2
    ERROR = 3
    WARNING = 4
    NOTICE = 5
    INFORMATIONAL = 6
    DEBUG = 7

    @property
    def label(self) -> str:
        """As alerts print it: ``Warning``."""
        return self.name.capitalize()

    @classmethod
    def parse(cls, text: str) -> Priority | None:
        """The priority that a text names in any case; ``info`` is short for informational."""
        upper = text.upper() if text.isascii() else ""
        return cls.INFORMATIONAL if upper == "INFO" else cls.__members__.get(upper)
