import json
from typing import Any

import pytest

from lib.errors import InvalidInput
from lib.organizations.structures import OrganizationSettings
from lib.validation import read_stored, validate

#: From the specification, verbatim.
EXAMPLE = """
{
  "default_ai_model": "gpt-4",
  "integration_enabled": true,
  "notification_preferences": {
    "email": true,
    "slack": false
  },
  "security_settings": {
    "require_2fa": false,
    "session_timeout": 3600
  }
}
"""
#: What the specification does not have.
MORE: dict[str, Any] = {
    "security_settings": {
        "grace_days": 14,
        "min_password_length": 16,
        "email_domains": ["acme.example", "mail.acme.example"],
        "members_see_own_only": True,
    },
    "retention": {"audit_days": 365, "usage_days": None, "run_days": 90},
    "limits": {"concurrent_runs": 4, "monthly_cost_usd": 250.5},
    "publishing": {"requires_approval": False},
}


@pytest.mark.parametrize("example", [json.loads(EXAMPLE), MORE], ids=["specification", "more"])
def test_settings_are_taken_and_kept(example: dict[str, Any]) -> None:
    assert validate(OrganizationSettings, example, what="The settings").to_json() == example


def test_what_is_not_set_has_its_default() -> None:
    settings = validate(OrganizationSettings, {}, what="The settings")
    assert settings.to_json() == {}
    assert settings.security_settings.session_timeout == 3600
    assert settings.security_settings.min_password_length == 12
    assert settings.retention.audit_days is None
    assert settings.limits.concurrent_runs is None
    assert settings.publishing.requires_approval


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"default_model": "gpt-4"}, "“default_model” is not known; did you mean “default_ai_model”"),
        ({"notification_preferences": {"fax": True}}, "notification_preferences: “fax” is not known; known are email"),
        ({"security_settings": {"require_2FA": True}}, "“require_2FA” is not known; did you mean “require_2fa”"),
        ({"security_settings": {"session_timeout": 10}}, "session_timeout: must be at least 300"),
        ({"security_settings": {"session_timeout": "an hour"}}, "session_timeout: must be a whole number"),
        ({"security_settings": {"min_password_length": 4}}, "min_password_length: must be at least 8"),
        ({"security_settings": {"email_domains": ["@Acme"]}}, "email_domains 1: has characters that are not allowed"),
        ({"retention": {"audit_days": 1}}, "retention, audit_days: must be at least 30"),
        ({"limits": {"monthly_cost_usd": 0}}, "limits, monthly_cost_usd: must be more than 0"),
        ({"integration_enabled": "perhaps"}, "integration_enabled: must be true or false"),
        ({"security_settings": []}, "security_settings: must be a group of named values"),
    ],
)
def test_wrong_setting_is_refused_by_name(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        validate(OrganizationSettings, wrong, what="The settings")
    assert said in caught.value.message


def test_keys_of_a_newer_version_are_kept_on_read() -> None:
    stored = {"theme": "dark", "security_settings": {"session_timeout": 7200, "passkeys": True}}
    settings = read_stored(OrganizationSettings, stored, what="The settings")
    assert settings.model_extra == {"theme": "dark"}
    assert settings.security_settings.session_timeout == 7200
    assert settings.security_settings.model_extra == {"passkeys": True}
