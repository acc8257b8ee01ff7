"""The types of columns that hold values of Falco's types."""

from __future__ import annotations

import pyarrow as pa

from falcolab.fields.types import Kind, Type

_SIGNED = frozenset({Type.INT8, Type.INT16, Type.INT32, Type.INT64, Type.DYNAMIC})
_BY_KIND = {Kind.BOOL: pa.bool_(), Kind.BUFFER: pa.binary(), Kind.ADDRESS: pa.binary()}


def column_type(type_: Type) -> pa.DataType:
    """The Arrow type of a column with values of a type."""
    if type_ is Type.DOUBLE:
        return pa.float64()
    if type_.kind is Kind.NUMBER:
        return pa.int64() if type_ in _SIGNED else pa.uint64()
    return _BY_KIND.get(type_.kind, pa.string())
