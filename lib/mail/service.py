"""Whether this installation sends mail at all, for pages that say so before anybody waits for one."""

from lib.config import get_settings


def can_send() -> bool:
    """Whether a mail server and a sender are configured: ORCHESTRATOR_SMTP_URL and ORCHESTRATOR_MAIL_FROM."""
    settings = get_settings()
    return settings.smtp_url is not None and settings.mail_from is not None
