"""`make bench`: run every measurement and print it."""

import sys
import tempfile
from pathlib import Path

from tests.bench.inbound import Amount, measure_inbound
from tests.bench.measuring import describe_machine


def main() -> int:
    """Print all figures. Returns the exit status: 0 whatever they are."""
    print(describe_machine(), flush=True)
    with tempfile.TemporaryDirectory(prefix="krets-bench-") as folder:
        for line in measure_inbound(Path(folder), Amount(activities=1_500, runs=5)):
            print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
