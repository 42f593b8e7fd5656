"""From a connection as somebody wrote it down to a provider."""

import pytest
from pydantic import SecretStr

from lib.errors import ConfigurationError
from lib.providers.vendors import ConnectionSpec, Vendor, connect


def host_and_path(vendor: Vendor, url: str, api_version: str = "") -> tuple[str, str]:
    provider = connect(ConnectionSpec("here", vendor, url, None, api_version))
    return provider.host, provider._wire.path_of("some/model")


@pytest.mark.parametrize(
    ("vendor", "url", "host", "path"),
    [
        (Vendor.OPENAI, "", "api.openai.com", "/v1/chat/completions"),
        (Vendor.OPENAI, "https://eu.api.openai.com/v1", "eu.api.openai.com", "/v1/chat/completions"),
        (Vendor.ANTHROPIC, "", "api.anthropic.com", "/v1/messages"),
        (Vendor.ANTHROPIC, "https://llm.example.com/anthropic/v1/", "llm.example.com", "/anthropic/v1/messages"),
        (
            Vendor.GOOGLE,
            "",
            "generativelanguage.googleapis.com",
            "/v1beta/models/some/model:streamGenerateContent",
        ),
        (
            Vendor.GOOGLE,
            "https://llm.example.com/v1beta",
            "llm.example.com",
            "/v1beta/models/some/model:streamGenerateContent",
        ),
        (
            Vendor.AZURE_OPENAI,
            "https://acme.openai.azure.com/openai/v1/",
            "acme.openai.azure.com",
            "/openai/v1/chat/completions",
        ),
        (Vendor.OPENAI_COMPATIBLE, "http://127.0.0.1:11434/v1", "127.0.0.1:11434", "/v1/chat/completions"),
    ],
)
def test_an_address_may_be_written_as_people_paste_it(vendor: Vendor, url: str, host: str, path: str) -> None:
    assert host_and_path(vendor, url) == (host, path)


@pytest.mark.parametrize(
    ("url", "host", "before"),
    [
        ("https://acme.openai.azure.com/openai", "acme.openai.azure.com", ""),
        (
            "https://acme.openai.azure.com/openai/deployments/x/chat/completions?api-version=2024-10-21",
            "acme.openai.azure.com",
            "",
        ),
        ("https://openai/gateway/openai/", "openai", "/gateway"),
        ("https://openai/", "openai", ""),
    ],
)
def test_a_dated_version_of_azure_has_another_path(url: str, host: str, before: str) -> None:
    found = host_and_path(Vendor.AZURE_OPENAI, url, " 2024-10-21 ")
    assert found == (host, f"{before}/openai/deployments/some%2Fmodel/chat/completions")


@pytest.mark.parametrize("vendor", [Vendor.AZURE_OPENAI, Vendor.OPENAI_COMPATIBLE])
def test_without_an_address_of_its_own_a_vendor_needs_one(vendor: Vendor) -> None:
    with pytest.raises(ConfigurationError, match="no address of a model endpoint"):
        connect(ConnectionSpec("here", vendor, "", None))


@pytest.mark.parametrize("vendor", Vendor)
@pytest.mark.parametrize("address", ["example.com/v1", "ftp://example.com", "http://[::1", "https://"])
def test_what_is_no_address_is_refused(vendor: Vendor, address: str) -> None:
    with pytest.raises(ConfigurationError, match="address"):
        connect(ConnectionSpec("here", vendor, address, None))


@pytest.mark.parametrize("vendor", Vendor)
def test_nothing_secret_is_shown(vendor: Vendor) -> None:
    spec = ConnectionSpec("here", vendor, "https://me:secret@llm.example.com", SecretStr("sk-secret"))
    provider = connect(spec)
    assert provider.host == "llm.example.com"
    assert "sk-secret" not in repr(spec)
    assert "sk-secret" not in repr(provider._wire)


def test_the_vendors_names_are_stored_and_do_not_change() -> None:
    assert {vendor.value for vendor in Vendor} == {
        "openai",
        "anthropic",
        "google",
        "azure_openai",
        "openai_compatible",
    }
