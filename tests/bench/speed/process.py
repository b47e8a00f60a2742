"""What the kernel says about processes: processor time and memory."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

TICK = 1 / os.sysconf("SC_CLK_TCK")
# utime and stime, then those of ended children, counted after the name in brackets
CPU_FIELDS = slice(11, 15)


def cpu_seconds(pid: int) -> float:
    """Processor time of a process and of its ended children so far."""
    stat = Path(f"/proc/{pid}/stat").read_text()
    # the name may hold anything, blanks and brackets too
    return sum(map(int, stat.rpartition(")")[2].split()[CPU_FIELDS])) * TICK


def peak_bytes(pid: int) -> int:
    """The most memory that a process has occupied; 0 when it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    peak = next((line for line in lines if line.startswith("VmHWM:")), "VmHWM: 0 kB")
    return int(peak.split()[1]) * 1024


def settled(pids: list[int], *, quiet: float = 0.3, limit: float = 5.0) -> None:
    """Waits until what runs on behind an answer is done, so that its processor time is counted too."""
    deadline = time.monotonic() + limit
    before = sum(map(cpu_seconds, pids))
    while time.monotonic() < deadline:
        time.sleep(quiet)
        now = sum(map(cpu_seconds, pids))
        if now - before <= 2 * TICK:
            return
        before = now


@dataclass
class Cost:
    """What a piece of work took."""

    seconds: float
    cpu_seconds: float
    peaks: dict[str, int]
    """Most bytes of memory, by process."""

    @property
    def peak_bytes(self) -> int:
        """The peaks added up: at least the peak of the sum."""
        return sum(self.peaks.values())


def machine() -> dict[str, object]:
    """What this computer is."""
    info = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":", 1)[1].strip() for line in info if line.startswith("model name")), "unknown")
    total = Path("/proc/meminfo").read_text().split()[1]
    system = os.uname()
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "memory_gb": round(int(total) * 1024 / 1e9),
        "system": f"{system.sysname} {system.release}",
        "load_before": round(os.getloadavg()[0], 1),
    }
