"""What every model shares: how a key, a time and a JSON structure are declared."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, ForeignKeyConstraint, Numeric, String, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column

Json = dict[str, Any]

#: A time-ordered key, made by the database.
Key = Annotated[UUID, mapped_column(Uuid, primary_key=True, server_default=text("api.uuid7()"))]
#: A moment, with its zone; PostgreSQL keeps it in UTC.
Moment = Annotated[datetime, mapped_column(DateTime(timezone=True))]
#: The moment a row was made.
CreatedAt = Annotated[datetime, mapped_column(DateTime(timezone=True), server_default=text("now()"))]
#: US dollars, to a millionth.
Dollars = Annotated[Decimal, mapped_column(Numeric(12, 6))]
#: A JSON object; each column has a pydantic model in its domain package.
JsonObject = Annotated[Json, mapped_column(JSONB, server_default=text("'{}'::jsonb"))]
Str20 = Annotated[str, mapped_column(String(20))]
Str50 = Annotated[str, mapped_column(String(50))]
Str100 = Annotated[str, mapped_column(String(100))]
Str255 = Annotated[str, mapped_column(String(255))]


class Base(DeclarativeBase):
    """The root of the models. A test holds them against the migrated database."""

    type_annotation_map: ClassVar = {str: Text}


def reference(table: str, *, name: str) -> ForeignKey:
    """A foreign key to the `id` of a table, as the specification draws it."""
    return ForeignKey(f"{table}.id", name=name)


def tenant_reference(column: str, table: str, *, name: str, is_back: bool = False) -> ForeignKeyConstraint:
    """A composite foreign key that keeps both rows in one organization.

    `is_back` is for one of two tables that refer to each other, the older one.
    """
    columns, there = ["organization_id", column], [f"{table}.organization_id", f"{table}.id"]
    return ForeignKeyConstraint(columns, there, name=name, use_alter=is_back)
