"""Which models are on offer here, from the settings; and whether a chosen one would answer."""

import asyncio
import time
from dataclasses import dataclass
from functools import lru_cache

from lib.config import Settings, get_settings
from lib.errors import ConfigurationError
from lib.providers import local
from lib.providers.base import ModelChoice, ModelParameters, ModelTraits, Provider
from lib.providers.errors import ErrorKind, ModelCallError
from lib.providers.http_client import close_shared_client, run_now
from lib.providers.local import LocalModel
from lib.providers.openai_compatible import OPENAI_URL, OpenAICompatible

OPENAI = "openai"
#: The names of what the settings set up; connections of organizations have others.
ENVIRONMENT_PROVIDERS = frozenset({local.CHOICE.provider, OPENAI})

_NOTHING = (
    "No model is set up. Set ORCHESTRATOR_OPENAI_API_KEY, or ORCHESTRATOR_OPENAI_BASE_URL for another "
    "OpenAI-compatible endpoint, or run “make run” again to install the tiny local demo model."
)
_NO_ENDPOINT = (
    "No endpoint is set up. Set ORCHESTRATOR_OPENAI_API_KEY, or ORCHESTRATOR_OPENAI_BASE_URL for another "
    "OpenAI-compatible endpoint, or choose another model."
)
#: Tiny: what kept it on topic over seven phases. Others decide for themselves how long an answer is.
_SMALL = ModelTraits(
    is_small=True,
    notes_characters=300,
    parameters=ModelParameters(temperature=0.4, top_p=0.9, max_tokens=160),
)
_LARGE = ModelTraits(is_small=False, notes_characters=12_000, parameters=ModelParameters())

#: Endpoints list everything they have; these write no text.
_NO_CHAT = ("embed", "whisper", "tts", "dall-e", "image", "moderation", "audio", "realtime", "transcribe", "sora")
_KEPT_SECONDS = 30.0
_KEPT_SECONDS_AFTER_FAILURE = 15.0


@dataclass(frozen=True, slots=True)
class OfferedModel:
    """A model that can be chosen, and what a person should know before doing so."""

    choice: ModelChoice
    label: str
    provider_label: str
    note: str
    is_local: bool
    is_free: bool
    traits: ModelTraits


@dataclass(frozen=True, slots=True)
class Catalog:
    """The models on offer, the best default first, and in words what is missing."""

    models: tuple[OfferedModel, ...]
    problems: tuple[str, ...]


def find_provider(name: str, *, settings: Settings | None = None) -> Provider | None:
    """The provider of that name; the same object in the whole process. None where it is not set up.

    Raises `ModelCallError` where it is set up wrongly.
    """
    settings = settings or get_settings()
    if name == local.CHOICE.provider:
        return _local(settings)
    return _endpoint(settings) if name == OPENAI else None


def get_provider(name: str, *, settings: Settings | None = None) -> Provider:
    """The provider of that name, or `ModelCallError` that says what to set."""
    provider = find_provider(name, settings=settings)
    if provider is None:
        message = _NO_ENDPOINT if name == OPENAI else f"There is no provider “{name}”. Choose another model."
        raise ModelCallError(message, kind=ErrorKind.NOT_CONFIGURED, provider=name, model="")
    return provider


def get_traits(choice: ModelChoice) -> ModelTraits:
    """How to write prompts for that model. Asks nobody."""
    return _SMALL if choice == local.CHOICE else _LARGE


def read_catalog(*, settings: Settings | None = None) -> Catalog:
    """What is on offer: the models that the settings name, the local one, then what the endpoint lists by itself.

    For synchronous code. Where ORCHESTRATOR_OPENAI_MODELS is empty the endpoint is asked, for at most 8 s, and its
    answer is kept for half a minute.
    """
    settings = settings or get_settings()
    names = tuple(dict.fromkeys(filter(None, (name.strip() for name in settings.openai_models.split(",")))))
    problem = ""
    named: tuple[OfferedModel, ...] = ()
    listed: tuple[OfferedModel, ...] = ()
    try:
        endpoint = _endpoint(settings)
        if endpoint is None:
            problem = _NO_ENDPOINT if names else ""
        elif names:
            named = _offers(names, endpoint)
        else:
            listed = _offers(_listed(settings, endpoint), endpoint)
    except ModelCallError as error:
        problem = error.message
    models = (*named, *_local_offers(settings), *listed)
    return Catalog(models, (problem,) if problem else () if models else (_NOTHING,))


def check_choice(choice: ModelChoice, *, settings: Settings | None = None) -> None:
    """Raise `ModelCallError` if a call to `choice` would fail now; at most 8 s.

    For synchronous code, such as a page's script: there must be no running event loop in this thread.
    """
    run_now(get_provider(choice.provider, settings=settings).check(choice.model))


async def close_providers(*, settings: Settings | None = None) -> None:
    """Close this loop's connections and end the local model's process. For the end of a worker."""
    await asyncio.to_thread(_local(settings or get_settings()).stop)
    await close_shared_client()


@lru_cache(maxsize=8)
def _local(settings: Settings) -> LocalModel:
    return LocalModel(is_offered=settings.local_model)


@lru_cache(maxsize=8)
def _endpoint(settings: Settings) -> OpenAICompatible | None:
    if not settings.openai_base_url and not settings.openai_api_key:
        return None
    key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else None
    try:
        return OpenAICompatible(OPENAI, settings.openai_base_url or OPENAI_URL, api_key=key)
    except ConfigurationError as error:
        message = f"ORCHESTRATOR_OPENAI_BASE_URL: {error.message}"
        raise ModelCallError(message, kind=ErrorKind.NOT_CONFIGURED, provider=OPENAI, model="") from error


def _local_offers(settings: Settings) -> tuple[OfferedModel, ...]:
    if not settings.local_model or not _local(settings).is_installed:
        return ()
    return (
        OfferedModel(
            choice=local.CHOICE,
            label=f"SmolLM2 135M ({local.LABEL})",
            provider_label="this machine",
            note="Free, needs no key and no internet. Good for trying things out, not for real work.",
            is_local=True,
            is_free=True,
            traits=get_traits(local.CHOICE),
        ),
    )


def _offers(models: tuple[str, ...], endpoint: OpenAICompatible) -> tuple[OfferedModel, ...]:
    return tuple(
        OfferedModel(
            choice=ModelChoice(endpoint.name, model),
            label=model,
            provider_label=endpoint.host,
            note=f"Answers come from {endpoint.host}, which is sent the prompts and may charge for them.",
            is_local=False,
            is_free=False,
            traits=get_traits(ModelChoice(endpoint.name, model)),
        )
        for model in models
    )


#: Settings -> until when it counts, the list or why there is none.
_lists: dict[Settings, tuple[float, tuple[str, ...] | ModelCallError]] = {}


def _listed(settings: Settings, endpoint: OpenAICompatible) -> tuple[str, ...]:
    until, found = _lists.get(settings, (0.0, ()))
    if time.monotonic() >= until:
        try:
            found = tuple(
                name for name in run_now(endpoint.models()) if not any(word in name.lower() for word in _NO_CHAT)
            )
        except ModelCallError as error:
            found = error
        kept = _KEPT_SECONDS_AFTER_FAILURE if isinstance(found, ModelCallError) else _KEPT_SECONDS
        _lists[settings] = (time.monotonic() + kept, found)
    if isinstance(found, ModelCallError):
        raise found.with_traceback(None)  # it is kept, and each raise would lengthen its traceback
    if not found:
        message = f"{endpoint.host} lists no models. Name them in ORCHESTRATOR_OPENAI_MODELS."
        raise ModelCallError(message, kind=ErrorKind.NOT_CONFIGURED, provider=endpoint.name, model="")
    return found
