import subprocess
import sys
import threading
import time
from typing import Any

import pytest
from llmock.scenarios import Fail

from lib.config import ROOT, Settings
from lib.providers import local
from lib.providers.base import ModelChoice
from lib.providers.catalog import (
    find_provider,
    get_provider,
    get_traits,
    read_catalog,
)
from lib.providers.environment import find_connection
from lib.providers.errors import ErrorKind, ModelCallError
from lib.providers.http_client import run_now
from lib.providers.vendors import Vendor
from tests.local_model import needs_local_model


def settings(**values: Any) -> Settings:
    return Settings(**{"local_model": False} | values)


def check_choice(choice: ModelChoice, *, settings: Settings) -> None:
    run_now(get_provider(choice.provider, settings=settings).check(choice.model))


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


def test_nothing_set_up_says_who_can_set_one_up() -> None:
    catalog = read_catalog(settings=settings())
    assert catalog.models == ()
    assert "An admin can add a connection on the Connections page." in catalog.problems[0]


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


#: Every connection that the environment can have, none of which is asked for its models.
EVERYTHING = {
    "openai_api_key": "k",
    "openai_models": "gpt-4.1-mini",
    "anthropic_api_key": "k",
    "anthropic_models": "claude-sonnet-4-5",
    "google_api_key": "k",
    "google_models": "gemini-2.5-flash",
    "azure_openai_endpoint": "https://acme.openai.azure.com",
    "azure_openai_api_key": "k",
    "azure_openai_models": "our-gpt",
}


class TestVendors:
    def test_models_of_each_are_offered_with_its_host(self) -> None:
        catalog = read_catalog(settings=settings(**EVERYTHING))
        assert [(str(offered.choice), offered.provider_label) for offered in catalog.models] == [
            ("openai:gpt-4.1-mini", "api.openai.com"),
            ("anthropic:claude-sonnet-4-5", "api.anthropic.com"),
            ("google:gemini-2.5-flash", "generativelanguage.googleapis.com"),
            ("azure_openai:our-gpt", "acme.openai.azure.com"),
        ]
        assert catalog.problems == ()

    def test_what_a_vendor_does_not_take_is_said_where_a_model_is_chosen(self) -> None:
        notes = {each.choice.provider: each.note for each in read_catalog(settings=settings(**EVERYTHING)).models}
        told = "It knows no frequency_penalty, presence_penalty, seed: they have no effect."
        assert [provider for provider, note in notes.items() if told in note] == ["anthropic"]

    @pytest.mark.parametrize(
        ("name", "setting"),
        [
            ("anthropic", "ORCHESTRATOR_ANTHROPIC_API_KEY"),
            ("google", "ORCHESTRATOR_GOOGLE_API_KEY"),
            ("azure_openai", "ORCHESTRATOR_AZURE_OPENAI_ENDPOINT"),
        ],
    )
    def test_names_without_the_rest_say_what_to_set(self, name: str, setting: str) -> None:
        of = settings(**{f"{name}_models": "some-model"})
        assert setting in read_catalog(settings=of).problems[0]
        with pytest.raises(ModelCallError, match=setting):
            check_choice(ModelChoice(name, "some-model"), settings=of)

    def test_one_that_is_down_does_not_hide_the_others(self, mock: Any) -> None:
        of = settings(openai_base_url=mock.url, azure_openai_endpoint="http://127.0.0.1:9", azure_openai_api_key="k")
        catalog = read_catalog(settings=of)
        assert "openai:gpt-4o" in [str(offered.choice) for offered in catalog.models]
        assert len(catalog.problems) == 1
        assert "127.0.0.1:9 can't be reached" in catalog.problems[0]
        assert "ORCHESTRATOR_AZURE_OPENAI_ENDPOINT" in catalog.problems[0]

    def test_azures_deployments_have_to_be_named(self, raw: Any) -> None:
        raw.headers = ["Content-Type: application/json"]
        raw.pieces = [b'{"object": "list", "data": [{"id": "gpt-4o-2024-08-06"}]}']
        of = settings(azure_openai_endpoint=raw.url, azure_openai_api_key="k", azure_openai_api_version="2024-10-21")
        (problem,) = read_catalog(settings=of).problems
        assert "ORCHESTRATOR_AZURE_OPENAI_MODELS" in problem
        assert raw.requests[0].startswith("GET /openai/models?api-version=2024-10-21 ")

    def test_a_refused_key_names_its_setting(self, raw: Any) -> None:
        raw.status = "401 Unauthorized"
        of = settings(azure_openai_endpoint=raw.url, azure_openai_api_key="k")
        assert "Check ORCHESTRATOR_AZURE_OPENAI_API_KEY" in read_catalog(settings=of).problems[0]

    def test_all_are_asked_at_once(self, raw: Any) -> None:
        raw.pieces = [120.0]
        began = time.monotonic()
        of = settings(openai_base_url=f"{raw.url}/v1", azure_openai_endpoint=raw.url, azure_openai_api_key="k")
        assert len(read_catalog(settings=of).problems) == 2
        assert time.monotonic() - began < 15, "8 s for both"

    @pytest.mark.parametrize(
        ("url", "vendor"),
        [
            (None, Vendor.OPENAI),
            ("https://api.openai.com/v1", Vendor.OPENAI),
            ("https://eu.api.openai.com/v1", Vendor.OPENAI),
            ("https://llm.example.com/v1", Vendor.OPENAI_COMPATIBLE),
            ("https://api.openai.com.example.com/v1", Vendor.OPENAI_COMPATIBLE),
            ("http://[::1", Vendor.OPENAI_COMPATIBLE),
        ],
    )
    def test_openai_is_told_from_what_only_speaks_its_protocol(self, url: str | None, vendor: Vendor) -> None:
        connection = find_connection("openai", settings(openai_base_url=url, openai_api_key="k"))
        assert connection
        assert connection.spec.vendor is vendor


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


SDKS = ("openai", "anthropic", "google.genai", "pydantic_ai", "genai_prices", "xllamacpp", "httpx2")


def test_reading_the_catalog_loads_no_vendors_sdk() -> None:
    script = (
        "import sys; from lib.providers.catalog import read_catalog; read_catalog();"
        f"print([name for name in {SDKS} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
