"""The tables as Python sees them: one table or one tight group a module."""

from lib.db.base import Base
from lib.models.archive import Archive, ArchivedRun
from lib.models.audit_log import AuditLog, AuditSeal
from lib.models.budget import Budget, BudgetAlert, BudgetRaise, BudgetSpending, SpendingNotice, SpendingWatch
from lib.models.comment import RunComment
from lib.models.connection import IntegrationConnection, ProviderConnection
from lib.models.engine import EngineSettings
from lib.models.export_job import ExportJob
from lib.models.identity import ClaimKey, SignInNetwork, UserCredential, UserSession, UserToken
from lib.models.invitation import Invitation
from lib.models.mail import MailOutbox
from lib.models.operation import IntegrationOperation
from lib.models.organization import Organization, OrganizationSlug
from lib.models.project import Project
from lib.models.retention import LegalHold, RetentionProgress
from lib.models.review import ReviewRequest, RunReview
from lib.models.run import OrchestrationRun, PhaseExecution, PhaseStream
from lib.models.saved_view import SavedView
from lib.models.schedule import Schedule
from lib.models.size_sample import SizeSample
from lib.models.template import OrchestrationTemplate, TemplateVersion
from lib.models.usage import ApiUsage, UsageDaily, UsageHourly, UsageOpenDay, UsageOpenHour
from lib.models.usage_report import UsageReport
from lib.models.user import User
from lib.models.webhook import Webhook

__all__ = [
    "ApiUsage",
    "Archive",
    "ArchivedRun",
    "AuditLog",
    "AuditSeal",
    "Base",
    "Budget",
    "BudgetAlert",
    "BudgetRaise",
    "BudgetSpending",
    "ClaimKey",
    "EngineSettings",
    "ExportJob",
    "IntegrationConnection",
    "IntegrationOperation",
    "Invitation",
    "LegalHold",
    "MailOutbox",
    "OrchestrationRun",
    "OrchestrationTemplate",
    "Organization",
    "OrganizationSlug",
    "PhaseExecution",
    "PhaseStream",
    "Project",
    "ProviderConnection",
    "RetentionProgress",
    "ReviewRequest",
    "RunComment",
    "RunReview",
    "SavedView",
    "Schedule",
    "SignInNetwork",
    "SizeSample",
    "SpendingNotice",
    "SpendingWatch",
    "TemplateVersion",
    "UsageDaily",
    "UsageHourly",
    "UsageOpenDay",
    "UsageOpenHour",
    "UsageReport",
    "User",
    "UserCredential",
    "UserSession",
    "UserToken",
    "Webhook",
]
