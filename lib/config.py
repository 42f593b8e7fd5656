"""The settings, all of them environment variables; docs/operate.md lists them and a test holds the list."""

import os
import sys
from email.utils import getaddresses
from functools import cache
from ipaddress import ip_network
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from lib.errors import ConfigurationError

#: The repository: Home.py, pages/ and static/ lie here.
ROOT = Path(__file__).resolve().parent.parent


def default_data_dir() -> Path:
    """Where data lies that nobody gave a place: the system's folder under root, else the user's.

    `~` stands for a home that is looked for by whoever needs the folder: not every user has one.
    """
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return Path("/var/lib/ai-orchestrator")
    if sys.platform == "darwin":
        return Path("~") / "Library" / "Application Support" / "ai-orchestrator"
    return Path(os.environ.get("XDG_DATA_HOME") or Path("~") / ".local" / "share") / "ai-orchestrator"


class Settings(BaseSettings):
    """What the processes read at start. Each field is `ORCHESTRATOR_<NAME>`, but for DATABASE_URL."""

    model_config = SettingsConfigDict(env_prefix="ORCHESTRATOR_", env_ignore_empty=True, extra="ignore", frozen=True)

    data_dir: Path = Field(default_factory=default_data_dir, description="embedded database, files and keys")
    database_url: SecretStr | None = Field(
        default=None, validation_alias="DATABASE_URL", description="the owner's, for `orchestrator db …` only"
    )
    web_database_url: SecretStr | None = Field(default=None, description="login of the web process")
    identity_database_url: SecretStr | None = Field(default=None, description="login of the sign-in pool")
    worker_database_url: SecretStr | None = Field(default=None, description="login of the workers")
    backup_database_url: SecretStr | None = Field(
        default=None, description="a login that reads every row, for `orchestrator backup` only"
    )
    secret_key: SecretStr | None = Field(default=None, description="signs and encrypts; generated when embedded")
    secret_key_file: Path | None = Field(default=None, description="a file that holds that key instead")
    previous_secret_keys: SecretStr = Field(
        default=SecretStr(""), description="keys before it, by commas: what they sealed still opens"
    )
    host: str = Field(default="127.0.0.1", description="address to listen on")
    port: int = Field(default=8501, ge=0, le=65535, description="port to listen on; 0 takes a free one")
    public_url: str | None = Field(default=None, description="where people reach the dashboard")
    trusted_proxies: str = Field(default="", description="addresses whose X-Forwarded-For is believed, by commas")
    openai_base_url: str | None = Field(default=None, description="an OpenAI-compatible endpoint, with /v1")
    openai_api_key: SecretStr | None = Field(default=None, description="key of that endpoint")
    openai_models: str = Field(default="", description="models offered from it, by commas; empty asks the endpoint")
    anthropic_api_key: SecretStr | None = Field(default=None, description="key of Anthropic's API")
    anthropic_models: str = Field(default="", description="models offered from it, by commas; empty asks Anthropic")
    google_api_key: SecretStr | None = Field(default=None, description="key of Google's Gemini API")
    google_models: str = Field(default="", description="models offered from it, by commas; empty asks Google")
    azure_openai_endpoint: str | None = Field(default=None, description="address of an Azure OpenAI resource")
    azure_openai_api_key: SecretStr | None = Field(default=None, description="key of that resource")
    azure_openai_api_version: str = Field(default="", description="its API's version; empty is the v1 API")
    azure_openai_models: str = Field(default="", description="names of its deployments, by commas")
    offer_environment_models: str = Field(
        default="all", description="who is offered these and the local one: all, none, or slugs of organizations"
    )
    allowed_private_hosts: str = Field(
        default="",
        description="private hosts that connections and webhooks may reach: host, host:port or network, by commas",
    )
    local_model: bool = Field(default=True, description="offer the tiny local demo model")
    metrics_token: SecretStr | None = Field(
        default=None, min_length=16, description="who shows it reads /metrics; without one it is not there"
    )
    smtp_url: SecretStr | None = Field(default=None, description="the mail server, with name and password")
    mail_from: str | None = Field(default=None, description="who mails come from")
    worker_concurrency: int = Field(default=8, ge=1, le=256, description="runs that one worker walks at once")
    runs_per_organization: int = Field(
        default=20,
        ge=1,
        le=100_000,
        description="runs of one organization at a time, where neither it nor its tier say",
    )
    drain_seconds: float = Field(
        default=20, ge=0, le=3600, description="how long a worker that is to stop lets its calls go on"
    )
    keep_workflows_hours: int = Field(default=24, ge=1, description="how long the queue keeps what has ended")
    schedule_minutes: int = Field(
        default=5, ge=1, le=1440, description="how many minutes a schedule leaves between two runs at least"
    )
    backup_dir: Path | None = Field(default=None, description="where backups are put")
    backup_hour: int | None = Field(default=None, ge=0, le=23, description="`up` makes a backup each day at this hour")
    backup_keep_daily: int = Field(default=7, ge=1, le=10_000, description="days of which that keeps a backup")
    backup_keep_weekly: int = Field(default=4, ge=0, le=10_000, description="weeks of which that keeps a backup")
    archives: str | None = Field(default=None, description="where archives are kept instead: s3://bucket/prefix")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="DEBUG, INFO, WARNING or ERROR"
    )

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: str) -> str:
        for part in filter(None, (part.strip() for part in value.split(","))):
            ip_network(part, strict=False)
        return value

    @field_validator("archives")
    @classmethod
    def _bucket(cls, value: str | None) -> str | None:
        parts = urlsplit(value) if value else None
        if parts and (parts.scheme != "s3" or not parts.netloc or parts.query or parts.fragment or "@" in parts.netloc):
            message = "ORCHESTRATOR_ARCHIVES must look like s3://bucket/prefix"
            raise ValueError(message)
        return value

    @field_validator("public_url")
    @classmethod
    def _absolute(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            message = "ORCHESTRATOR_PUBLIC_URL must look like https://orchestrator.example.com"
            raise ValueError(message)
        return value.rstrip("/")

    @field_validator("smtp_url")
    @classmethod
    def _mail_server(cls, value: SecretStr | None) -> SecretStr | None:
        parts = urlsplit(value.get_secret_value()) if value else None
        if parts and (parts.scheme not in {"smtp", "smtps"} or not parts.hostname):
            message = "ORCHESTRATOR_SMTP_URL must look like smtp://name:password@mail.example.com:587 or smtps://…"
            raise ValueError(message)
        return value

    @field_validator("mail_from")
    @classmethod
    def _sender(cls, value: str | None) -> str | None:
        if value and not (value.isprintable() and [at.count("@") for _, at in getaddresses([value])] == [1]):
            message = "ORCHESTRATOR_MAIL_FROM must look like AI Orchestrator <orchestrator@example.com>"
            raise ValueError(message)
        return value

    @property
    def allowed_hosts(self) -> frozenset[str]:
        """`allowed_private_hosts`, one by one."""
        return frozenset(filter(None, (part.strip() for part in self.allowed_private_hosts.split(","))))

    @property
    def offers_environment_models_to_all(self) -> bool:
        """Whether everybody may use the models that the environment sets up."""
        return "all" in self._offered_to

    def offers_environment_models_to(self, organization_slug: str) -> bool:
        """Whether people of that organization may."""
        return self.offers_environment_models_to_all or organization_slug.lower() in self._offered_to

    @property
    def _offered_to(self) -> frozenset[str]:
        return frozenset(part.strip().lower() for part in self.offer_environment_models.split(",")) - {"none", ""}

    @property
    def url(self) -> str:
        """Where people reach the dashboard, without a slash at the end."""
        return self.public_url or f"http://localhost:{self.port}"

    @property
    def is_embedded(self) -> bool:
        """Whether the database is the one from the wheel, in `data_dir`."""
        return not any((self.database_url, self.web_database_url, self.identity_database_url, self.worker_database_url))


@cache
def get_settings() -> Settings:
    """The settings of this process, read once. Raises `ConfigurationError` that names each wrong variable."""
    try:
        return Settings()
    except ValidationError as error:
        wrong = [f"{_variable(detail['loc'])}: {detail['msg']}" for detail in error.errors(include_url=False)]
        raise ConfigurationError("These settings can't be used:\n" + "\n".join(wrong)) from None


def _variable(location: tuple[int | str, ...]) -> str:
    """The environment variable of a field."""
    name = str(location[0])
    return name if name == "DATABASE_URL" else f"ORCHESTRATOR_{name.removeprefix('ORCHESTRATOR_').upper()}"
