# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m bench`: measures, prints a table, writes the report.

Exits with 0 when every target is met, 1 when one is missed, 2 when a benchmark could not be run, 3 when the runs of one
lie so far apart that nobody can tell whether its target is met: repeat it on a quiet machine. Exits with 4 when a
measurement says of itself that it is not judged, and why.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bench import ROOT
from bench.model import FULL, TINY
from bench.run import chosen, discover, measure_all, table, write_report


def main(arguments: list[str] | None = None) -> int:
    """Runs the benchmarks that the arguments name."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", help="benchmarks or measurements; all when none is given")
    parser.add_argument("--output", type=Path, default=ROOT / "reports" / "bench.json", help="where the report goes")
    parser.add_argument("--tiny", action="store_true", help="tiny sizes, which show only that the benchmarks work")
    parser.add_argument("--package", default="bench.measurements", help="where the benchmarks are")
    options = parser.parse_args(arguments)
    try:
        benchmarks = chosen(discover(options.package), options.names)
    except ValueError as error:
        parser.error(str(error))
    results = measure_all(
        benchmarks, TINY if options.tiny else FULL, lambda line: print(line, file=sys.stderr, flush=True)
    )
    write_report(results.measurements, options.output)
    print(table(results.measurements))
    for name, trace in results.failed.items():
        print(f"\n{name} could not be measured:\n{trace}", file=sys.stderr)
    print(f"\nReport: {options.output}", file=sys.stderr)
    return results.exit_status


if __name__ == "__main__":
    sys.exit(main())
