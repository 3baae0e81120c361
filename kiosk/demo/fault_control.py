"""Steers a ``FaultProxy`` from another process: one line in, one line out, on standard input or as the command ``fault``.

Lines: ``pass`` · ``cut`` · ``slow 800`` · ``lose_answer once`` · ``lose_answer 3 commit`` (three times, only paths that hold
"commit") · ``status``. Answers: ``ok pass …`` or ``no: …`` with a reason. Run as a module with ``--upstream 127.0.0.1:8080`` it
is a proxy of its own and says ``ready http://127.0.0.1:PORT``. Not responsible for what the faults do (``fault_proxy``).
"""

import argparse
import sys
from pathlib import Path
from typing import Final, TextIO

from kiosk.demo.control import ControlServer
from kiosk.demo.fault_proxy import Fault, FaultProxy

MAX_LINE_CHARS: Final = 200


def obey(proxy: FaultProxy, line: str) -> str:
    """Do what one line says and tell how things stand."""
    words = line[:MAX_LINE_CHARS].split()
    try:
        match words:
            case []:
                return "no: an empty line"
            case ["status"]:
                pass
            case _:
                name, *rest = words
                ms, times, path = 0, None, ""
                fault = Fault(name)
                if fault in {Fault.SLOW, Fault.SLOW_ANSWER, Fault.DRIP}:
                    ms = int(rest.pop(0) if rest else "")
                if rest:
                    first = rest.pop(0)
                    times = None if first == "always" else 1 if first == "once" else int(first)
                if rest:
                    path = rest.pop(0)
                if rest:
                    return "no: too many words"
                proxy.set(fault, ms=ms, times=times, path=path)
    except ValueError:
        return f"no: one of {', '.join(fault.value for fault in Fault)}, status is expected, then ms, times, path"
    mode, counts = proxy.mode, proxy.counts
    times_text = "always" if mode.times is None else str(mode.times)
    return (
        f"ok {mode.fault.value} ms={mode.ms} times={times_text} "
        f"requests={counts.requests} answers={counts.answers} faults={counts.faults}"
    )


def serve_lines(proxy: FaultProxy, source: TextIO, sink: TextIO) -> None:
    """Obey every line of ``source`` until it ends."""
    for line in source:
        print(obey(proxy, line), file=sink, flush=True)


def main(argv: list[str] | None = None) -> int:
    """A proxy as a process: obeys standard input until it ends."""
    parser = argparse.ArgumentParser(prog="fault proxy", description=__doc__)
    parser.add_argument("--upstream", required=True, metavar="HOST:PORT")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--control", type=Path, metavar="PATH", help="a socket for the command fault(line)")
    arguments = parser.parse_args(argv)
    host, _, port = arguments.upstream.rpartition(":")
    with FaultProxy((host, int(port)), port=arguments.port) as proxy:
        print(f"ready {proxy.address}", flush=True)
        control = (
            ControlServer(arguments.control, {"fault": lambda line: obey(proxy, line)}) if arguments.control else None
        )
        try:
            serve_lines(proxy, sys.stdin, sys.stdout)
        finally:
            if control is not None:
                control.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
