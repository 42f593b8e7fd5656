import pickle

from lib.errors import ModelError, OrchestratorError
from lib.providers.errors import ErrorKind, ModelCallError


def test_an_error_is_of_the_tree() -> None:
    assert issubclass(ModelCallError, ModelError)
    assert issubclass(ModelError, OrchestratorError)


def test_an_error_survives_pickling_whole() -> None:
    error = ModelCallError(
        "Slow down.", kind=ErrorKind.RATE_LIMIT, provider="openai", model="m", status=429, retry_after_seconds=2.5
    )
    copy = pickle.loads(pickle.dumps(error))
    assert str(copy) == "Slow down."
    assert (copy.kind, copy.provider, copy.model, copy.status, copy.retry_after_seconds) == (
        ErrorKind.RATE_LIMIT,
        "openai",
        "m",
        429,
        2.5,
    )
