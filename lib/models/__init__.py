"""The tables as Python sees them: one table or one tight group a module."""

from lib.db.base import Base
from lib.models.audit_log import AuditLog
from lib.models.identity import SignInNetwork, UserCredential, UserSession, UserToken
from lib.models.organization import Organization, OrganizationSlug
from lib.models.project import Project
from lib.models.run import IntegrationOperation, OrchestrationRun, PhaseExecution, PhaseStream
from lib.models.template import OrchestrationTemplate, TemplateVersion
from lib.models.usage import ApiUsage
from lib.models.user import User
from lib.models.webhook import Webhook

__all__ = [
    "ApiUsage",
    "AuditLog",
    "Base",
    "IntegrationOperation",
    "OrchestrationRun",
    "OrchestrationTemplate",
    "Organization",
    "OrganizationSlug",
    "PhaseExecution",
    "PhaseStream",
    "Project",
    "SignInNetwork",
    "TemplateVersion",
    "User",
    "UserCredential",
    "UserSession",
    "UserToken",
    "Webhook",
]
