"""What is found out: the lines of the table, the measurements behind them, and how they are shown."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

from .process import Cost


@dataclass
class Line:
    """One line of the table: a number, and what it must be."""

    work: str
    ours: str
    beside: str
    number: float
    bar: float
    aim: float
    at_most: bool = True
    unit: str = "×"

    def meets(self, limit: float) -> bool:
        """Whether the number is within a limit."""
        return self.number <= limit if self.at_most else self.number >= limit

    @property
    def verdict(self) -> str:
        """How far it comes."""
        return "aim" if self.meets(self.aim) else "bar" if self.meets(self.bar) else "no"


@dataclass
class Figure:
    """Something that has no bar."""

    what: str
    found: str


@dataclass
class Results:
    """Everything that goes into the answer."""

    machine: dict[str, object]
    settings: dict[str, object]
    lines: list[Line] = field(default_factory=list)
    measurements: dict[str, dict[str, list[Cost]]] = field(default_factory=dict)
    """Every round, by set and contender."""
    alone: dict[str, float] = field(default_factory=dict)
    """What source and sink do with nothing else running, in requests a second."""
    figures: list[Figure] = field(default_factory=list)
    """What has no bar."""
    left_out: dict[str, str] = field(default_factory=dict)
    """Rows that were not measured, and why."""

    def add(self, line: Line) -> None:
        """Adds a line of the table, and shows it at once."""
        self.lines.append(line)
        print(f"  {line.work}: {_number(line.number, line.unit)} ({line.verdict})", flush=True)

    def figure(self, figure: Figure) -> None:
        """Adds what has no bar, and shows it at once."""
        self.figures.append(figure)
        print(f"  {figure.what}: {figure.found}", flush=True)

    def measured(self, group: str, contender: str, cost: Cost) -> None:
        """Adds one round."""
        self.measurements.setdefault(group, {}).setdefault(contender, []).append(cost)

    def median_of(self, group: str, contender: str, what: str) -> float:
        """The median of all rounds; `what` names a number of [`Cost`]."""
        return median(getattr(cost, what) for cost in self.measurements[group][contender])

    def write(self, path: Path) -> None:
        """All of it as JSON."""
        everything = {
            "machine": self.machine,
            "settings": self.settings,
            "lines": [{**asdict(line), "verdict": line.verdict} for line in self.lines],
            "measurements": {
                group: {who: [asdict(cost) for cost in costs] for who, costs in contenders.items()}
                for group, contenders in self.measurements.items()
            },
            "alone_per_second": self.alone,
            "figures": {figure.what: figure.found for figure in self.figures},
            "left_out": self.left_out,
        }
        path.write_text(json.dumps(everything, indent=1) + "\n")

    def show(self) -> None:
        """Prints all tables."""
        print("\n" + ", ".join(f"{name} {value}" for name, value in (self.machine | self.settings).items()))
        if self.measurements:
            rows = [self._medians(group, who) for group, all_of in self.measurements.items() for who in all_of]
            _table(["files", "by", "time", "CPU", "peak memory", "of that"], rows)
        if self.alone:
            _table(["alone", "requests/s"], [[name, f"{rate:,.0f}"] for name, rate in self.alone.items()])
        if self.figures:
            _table(["scale", "found"], [[figure.what, figure.found] for figure in self.figures])
        if not self.lines:
            return
        _table(
            ["work", "ours", "beside", "number", "bar", "aim", "met"],
            [
                [line.work, line.ours, line.beside]
                + [_number(number, line.unit) for number in (line.number, line.bar, line.aim)]
                + [line.verdict]
                for line in self.lines
            ],
        )
        for row, why in self.left_out.items():
            print(f"not measured: {row}: {why}")
        if self.machine["load_before"] > self.machine["cores"] / 2:
            print("\nOther work runs on this machine: times and rates are too bad, ratios may be.")

    def _medians(self, group: str, who: str) -> list[str]:
        costs = self.measurements[group][who]
        peaks = {name: median(cost.peaks[name] for cost in costs) for name in costs[0].peaks}
        return [
            group,
            who,
            *(_seconds(self.median_of(group, who, what)) for what in ("seconds", "cpu_seconds")),
            megabytes(self.median_of(group, who, "peak_bytes")),
            ", ".join(f"{name} {peak / 1e6:.0f}" for name, peak in peaks.items()) if len(peaks) > 1 else "",
        ]


def megabytes(count: float) -> str:
    """Bytes as a person reads them."""
    return f"{count / 1e6:.0f} MB"


def _seconds(seconds: float) -> str:
    # where only the memory of a sum of works is meant, there is no time
    return f"{seconds:.2f} s" if seconds else ""


def _number(number: float, unit: str) -> str:
    digits = 0 if abs(number) >= 100 else 1 if abs(number) >= 10 else 2
    return f"{number:,.{digits}f} {unit}"


def _table(head: list[str], rows: list[list[str]]) -> None:
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]

    def line(cells: list[str]) -> str:
        return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths)) + " |"

    print()
    print(line(head))
    print(line(["-" * width for width in widths]))
    for row in rows:
        print(line(row))
