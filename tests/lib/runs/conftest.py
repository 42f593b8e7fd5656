from uuid import UUID

import pytest
from llmock.testing import LLMockServer

from lib.db.logins import Login
from lib.maintenance.upgrade import publish_builtin_templates
from lib.templates.gallery import list_template_choices
from tests.cast import Cast
from tests.conftest import Installation
from tests.workers import endpoint

__all__ = ["endpoint"]


@pytest.fixture
def project_plan(installation: Installation, cast: Cast, endpoint: LLMockServer) -> UUID:
    """The template that comes with it; an endpoint is there to answer for it."""
    publish_builtin_templates(installation.database.url(Login.OWNER))
    return next(choice.id for choice in list_template_choices(cast.vera) if choice.name == "Project plan")
