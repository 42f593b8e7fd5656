from typing import Final

from sqlalchemy import Boolean, Column, MetaData, String, Table, Uuid

#: The view by which everybody of an organization reads the names of its people; rows of `users` are for fewer eyes. No
#: model: nothing is written through it. Its own metadata, because the schema's tests compare tables.
people: Final = Table(
    "people",
    MetaData(),
    Column("id", Uuid, primary_key=True),
    Column("organization_id", Uuid, nullable=False),
    Column("name", String, nullable=False),
    Column("role", String, nullable=False),
    Column("is_deactivated", Boolean, nullable=False),
)
