"""Secrets leave command lines, environments and audit events before anything is judged or stored."""

from capture.redaction.audit import AuditRedactor
from capture.redaction.blocks import BlockRedactor
from capture.redaction.defaults import DEFAULTS
from capture.redaction.errors import RedactionError
from capture.redaction.pattern import Pattern, Place
from capture.redaction.redactor import MARKER, Redactor

__all__ = [
    "DEFAULTS",
    "MARKER",
    "AuditRedactor",
    "BlockRedactor",
    "Pattern",
    "Place",
    "RedactionError",
    "Redactor",
]
