"""Work done by many threads at once, switched so often that what they share without care goes wrong."""

import sys
from collections.abc import Callable
from threading import Thread


def crowd(work: Callable[[int], None], threads: int = 8) -> None:
    """Run work(0) … work(threads - 1) together; the interpreter goes from one to another every 10 µs."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        running = [Thread(target=work, args=(number,)) for number in range(threads)]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
