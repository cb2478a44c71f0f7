"""Runs other software in turns with radiograph on the same work, and writes the seconds of every round.

A script makes a `Comparison` of its area, which starts our half (`benches/beside`). Each `work` gives the pieces of ours and the calls
of the others; both sides are warm, and rounds alternate. Values are compared before times are: `agree` raises an error if they differ,
and a peer that raises one is left out with it. Rows are written after each work, so that a script that is stopped keeps what it has.
"""

import argparse
import contextlib
import datetime
import importlib.metadata
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import traceback

ROOT = pathlib.Path(__file__).resolve().parents[2]
CORES = len(os.sched_getaffinity(0))
#: Amounts of the floors in `benches/beside/floors.rs`: operations of a product, bytes of the others.
AMOUNTS = {"matrix": 2 * 2048**3, "memory": 2 * (256 << 20), "disk-write": 256 << 20, "disk-read": 256 << 20}


def options(description: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=description.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5, help="rounds, in which all sides take turns")
    parser.add_argument("--budget", type=int, default=0, help="seconds after which the script ends [default: no limit]")
    parser.add_argument("--tiny", action="store_true", help="small sizes, to try whether the script runs")
    parser.add_argument("--beside-load", action="store_true", help="also measure ours beside a process that computes")
    parser.add_argument("--out", type=pathlib.Path, help="file for the results [default: none, they are printed]")
    parser.add_argument("--beside", type=pathlib.Path, help="built program `beside` [default: cargo builds it]")
    parser.add_argument("--radiograph", type=pathlib.Path, help="built program `radiograph` [default: cargo builds it]")
    return parser.parse_args()


def built(words: list[str], kind: str, name: str) -> pathlib.Path:
    command = ["cargo", "build", "--release", "--message-format=json-render-diagnostics", *words]
    printed = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    for line in printed.splitlines():
        message = json.loads(line)
        if message.get("executable") and message["target"]["kind"] == [kind] and message["target"]["name"] == name:
            return pathlib.Path(message["executable"])
    raise SystemExit(f"cargo built no {name}")


def seconds(call) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def agree(what: str, difference: float, tolerance: float):
    """An error if two sides computed different values."""
    if not difference <= tolerance:  # also if it is NaN
        raise AssertionError(f"{what}: values differ by {difference:.3g}, at most {tolerance:.3g} is allowed")


class OutOfTime(BaseException):
    """The budget is used up; nothing that catches errors catches it."""


def told(error: BaseException) -> str:
    """One line."""
    return f"{type(error).__name__}: {error}".splitlines()[0][:300]


class Comparison:
    """The comparison of one area."""

    def __init__(self, area: str, settings: argparse.Namespace, packages: list[str]):
        self.area, self.settings = area, settings
        self.folder = tempfile.TemporaryDirectory(prefix="radiograph-beside-")
        self.path = pathlib.Path(self.folder.name)
        self.program = settings.beside or built(["-p", "radiograph-benches", "--example", "beside"], "example", "beside")
        self.versions = {"python": ".".join(map(str, sys.version_info[:3]))}
        for package in packages:
            with contextlib.suppress(importlib.metadata.PackageNotFoundError):
                self.versions[package] = importlib.metadata.version(package)
        self.rows, self.process, self.floors = [], None, {}
        signal.signal(signal.SIGALRM, self.end_of_budget)
        signal.alarm(settings.budget)

    def end_of_budget(self, _signal, _frame):
        raise OutOfTime(f"the budget of {self.settings.budget} s was used up; give a larger one with --budget")

    def draw(self, folder: pathlib.Path, count: int, side: int):
        """Films of drawn phantoms in folders of classes."""
        subprocess.run([self.program, "films", folder, str(count), str(side)], check=True)

    def start(self, *words: str):
        """Starts our half, which reads the files in `path` and writes what it computes there."""
        self.stop()
        self.process = subprocess.Popen(
            [self.program, self.area, self.path, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        answer = self.process.stdout.readline().split()
        if answer[:1] != ["ready"]:
            raise RuntimeError(f"our half of {self.area} did not start; its message is above")
        if int(answer[1]) != CORES:
            raise RuntimeError(f"our half has {answer[1]} threads, the others have {CORES}")

    def stop(self):
        if self.process:
            with contextlib.suppress(BrokenPipeError):  # it ended by itself, and its message was seen
                self.process.stdin.close()
            self.process.wait()
            self.process = None

    def ours(self, piece: str) -> float:
        """Seconds of one piece of ours."""
        print(piece, file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"our half of {self.area} ended at {piece}; its message is above")
        return float(answer)

    @contextlib.contextmanager
    def loaded(self):
        """A process that computes on one thread meanwhile."""
        load = subprocess.Popen([self.program, "load", "-"], stdin=subprocess.PIPE)  # it ends with this process
        try:
            time.sleep(0.5)
            yield
        finally:
            load.kill()
            load.wait()

    def rate(self, floor: str) -> float:
        """Operations or bytes a second that the machine does at best: the highest of the rounds so far."""
        for _ in range(3 if floor not in self.floors else 0):
            self.floors.setdefault(floor, []).append(self.ours(f"floor-{floor}"))
        return AMOUNTS[floor] / min(self.floors[floor])

    def work(self, name: str, ours: dict, peers: dict, floor=None, check=None, rounds: int | None = None, unit: tuple = (1, "")):
        """Measures one row.

        `ours` has names and pieces, or callables that return seconds; `peers` names and functions that prepare a call and may raise.
        `check` gets the name of a peer and what its first call returned. `floor` is seconds and the reason for them. `unit` is what one
        call does: a number and a plural.
        """
        own = {way: (lambda piece=piece: self.ours(piece)) if isinstance(piece, str) else piece for way, piece in ours.items()}
        calls, failed = {}, {}
        for peer, prepare in peers.items():
            try:
                call = prepare()
                value = call()
                if check:
                    check(peer, value)
                calls[peer] = call
            except Exception as error:
                traceback.print_exc()
                failed[peer] = told(error)
        took = {"ours": {way: [] for way in own}, "peers": {peer: [] for peer in calls}, "beside_load": {}}
        for call in own.values():
            call()  # warm
        stopped = None
        try:
            for turn in range(rounds or self.settings.rounds):
                self.turn(own, calls, took, failed, with_floors=turn < 3)
        except OutOfTime as error:
            stopped = error
        if stopped and not all([*took["ours"].values(), *took["peers"].values()]):
            raise stopped  # a side has no round
        row = {"work": name, "amount": unit[0], "unit": unit[1], **took, "failed": failed}
        if floor and not stopped:
            at_best, reason = floor() if callable(floor) else floor
            row["floor"] = {"seconds": at_best, "reason": reason}
        self.rows.append(row)
        self.write()
        self.print(row)
        if stopped:
            raise stopped

    def turn(self, own: dict, calls: dict, took: dict, failed: dict, with_floors: bool):
        """One round: the others, ours, the floors that this area uses, and ours beside a load."""
        for peer, call in list(calls.items()):
            try:
                took["peers"][peer].append(seconds(call))
            except Exception as error:
                failed[peer] = told(error)
                del calls[peer], took["peers"][peer]
        for way, call in own.items():
            took["ours"][way].append(call())
        if with_floors and self.process:
            for floor, measured in self.floors.items():
                measured.append(self.ours(f"floor-{floor}"))
        if self.settings.beside_load:
            with self.loaded():
                for way, call in own.items():
                    took["beside_load"].setdefault(way, []).append(call())

    def attempt(self, name: str, part):
        """Does a part of the script; if it fails, a row tells the error and the rest goes on. A used budget ends the script."""
        try:
            part()
            return
        except Exception as error:
            traceback.print_exc()
            failure = error
        except OutOfTime as error:
            print(error, file=sys.stderr)
            failure = error
        self.rows.append({"work": name, "ours": {}, "peers": {}, "beside_load": {}, "failed": {"the comparison": told(failure)}})
        self.write()
        if isinstance(failure, OutOfTime):
            self.finish()

    def print(self, row: dict):
        best = {side: {name: statistics.median(values) for name, values in row[side].items()} for side in ("ours", "peers")}
        own = min(best["ours"].values())
        print(f"{row['work']}: ours {1e3 * own:.4g} ms", end="")
        for name, value in best["peers"].items():
            print(f"; {name} {1e3 * value:.4g} ms, ratio {value / own:.2f}", end="")
        for name, error in row["failed"].items():
            print(f"; {name} FAILED: {error}", end="")
        print(flush=True)

    def write(self):
        rates = {floor: AMOUNTS[floor] / min(values) for floor, values in self.floors.items()}
        today = datetime.date.today().isoformat()
        result = {"date": today, "threads": CORES, "versions": self.versions, "rates": rates, "rows": self.rows}
        if self.settings.out:
            partial = self.settings.out.with_suffix(".partial")
            partial.write_text(json.dumps(result, indent=1))
            partial.replace(self.settings.out)

    def finish(self):
        """Ends the script; its status is 1 if a peer failed."""
        signal.alarm(0)
        if self.process:
            self.process.kill()  # it may be in the middle of a piece
            self.process.wait()
        self.folder.cleanup()
        raise SystemExit(any(row["failed"] for row in self.rows))
