"""Runs a command and writes what it cost: {"code", "wall", "cpu", "peakKiB"}, seconds and KiB.

Node cannot ask for the resource usage of a child; wait4(2) can. It counts the command with all of its descendants that
were waited for; the peak is that of the largest single process among them. Only the standard library is used.
"""
import json
import os
import resource
import signal
import sys
import time

report, command = sys.argv[1], sys.argv[2:]
started = time.monotonic()
pid = os.posix_spawnp(command[0], command, os.environ)
# Whoever gives this run up gives up the command.
signal.signal(signal.SIGTERM, lambda *_: os.kill(pid, signal.SIGKILL))
_, status, _ = os.wait4(pid, 0)
wall = time.monotonic() - started
used = resource.getrusage(resource.RUSAGE_CHILDREN)
# macOS counts bytes, Linux KiB.
peak = used.ru_maxrss // 1024 if sys.platform == "darwin" else used.ru_maxrss
with open(report, "w") as out:
    cost = {"code": os.waitstatus_to_exitcode(status), "wall": wall, "cpu": used.ru_utime + used.ru_stime, "peakKiB": peak}
    json.dump(cost, out)
