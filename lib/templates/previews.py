"""The prompts of a launch that is being prepared, kept from one rerun of its page to the next."""

import hashlib
from dataclasses import dataclass
from uuid import UUID

from lib.errors import PlanInvalid
from lib.templates.kept import Kept
from lib.templates.plan import Plan
from lib.templates.rendering import PreviewedPrompt, PromptContext, preview_prompts


@dataclass(frozen=True, slots=True)
class _Preview:
    prompts: tuple[PreviewedPrompt, ...] = ()
    fault: PlanInvalid | None = None


def preview_again(organization_id: UUID, plan: Plan, context: PromptContext) -> tuple[PreviewedPrompt, ...]:
    """What `preview_prompts` gives or raises, made once of the same plan and words. Nobody is shown another's."""
    said = f"{plan!r}\n{context!r}".encode("utf-8", "surrogatepass")
    # the organization stands beside the digest, not in it: no two of them ever have a key in common
    preview = _kept.get((organization_id, hashlib.sha256(said).digest()), lambda: _make(plan, context))
    if preview.fault is not None:
        raise PlanInvalid(preview.fault.message, field=preview.fault.field)
    return preview.prompts


def _make(plan: Plan, context: PromptContext) -> _Preview:
    try:
        return _Preview(preview_prompts(plan, context))
    except PlanInvalid as error:
        return _Preview(fault=error.with_traceback(None))


def _weigh(preview: _Preview) -> int:
    return 2_000 + sum(4 * len(prompt.prompt) for prompt in preview.prompts)


_kept = Kept[_Preview](32_000_000, _weigh)
