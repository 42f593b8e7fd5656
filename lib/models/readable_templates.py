from typing import Final

from sqlalchemy import Boolean, Column, DateTime, Integer, MetaData, String, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

#: The view by which templates are read: those of one's own organization, drafts only by who may write them, and of
#: public ones what their page shows. Of another organization's, the ids of organization, maker and source and the
#: counter are NULL. No model: nothing is written through it. Its own metadata, as with `people`.
readable_templates: Final[Table] = Table(
    "readable_templates",
    MetaData(),
    Column("id", Uuid, primary_key=True),
    Column("organization_id", Uuid),
    Column("created_by", Uuid),
    Column("usage_count", Integer),
    Column("forked_from", Uuid),
    Column("is_builtin", Boolean, nullable=False),
    Column("name", String, nullable=False),
    Column("description", Text),
    Column("category", String),
    Column("template_data", JSONB, nullable=False),
    Column("is_public", Boolean, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("publisher_name", String),
    Column("version", Integer, nullable=False),
    Column("status", String, nullable=False),
    Column("tags", ARRAY(Text), nullable=False),
)
