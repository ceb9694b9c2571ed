"""How time is measured: processor seconds of this process or of another, and the middle of several runs."""

import os
import platform
import sqlite3
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Cost:
    """What a piece of work took: pieces, processor seconds (all threads), and seconds by the clock."""

    count: int
    cpu_seconds: float
    seconds: float

    @property
    def cpu_microseconds(self) -> float:
        """Processor time of one piece."""
        return self.cpu_seconds / self.count * 1e6

    @property
    def per_second(self) -> float:
        """Pieces a second by the clock."""
        return self.count / self.seconds


def cpu_seconds_of(process_id: int) -> float:
    """Processor seconds that another process has used, all threads, in user and kernel mode (proc(5), stat)."""
    fields = Path(f"/proc/{process_id}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND


def measure_here(work: Callable[[], int]) -> Cost:
    """What the work costs in this process. `work` returns how many pieces it did."""
    cpu, clock = time.process_time(), time.perf_counter()
    count = work()
    return Cost(count=count, cpu_seconds=time.process_time() - cpu, seconds=time.perf_counter() - clock)


def middle(costs: list[Cost]) -> Cost:
    """The run with the median processor time: one that something else disturbed does not count."""
    return sorted(costs, key=lambda cost: cost.cpu_microseconds)[len(costs) // 2]


def spread(costs: list[Cost]) -> str:
    """How far the runs lie apart, as a share of their middle."""
    times = [cost.cpu_microseconds for cost in costs]
    if not statistics.median(times):
        return "±?, shorter than a tick of the clock"
    return f"±{(max(times) - min(times)) / 2 / statistics.median(times):.0%}"


def describe_machine() -> str:
    """What was measured on, in one line."""
    load = os.getloadavg()[0]
    return (
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {os.cpu_count()} processors,"
        f" load {load:.1f} before the first measurement"
    )
