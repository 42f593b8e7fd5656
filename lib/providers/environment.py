"""The operator's own connections, from the settings. They are not restricted in whom they reach."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from lib.config import Settings
from lib.providers.phrases import Places
from lib.providers.vendors import ConnectionSpec, Vendor


@dataclass(frozen=True, slots=True)
class EnvironmentConnection:
    """A connection, the models that are named for it, and which settings to look at when it fails."""

    spec: ConnectionSpec
    models: tuple[str, ...]
    places: Places


#: Provider -> what its settings' names begin with. The order is the one in which models are offered.
PREFIXES = {
    "openai": "ORCHESTRATOR_OPENAI",
    "anthropic": "ORCHESTRATOR_ANTHROPIC",
    "google": "ORCHESTRATOR_GOOGLE",
    "azure_openai": "ORCHESTRATOR_AZURE_OPENAI",
}


def find_connection(name: str, settings: Settings) -> EnvironmentConnection | None:
    """The connection of that name, or None where it is not set up."""
    spec = _find_spec(name, settings)
    if spec is None:
        return None
    return EnvironmentConnection(spec, named_models(name, settings), _places_of(name))


def named_models(name: str, settings: Settings) -> tuple[str, ...]:
    """The models that …_MODELS names, once each, also where the rest of the connection is missing."""
    names = {
        "openai": settings.openai_models,
        "anthropic": settings.anthropic_models,
        "google": settings.google_models,
        "azure_openai": settings.azure_openai_models,
    }
    return tuple(dict.fromkeys(filter(None, (model.strip() for model in names[name].split(",")))))


def what_is_missing(name: str) -> str:
    """What to set before there is a connection of that name."""
    if name == "openai":
        return (
            "No endpoint is set up. Set ORCHESTRATOR_OPENAI_API_KEY, or ORCHESTRATOR_OPENAI_BASE_URL for another "
            "OpenAI-compatible endpoint, or choose another model."
        )
    setting = f"{PREFIXES[name]}_{'ENDPOINT' if name == 'azure_openai' else 'API_KEY'}"
    return f"{name} is not set up. Set {setting}, or choose another model."


def _find_spec(name: str, settings: Settings) -> ConnectionSpec | None:
    if name == "openai" and (settings.openai_base_url or settings.openai_api_key):
        url = settings.openai_base_url or ""
        vendor = Vendor.OPENAI if not url or _is_openais(url) else Vendor.OPENAI_COMPATIBLE
        return ConnectionSpec(name, vendor, url, settings.openai_api_key)
    if name == "anthropic" and settings.anthropic_api_key:
        return ConnectionSpec(name, Vendor.ANTHROPIC, "", settings.anthropic_api_key)
    if name == "google" and settings.google_api_key:
        return ConnectionSpec(name, Vendor.GOOGLE, "", settings.google_api_key)
    if name == "azure_openai" and settings.azure_openai_endpoint:
        version = settings.azure_openai_api_version
        url, key = settings.azure_openai_endpoint, settings.azure_openai_api_key
        return ConnectionSpec(name, Vendor.AZURE_OPENAI, url, key, api_version=version)
    return None


def _is_openais(url: str) -> bool:
    """OpenAI has regional addresses, such as eu.api.openai.com."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    return host == "api.openai.com" or host.endswith(".api.openai.com")


def _places_of(name: str) -> Places:
    prefix = PREFIXES[name]
    addresses = {"openai": f"{prefix}_BASE_URL", "azure_openai": f"{prefix}_ENDPOINT"}
    address = addresses.get(name)
    models = f"{prefix}_MODELS and {address}" if address else f"{prefix}_MODELS"
    return Places(f"{prefix}_API_KEY", address or "this machine's proxy", models)
