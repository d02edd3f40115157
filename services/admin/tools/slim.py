"""For the image: removes what never runs in it, and compiles the rest reproducibly. `slim.py VIRTUAL_ENVIRONMENT`."""

from __future__ import annotations

import compileall
import shutil
import sys
from pathlib import Path
from py_compile import PycInvalidationMode

#: botocore's descriptions of 400 services: those by which the pod's identity becomes a token.
KEPT_SERVICES = {"rds", "sts", "sso", "sso-oidc"}


def main(environment: Path) -> None:
    [packages] = (environment / "lib").glob("python3.*/site-packages")
    for service in (packages / "botocore" / "data").iterdir():
        if service.is_dir() and service.name not in KEPT_SERVICES:
            shutil.rmtree(service)
    for name in (
        "sqlalchemy/testing",
        "alembic/testing",
        "alembic/templates",
        "grpc/_cython/_cygrpc",
        "boto3/examples",
    ):
        shutil.rmtree(packages / name, ignore_errors=True)
    for cache in list(environment.rglob("__pycache__")):
        shutil.rmtree(cache)
    # By content, not by time: the same sources give the same bytes, and nothing is written at run time.
    if not compileall.compile_dir(
        packages, quiet=1, workers=0, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH, stripdir=str(environment)
    ):
        raise SystemExit("some modules cannot be compiled")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
