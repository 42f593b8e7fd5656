"""What the form of each vendor says and asks for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from lib.providers.vendors import ADDRESSES, Vendor


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorFacts:
    """One vendor, as people know it."""

    label: str
    #: Taken where none is entered; empty where everybody has their own.
    base_url: str = ""
    #: What an address looks like.
    example: str
    key_example: str
    needs_key: bool = True
    #: Empty is its v1 API.
    takes_api_version: bool = False


VENDORS: Final[Mapping[Vendor, VendorFacts]] = {
    Vendor.OPENAI: VendorFacts(
        label="OpenAI",
        base_url=ADDRESSES[Vendor.OPENAI],
        example=ADDRESSES[Vendor.OPENAI],
        key_example="sk-…",
    ),
    Vendor.ANTHROPIC: VendorFacts(
        label="Anthropic",
        base_url=ADDRESSES[Vendor.ANTHROPIC],
        example=ADDRESSES[Vendor.ANTHROPIC],
        key_example="sk-ant-…",
    ),
    Vendor.GOOGLE: VendorFacts(
        label="Google Gemini",
        base_url=ADDRESSES[Vendor.GOOGLE],
        example=ADDRESSES[Vendor.GOOGLE],
        key_example="AIza…",
    ),
    Vendor.AZURE_OPENAI: VendorFacts(
        label="Azure OpenAI",
        example="https://your-resource.openai.azure.com",
        key_example="32 or 84 letters and digits",
        takes_api_version=True,
    ),
    Vendor.OPENAI_COMPATIBLE: VendorFacts(
        label="OpenAI-compatible",
        example="https://llm.example.com/v1",
        key_example="Empty where none is asked for",
        needs_key=False,
    ),
}
