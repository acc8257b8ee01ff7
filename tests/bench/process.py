"""Running a step in a process of its own, to know what it alone has used."""

from __future__ import annotations

import multiprocessing
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any


@dataclass(frozen=True, slots=True)
class Measured:
    """What a step gave and used.

    Attributes:
        result: of the step.
        seconds: that passed.
        cpu: seconds of one core that its code took, those of the system not counted.
        peak: the most memory that the process had, imports included, in bytes.
    """

    result: Any
    seconds: float
    cpu: float
    peak: int


def measured(step: Callable[..., Any], *arguments: Any) -> Measured:
    """Run a step, which must be a function of a module, in a fresh process."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(there, step, arguments))
    process.start()
    there.close()
    try:
        found: Measured = here.recv()
    except EOFError:
        raise RuntimeError(f"{step.__name__} failed, see above") from None
    finally:
        process.join()
    return found


def _run(connection: Connection, step: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    before, begun = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    result = step(*arguments)
    seconds, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_SELF)
    connection.send(Measured(result, seconds, after.ru_utime - before.ru_utime, after.ru_maxrss * 1024))
