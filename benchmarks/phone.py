"""How fast the phone app is, beside a bare static page: `python -m benchmarks.phone`.

See benchmarks/README.md.
"""

import argparse
import os
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from benchmarks import first_load, pacing, saves, starts
from benchmarks.phone_server import serving
from benchmarks.phones import link_phone, visit_bare
from tests.browser.diary_server import DiaryServer


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=40, help="cold starts of each page")
    arguments.add_argument("--saves", type=int, default=60)
    arguments.add_argument("--loads", type=int, default=5, help="runs of Lighthouse")
    given = arguments.parse_args()
    print(f"Others on this machine: load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    with tempfile.TemporaryDirectory() as kept, sync_playwright() as playwright:
        folder = Path(kept)
        installation = DiaryServer(folder / "data")
        with serving(installation.config):
            if given.loads:
                print(first_load.table(first_load.measure(installation.url, folder, given.loads)))
            link_phone(playwright, folder / "diary", installation)
            visit_bare(playwright, folder / "bare", installation)
        # From here on there is no server, and the phones have no network.
        url = installation.url
        print(starts.table(starts.measure(playwright, folder, url, given.rounds)))
        print(pacing.table(pacing.measure(playwright, folder, url)))
        print(saves.table(saves.measure(playwright, folder, url, given.saves)))
        installation.close()


if __name__ == "__main__":
    main()
