import pytest
from pydantic import ValidationError

from lib.errors import InvalidInput
from lib.providers.base import ModelChoice, ModelParameters


@pytest.mark.parametrize(
    ("text", "provider", "model"),
    [
        ("local:smollm2-135m", "local", "smollm2-135m"),
        ("openai:gpt-4.1-mini", "openai", "gpt-4.1-mini"),
        ("openai:ft:gpt-4o:acme::7p", "openai", "ft:gpt-4o:acme::7p"),
        ("openai:meta-llama/Llama-3.3-70B", "openai", "meta-llama/Llama-3.3-70B"),
    ],
)
def test_a_choice_is_read_and_written_the_same(text: str, provider: str, model: str) -> None:
    choice = ModelChoice.parse(text)
    assert (choice.provider, choice.model) == (provider, model)
    assert str(choice) == text


@pytest.mark.parametrize(
    "text",
    ["", ":", "gpt-4", "openai:", ":gpt-4", "Open AI:gpt", "openai:gpt 4", "openai:gpt\n", "openai:" + "x" * 201],
)
def test_what_is_no_choice_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidInput, match="provider:model") as caught:
        ModelChoice.parse(text)
    assert caught.value.field == "model"


def test_own_parameters_come_before_the_defaults() -> None:
    own = ModelParameters(temperature=0.0, stop=("END",))
    defaults = ModelParameters(temperature=0.4, max_tokens=160)
    assert own.over(defaults) == ModelParameters(temperature=0.0, max_tokens=160, stop=("END",))


@pytest.mark.parametrize(
    "wrong",
    [{"temperature": 3}, {"top_p": 0}, {"max_tokens": 0}, {"max_tokens": True}, {"max_tokens": "9"}, {"heat": 1}],
)
def test_a_parameter_out_of_range_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ModelParameters.model_validate(wrong)
