"""For the image: leaves only what runs in it, and compiles that reproducibly. `slim.py FOLDER_OF_PACKAGES`."""

from __future__ import annotations

import compileall
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from py_compile import PycInvalidationMode

#: botocore's descriptions of 400 services: those by which the pod's identity becomes a token.
KEPT_SERVICES = {"rds", "sts", "sso", "sso-oidc"}
#: What packages bring along for their own tests, for compilers and for type checkers.
FOLDERS = ("sqlalchemy/testing", "alembic/testing", "alembic/templates", "boto3/examples", "pip", "setuptools")
SUFFIXES = (".pyi", ".pyx", ".pxd", ".pxi", ".c", ".h")
#: auditwheel has moved these libraries' sections about; `strip` may break what it did.
PATCHED = ".libs"


def main(packages: Path) -> None:
    remove(packages)
    strip(packages)
    # By content, not by time: the same sources give the same bytes, and nothing is written at run time.
    if not compileall.compile_dir(
        packages, quiet=1, workers=0, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH, stripdir=str(packages)
    ):
        raise SystemExit("some modules cannot be compiled")


def remove(packages: Path) -> None:
    for service in (packages / "botocore" / "data").iterdir():
        if service.is_dir() and service.name not in KEPT_SERVICES:
            shutil.rmtree(service)
    for name in FOLDERS:
        shutil.rmtree(packages / name, ignore_errors=True)
    for cache in list(packages.rglob("__pycache__")):
        shutil.rmtree(cache)
    for file in packages.rglob("*"):
        if file.suffix in SUFFIXES:
            file.unlink()


def strip(packages: Path) -> None:
    """Takes symbols for debuggers out of compiled modules: of uvloop's 16 MB two remain."""
    modules = [str(file) for file in _compiled(packages)]
    subprocess.run(["strip", "--strip-unneeded", *modules], check=True)


def _compiled(packages: Path) -> Iterator[Path]:
    for file in sorted(packages.rglob("*.so")):
        if not file.relative_to(packages).parts[0].endswith(PATCHED):
            yield file


if __name__ == "__main__":
    main(Path(sys.argv[1]))
