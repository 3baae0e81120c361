"""What the machine's cores are worth together: two that are two halves of one give little more than one, and then the whole work of
client, authority and database bounds the rate, not any one of them.

Not responsible for what is measured on it.
"""

import subprocess
import sys

LOOPS = 3_000_000
_WORK = f"""
import time
began = time.perf_counter()
table = {{}}
for number in range({LOOPS}):
    table[number & 1023] = str(number)
print(time.perf_counter() - began)
"""


def together(processes: int = 2, rounds: int = 3) -> float:
    """How many times the work of one process so many do at the same time: the best of some rounds."""
    alone = min(_run(1)[0] for _ in range(rounds))
    return max(sum(alone / took for took in _run(processes)) for _ in range(rounds))


def _run(processes: int) -> list[float]:
    """How long each took, in seconds."""
    started = [
        subprocess.Popen([sys.executable, "-c", _WORK], stdout=subprocess.PIPE, text=True) for _ in range(processes)
    ]
    return [float(one.communicate()[0]) for one in started]
