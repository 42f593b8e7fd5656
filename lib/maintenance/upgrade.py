"""Brings an installation to this version: its tables, its queue, its key and limit, and the built-in templates."""

import psycopg
from sqlalchemy import create_engine, make_url
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from lib.config import get_settings
from lib.data_folder import previous_secret_keys, secret_key
from lib.db import claims, migrate
from lib.models.template import OrchestrationTemplate, TemplateStatus, TemplateVersion
from lib.templates import queries
from lib.templates.builtin import list_builtin_templates
from lib.templates.files import TemplateFile

PUBLISHER = "AI Orchestrator"


def upgrade_installation(owner_url: str) -> None:
    """Migrate the database to the newest revision, let it know keys and limit, and publish the built-in templates.

    Does nothing twice. Raises ConfigurationError where there is no key, before anything is done.
    """
    keys = [secret_key(), *previous_secret_keys()]
    migrate.upgrade(owner_url)
    claims.install_keys(owner_url, keys)
    install_limit(owner_url, get_settings().runs_per_organization)
    publish_builtin_templates(owner_url)


def install_limit(owner_url: str, runs: int) -> None:
    """Let the database know how many runs an organization has at a time where neither it nor its tier say.

    It has to know, because it admits the next run in the transaction that ends one. More room is used within seconds.
    """
    with psycopg.connect(owner_url) as connection:
        connection.execute(
            "UPDATE engine_settings SET runs_per_organization = %(runs)s WHERE runs_per_organization <> %(runs)s",
            {"runs": runs},
        )


def publish_builtin_templates(owner_url: str) -> None:
    """Make each built-in template what this version says; one that changed gets a new version, as any template does."""
    engine = create_engine(make_url(owner_url).set(drivername="postgresql+psycopg"), poolclass=NullPool)
    with Session(engine) as session, session.begin():
        for builtin in list_builtin_templates():
            _publish(session, builtin)


def _publish(session: Session, builtin: TemplateFile) -> None:
    data = builtin.data.to_json()
    template = queries.find_builtin(session, builtin.name)
    if template is None:
        template = OrchestrationTemplate(name=builtin.name, is_public=True, version=0, template_data={})
        session.add(template)
    if template.template_data != data:
        template.version += 1
        template.template_data = data
        session.flush()
        session.add(
            TemplateVersion(template_id=template.id, version=template.version, template_data=data, note="Built in")
        )
    template.description = builtin.description
    template.category = builtin.category
    template.tags = list(builtin.tags)
    template.publisher_name = PUBLISHER
    template.status = TemplateStatus.PUBLISHED
