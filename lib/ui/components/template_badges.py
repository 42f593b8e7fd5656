"""What is said of a template in one word: whose it is, and what keeps others from relying on it."""

from lib.models.template import TemplateStatus
from lib.templates.views import TemplateScope, TemplateSummary
from lib.ui.components.status import TEMPLATE, TEMPLATE_SCOPE, Status


def badges_of(template: TemplateSummary) -> tuple[Status, ...]:
    """Mine, Organization or Public; Public for one's own that is; Not published or Needs review where so."""
    scope = TEMPLATE_SCOPE[template.scope]
    if template.scope is TemplateScope.RETIRED:
        return (scope,)
    public = (TEMPLATE_SCOPE[TemplateScope.PUBLIC],) if template.is_own and template.is_public else ()
    if template.is_waiting:
        return (scope, *public, TEMPLATE[TemplateStatus.IN_REVIEW])
    return (scope, *public, *((TEMPLATE[template.status],) if template.status is TemplateStatus.DRAFT else ()))
