"""The tiny local model: SmolLM2-135M on llama.cpp in a child process. It needs no key and no internet."""

import asyncio
from collections.abc import Callable
from decimal import Decimal
from weakref import WeakKeyDictionary

from pydantic import SecretStr

from lib.providers.base import ModelAnswer, ModelCall, ModelChoice
from lib.providers.errors import ErrorKind, ModelCallError
from lib.providers.local_process import WEIGHTS_PACKAGE, LocalProcess, StartFailed, find_weights
from lib.providers.remote import RemoteModels
from lib.providers.vendors import ConnectionSpec, Vendor, connect

LABEL = "tiny local demo model: weak answers"
CHOICE = ModelChoice("local", "smollm2-135m")

_NOT_INSTALLED = "The tiny local demo model is not installed. Run “make run” again, or choose another model."
_SWITCHED_OFF = "The tiny local demo model is switched off (ORCHESTRATOR_LOCAL_MODEL). Choose another model."
#: After these the process can't be trusted to answer the next call.
_SUSPICIOUS = frozenset(
    {
        ErrorKind.CONNECTION,
        ErrorKind.STREAM_CUT,
        ErrorKind.STALLED,
        ErrorKind.TIMEOUT,
        ErrorKind.MALFORMED,
        ErrorKind.SERVER,
        ErrorKind.AUTH,
    }
)
#: What of those is the process's fault, as a person would see it.
_BROKEN = _SUSPICIOUS - {ErrorKind.TIMEOUT, ErrorKind.STALLED}


class LocalModel:
    """A provider with one model. It answers one call at a time: more would only share one core."""

    def __init__(self, *, is_offered: bool = True, package: str = WEIGHTS_PACKAGE) -> None:
        self._is_offered = is_offered
        self._package = package
        self._process = LocalProcess(CHOICE.model)
        self._turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()

    @property
    def name(self) -> str:
        """The part of a `ModelChoice` before the colon."""
        return CHOICE.provider

    @property
    def is_free(self) -> bool:
        """It costs nobody anything but time."""
        return True

    def find_price_usd(
        self,
        model: str,  # noqa: ARG002 as `Provider` names them
        *,
        prompt_tokens: int,  # noqa: ARG002 as above
        completion_tokens: int,  # noqa: ARG002 as above
    ) -> Decimal | None:
        """See `Provider.find_price_usd`."""
        return Decimal(0)

    def endpoint_of(self, model: str) -> str:  # noqa: ARG002 as `Provider` names it
        """See `Provider.endpoint_of`."""
        return "/v1/chat/completions"

    @property
    def is_installed(self) -> bool:
        """Whether the weights and the runtime are there."""
        return find_weights(self._package) is not None

    @property
    def pid(self) -> int | None:
        """Of the child process, while there is one."""
        return self._process.pid

    async def answer(self, call: ModelCall, *, on_text: Callable[[str], None]) -> ModelAnswer:
        """See `Provider.answer`. Waiting for one's turn, and for the process to start, is not timed."""
        await self.check(call.model)
        async with self._turns.setdefault(asyncio.get_running_loop(), asyncio.Lock()):
            endpoint = await self._start(call.model)
            try:
                return await endpoint.answer(call, on_text=on_text)
            except ModelCallError as error:
                if error.kind in _SUSPICIOUS:
                    await asyncio.to_thread(self._process.stop)
                if error.kind in _BROKEN:
                    raise self._error("The tiny local model stopped while answering.", call.model) from error
                raise

    async def check(self, model: str) -> None:
        """See `Provider.check`: whether it is there; nothing is started for that."""
        if not self._is_offered:
            raise self._error(_SWITCHED_OFF, model, kind=ErrorKind.NOT_CONFIGURED)
        if model != CHOICE.model:
            message = f"There is no local model “{model}”. The only one is {CHOICE}."
            raise self._error(message, model, kind=ErrorKind.MODEL_NOT_FOUND)
        if not self.is_installed:
            raise self._error(_NOT_INSTALLED, model, kind=ErrorKind.NOT_CONFIGURED)

    async def models(self) -> tuple[str, ...]:
        """The one model, where it is offered and installed."""
        return (CHOICE.model,) if self._is_offered and self.is_installed else ()

    def stop(self) -> None:
        """End the child process; the next call starts another one."""
        self._process.stop()

    async def _start(self, model: str) -> RemoteModels:
        weights = find_weights(self._package)
        if weights is None:
            raise self._error(_NOT_INSTALLED, model, kind=ErrorKind.NOT_CONFIGURED)
        try:
            address = await asyncio.to_thread(self._process.start, weights)
        except (StartFailed, OSError) as error:
            raise self._error(f"The tiny local model could not be started: {error}.", model) from error
        spec = ConnectionSpec(
            name=self.name,
            vendor=Vendor.OPENAI_COMPATIBLE,
            base_url=f"{address.url}/v1",
            api_key=SecretStr(address.key),
            is_free=True,
            is_llama_cpp=True,
        )
        return connect(spec)

    def _error(self, message: str, model: str, *, kind: ErrorKind = ErrorKind.LOCAL_MODEL) -> ModelCallError:
        hint = " It is started again for the next attempt." if kind is ErrorKind.LOCAL_MODEL else ""
        return ModelCallError(message + hint, kind=kind, provider=self.name, model=model)
