"""What the role that serves may do in the database, and when it begins to."""

from __future__ import annotations

import psycopg
import pytest

from tests.engines.conftest import migrate
from tests.support.stack import OWNER, RUNTIME, Engines, Place, Service, wait_for


@pytest.mark.parametrize(
    "statement",
    [
        "drop table flags",
        "truncate outbox",
        "alter table flags add column more int",
        "create table more (id int)",
        "create temporary table more (id int)",
        "create schema more",
        "create role more",
        "update audit_log set actor = 'somebody else'",
        "delete from audit_log",
        "delete from organisations",
        "update decisions set decided_by = 'somebody else'",
        "update dead_letters set value = ''",
        "update metering_records set cost_usd_micros = 0",
        "delete from alembic_version",
        f"set role {OWNER}",
        "copy flags to program 'true'",
    ],
)
def test_the_serving_role_may_not(shared_place: Place, statement: str) -> None:
    with (
        shared_place.engines.connect(shared_place.name, RUNTIME) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement)


def test_the_serving_role_enters_no_other_database(engines: Engines, shared_place: Place) -> None:
    """Such as that of the other service with a database, which has roles of its own."""
    other = f"publishing_{shared_place.name}"
    with engines.connect("postgres") as connection:
        connection.execute(f"create database {other}")
        connection.execute(f"revoke all on database {other} from public")
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        engines.connect(other, RUNTIME)


def test_every_table_has_rights_that_were_thought_of(shared_place: Place) -> None:
    granted = shared_place.query(
        "select distinct table_name from information_schema.role_table_grants where grantee = %s", RUNTIME
    )
    tables = shared_place.query("select tablename from pg_tables where schemaname = 'public'")
    assert {row["tablename"] for row in tables} == {row["table_name"] for row in granted}


def test_it_waits_for_the_owners_migration(engines: Engines) -> None:
    place = Place(engines)
    service = Service(place)
    try:
        wait_for(lambda: "the owner's migration to 0002 has not run yet" in service.log, 60, lambda: service.log)
        assert service.client.get("/readyz").status_code == 503
        migrate(place)
        service.wait_ready(60)
    finally:
        service.close()


def test_it_serves_on_beside_a_schema_that_is_newer(place: Place) -> None:
    place.query("update alembic_version set version_num = '9999'")
    service = Service(place)
    try:
        service.wait_ready()
    finally:
        service.close()
