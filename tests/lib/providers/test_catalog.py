import subprocess
import sys
import threading
from typing import Any

import pytest
from llmock.scenarios import Fail

from lib.config import ROOT, Settings
from lib.providers import local
from lib.providers.base import ModelChoice
from lib.providers.catalog import (
    check_choice,
    find_provider,
    get_provider,
    get_traits,
    read_catalog,
)
from lib.providers.errors import ErrorKind, ModelCallError
from tests.local_model import needs_local_model


def settings(**values: Any) -> Settings:
    return Settings(**{"local_model": False} | values)


def names(of: Settings) -> list[str]:
    return [str(offered.choice) for offered in read_catalog(settings=of).models]


def test_named_models_are_offered_in_their_order_and_nobody_is_asked() -> None:
    of = settings(openai_base_url="http://127.0.0.1:9/v1", openai_models="b-model, a-model,,b-model ")
    catalog = read_catalog(settings=of)
    assert [str(offered.choice) for offered in catalog.models] == ["openai:b-model", "openai:a-model"]
    assert catalog.problems == ()
    assert catalog.models[0].provider_label == "127.0.0.1:9"
    assert not catalog.models[0].is_free
    assert not catalog.models[0].traits.is_small


def test_without_names_the_endpoint_is_asked_for_what_it_can_write_with(mock: Any) -> None:
    offered = names(settings(openai_base_url=mock.url))
    assert "openai:gpt-4o" in offered
    assert "openai:text-embedding-3-small" not in offered
    assert "openai:gpt-image-1" not in offered


def test_the_list_is_kept_for_a_while(mock: Any) -> None:
    of = settings(openai_base_url=mock.url, openai_api_key="kept")
    first = names(of)
    mock.will(Fail(500))
    assert names(of) == first


def test_an_endpoint_that_is_down_is_a_problem_in_words() -> None:
    catalog = read_catalog(settings=settings(openai_base_url="http://127.0.0.1:9/v1"))
    assert catalog.models == ()
    assert len(catalog.problems) == 1
    assert "can't be reached" in catalog.problems[0]


def test_an_address_that_is_none_is_a_problem_in_words() -> None:
    catalog = read_catalog(settings=settings(openai_base_url="localhost"))
    assert "ORCHESTRATOR_OPENAI_BASE_URL" in catalog.problems[0]


def test_nothing_set_up_says_what_to_set() -> None:
    catalog = read_catalog(settings=settings())
    assert catalog.models == ()
    assert "ORCHESTRATOR_OPENAI_API_KEY" in catalog.problems[0]


def test_names_without_an_endpoint_say_what_to_set() -> None:
    assert "ORCHESTRATOR_OPENAI_API_KEY" in read_catalog(settings=settings(openai_models="gpt-4o")).problems[0]


def test_a_key_alone_means_openai() -> None:
    catalog = read_catalog(settings=settings(openai_api_key="k", openai_models="gpt-4.1-mini"))
    assert catalog.models[0].provider_label == "api.openai.com"


@needs_local_model
def test_the_local_model_is_offered_with_its_warning() -> None:
    (offered,) = read_catalog(settings=Settings()).models
    assert offered.choice == local.CHOICE
    assert "tiny local demo model: weak answers" in offered.label
    assert offered.is_local
    assert offered.is_free


@needs_local_model
def test_named_models_come_before_the_local_one_and_that_before_asked_ones(mock: Any) -> None:
    asked = names(Settings(openai_base_url=mock.url))
    assert asked[0] == str(local.CHOICE)
    assert len(asked) > 1
    named = names(Settings(openai_base_url=mock.url, openai_models="gpt-4o"))
    assert named == ["openai:gpt-4o", str(local.CHOICE)]


def test_the_tiny_model_gets_short_notes_and_others_are_not_starved() -> None:
    small, large = get_traits(local.CHOICE), get_traits(ModelChoice("openai", "gpt-4.1"))
    assert small.is_small
    assert small.notes_characters == 300
    assert small.parameters.max_tokens is not None
    assert not large.is_small
    assert large.notes_characters >= 5_000
    assert large.parameters.max_tokens is None


class TestCheck:
    def test_a_model_that_is_there_passes(self, mock: Any) -> None:
        check_choice(ModelChoice("openai", "gpt-4o"), settings=settings(openai_base_url=mock.url))

    def test_it_works_in_a_thread_without_an_event_loop(self, mock: Any) -> None:
        seen: list[BaseException | None] = []

        def script() -> None:
            try:
                check_choice(ModelChoice("openai", "gpt-nope"), settings=settings(openai_base_url=mock.url))
            except ModelCallError as error:
                seen.append(error)

        thread = threading.Thread(target=script)
        thread.start()
        thread.join()
        assert isinstance(seen[0], ModelCallError)
        assert seen[0].kind is ErrorKind.MODEL_NOT_FOUND

    @pytest.mark.parametrize(
        ("choice", "kind"),
        [
            (ModelChoice("openai", "gpt-4o"), ErrorKind.NOT_CONFIGURED),
            (ModelChoice("nobody", "gpt-4o"), ErrorKind.NOT_CONFIGURED),
            (ModelChoice("local", "smollm2-135m"), ErrorKind.NOT_CONFIGURED),  # switched off here
        ],
    )
    def test_what_is_not_set_up_is_said(self, choice: ModelChoice, kind: ErrorKind) -> None:
        with pytest.raises(ModelCallError) as caught:
            check_choice(choice, settings=settings())
        assert caught.value.kind is kind


def test_a_provider_is_one_object_in_the_process() -> None:
    of = settings(openai_base_url="http://127.0.0.1:9/v1")
    assert get_provider("openai", settings=of) is get_provider("openai", settings=of)
    assert find_provider("nobody", settings=of) is None


def test_reading_the_catalog_loads_no_vendors_sdk() -> None:
    script = (
        "import sys; from lib.providers.catalog import read_catalog; read_catalog();"
        "print([name for name in ('openai', 'pydantic_ai', 'genai_prices', 'xllamacpp') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
