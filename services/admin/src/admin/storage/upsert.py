"""A row by its key, whether it was there or not, in one statement that leaves no moment between looking and writing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from admin.storage.database import Row, Session


async def upsert(
    session: Session, table: str, key: str, values: Mapping[str, Any], columns: str, replaced: Collection[str] = ()
) -> tuple[Row, bool]:
    """Inserts `values`, or locks the row with their key and sets its `replaced` columns to what a new row would have.

    Returns the row's `columns`, and whether it is new.
    """
    row = await session.first(
        f"insert into {table} ({', '.join(values)}) values ({', '.join(f'%({name})s' for name in values)})"
        f" on conflict ({key}) do update set {', '.join(f'{name} = excluded.{name}' for name in replaced or (key,))}"
        f" returning {columns}, xmax = 0 as is_new",
        values,
    )
    return row, row.pop("is_new")
