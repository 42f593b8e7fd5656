"""Which models are on offer here, from the settings; and whether a chosen one would answer."""

import asyncio
import time
from dataclasses import dataclass
from functools import lru_cache

from lib.config import Settings, get_settings
from lib.errors import ConfigurationError
from lib.providers import environment, local
from lib.providers.base import ModelChoice, ModelParameters, ModelTraits, Provider
from lib.providers.errors import ErrorKind, ModelCallError
from lib.providers.http_client import close_shared_client, run_now
from lib.providers.local import LocalModel
from lib.providers.remote import RemoteModels
from lib.providers.vendors import connect

#: The names of what the settings set up; connections of organizations have others.
ENVIRONMENT_PROVIDERS = frozenset({local.CHOICE.provider, *environment.PREFIXES})

_NOTHING = (
    "No model is set up yet. An admin can add a connection on the Connections page. Whoever runs this installation can "
    "offer models to everybody, as docs/operate.md says, or run “make run” again to install the tiny local demo model."
)
#: Tiny: what kept it on topic over seven phases. Others decide for themselves how long an answer is.
_SMALL = ModelTraits(
    is_small=True,
    notes_characters=300,
    parameters=ModelParameters(temperature=0.4, top_p=0.9, max_tokens=160),
)
_LARGE = ModelTraits(is_small=False, notes_characters=12_000, parameters=ModelParameters())

#: Endpoints list everything they have; these write no text.
_NO_CHAT = (
    "embed",
    "whisper",
    "tts",
    "dall-e",
    "image",
    "moderation",
    "audio",
    "realtime",
    "transcribe",
    "sora",
    "veo",
)
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

    @property
    def full_label(self) -> str:
        """The model and who answers for it."""
        return f"{self.label} · {self.provider_label}"


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
    return _remote(name, settings) if name in environment.PREFIXES else None


def get_provider(name: str, *, settings: Settings | None = None) -> Provider:
    """The provider of that name, or `ModelCallError` that says what to set."""
    provider = find_provider(name, settings=settings)
    if provider is None:
        is_known = name in environment.PREFIXES
        message = (
            environment.what_is_missing(name) if is_known else f"There is no provider “{name}”. Choose another model."
        )
        raise ModelCallError(message, kind=ErrorKind.NOT_CONFIGURED, provider=name, model="")
    return provider


def get_traits(choice: ModelChoice) -> ModelTraits:
    """How to write prompts for that model. Asks nobody."""
    return _SMALL if choice == local.CHOICE else _LARGE


def read_catalog(*, settings: Settings | None = None) -> Catalog:
    """What is on offer: the models that the settings name, the local one, then what the endpoints list by themselves.

    For synchronous code. An endpoint for which no model is named is asked, all of them at once and for at most 8 s,
    and its answer is kept for half a minute.
    """
    settings = settings or get_settings()
    named: list[OfferedModel] = []
    asked: list[RemoteModels] = []
    problems: list[str] = []
    for name in environment.PREFIXES:
        models = environment.named_models(name, settings)
        try:
            endpoint = _remote(name, settings)
        except ModelCallError as error:
            problems.append(error.message)
            continue
        if endpoint is None:
            problems += [environment.what_is_missing(name)] if models else []
        elif models:
            named += _offers(models, endpoint)
        else:
            asked.append(endpoint)
    listed: list[OfferedModel] = []
    for endpoint, found in zip(asked, _listed(settings, asked), strict=True):
        if isinstance(found, ModelCallError):
            problems.append(found.message)
        else:
            listed += _offers(found, endpoint)
    offered = (*named, *_local_offers(settings), *listed)
    return Catalog(offered, tuple(problems) if problems else () if offered else (_NOTHING,))


async def close_providers(*, settings: Settings | None = None) -> None:
    """Close this loop's connections and end the local model's process. For the end of a worker."""
    await asyncio.to_thread(_local(settings or get_settings()).stop)
    await close_shared_client()


@lru_cache(maxsize=8)
def _local(settings: Settings) -> LocalModel:
    return LocalModel(is_offered=settings.local_model)


@lru_cache(maxsize=32)
def _remote(name: str, settings: Settings) -> RemoteModels | None:
    connection = environment.find_connection(name, settings)
    if connection is None:
        return None
    try:
        return connect(connection.spec, places=connection.places)
    except ConfigurationError as error:
        message = f"{connection.places.address}: {error.message}"
        raise ModelCallError(message, kind=ErrorKind.NOT_CONFIGURED, provider=name, model="") from error


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


def _offers(models: tuple[str, ...], endpoint: RemoteModels) -> tuple[OfferedModel, ...]:
    note = f"Answers come from {endpoint.host}, which is sent the prompts and may charge for them."
    if endpoint.ignored:
        note += f" It knows no {', '.join(sorted(endpoint.ignored))}: they have no effect."
    return tuple(
        OfferedModel(
            choice=ModelChoice(endpoint.name, model),
            label=model,
            provider_label=endpoint.host,
            note=note,
            is_local=False,
            is_free=False,
            traits=get_traits(ModelChoice(endpoint.name, model)),
        )
        for model in models
    )


#: Provider and settings -> until when it counts, the list or why there is none.
_lists: dict[tuple[str, Settings], tuple[float, tuple[str, ...] | ModelCallError]] = {}


def _listed(settings: Settings, endpoints: list[RemoteModels]) -> list[tuple[str, ...] | ModelCallError]:
    """What each endpoint lists, asked at once where it is not known from the last half minute."""
    now = time.monotonic()
    old = [each for each in endpoints if now >= _lists.get((each.name, settings), (0.0, ()))[0]]
    for endpoint, found in zip(old, run_now(_list_all(old)) if old else (), strict=True):
        kept = _KEPT_SECONDS_AFTER_FAILURE if isinstance(found, ModelCallError) else _KEPT_SECONDS
        _lists[endpoint.name, settings] = (time.monotonic() + kept, found)
    return [_lists[each.name, settings][1] for each in endpoints]


async def _list_all(endpoints: list[RemoteModels]) -> list[tuple[str, ...] | ModelCallError]:
    return await asyncio.gather(*(_list_one(each) for each in endpoints))


async def _list_one(endpoint: RemoteModels) -> tuple[str, ...] | ModelCallError:
    try:
        listed = await endpoint.models()
    except ModelCallError as error:
        return error.with_traceback(None)  # it is kept, and its traceback would keep this call
    found = tuple(name for name in listed if not any(word in name.lower() for word in _NO_CHAT))
    if found:
        return found
    message = f"{endpoint.host} lists no models. Name them in {environment.PREFIXES[endpoint.name]}_MODELS."
    return ModelCallError(message, kind=ErrorKind.NOT_CONFIGURED, provider=endpoint.name, model="")
