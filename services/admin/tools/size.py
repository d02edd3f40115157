"""
`size.py FOLDER_OF_PACKAGES`: what the image would hold, against its goal; fails above it.

No container daemon is needed: the packages are measured as files, the base's size is a figure of its own below.
"""

from __future__ import annotations

import sys
from pathlib import Path

MEGABYTE = 1_000_000
GOAL_MEGABYTES = 200
#: gcr.io/distroless/python3-debian13 unpacked, which could not be pulled here: the files of the Debian 13 packages that
#: it is made of (Python 3.13, the libraries it needs, the base's) come to 57.7 MB (amd64, 2026-11-28). The image's own
#: figure takes its place once it can be pulled.
BASE_MEGABYTES = 58
LISTED = 12


def main(packages: Path) -> int:
    sizes = {entry.name: _bytes(entry) for entry in packages.iterdir()}
    own = round(sum(sizes.values()) / MEGABYTE)
    for name in sorted(sizes, key=lambda name: -sizes[name])[:LISTED]:
        print(f"{sizes[name] / MEGABYTE:7.1f} MB  {name}")
    total = own + BASE_MEGABYTES
    print(f"{own:5d}   MB  all packages\n{BASE_MEGABYTES:5d}   MB  the base, assumed\n{total:5d}   MB  together")
    if total <= GOAL_MEGABYTES:
        return 0
    print(f"more than the image's {GOAL_MEGABYTES} MB: see tools/slim.py for what is left out", file=sys.stderr)
    return 1


def _bytes(entry: Path) -> int:
    files = entry.rglob("*") if entry.is_dir() else [entry]
    return sum(file.stat().st_size for file in files if file.is_file())


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
