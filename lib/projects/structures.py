"""The JSON structures of a project; the specification's keys are verbatim."""

from collections.abc import Mapping
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

#: So many facts of their own people keep of a project.
MOST_FACTS = 30
_FactName = Annotated[str, Field(min_length=1, max_length=100)]
_FactValue = Annotated[str, Field(min_length=1, max_length=1_000)]


class ProjectMetadata(BaseModel):
    """`projects.metadata`: what people say about a project. Every key is optional, an unknown one is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    estimated_duration: Annotated[str, Field(max_length=100)] | None = None
    complexity: Literal["low", "medium", "high"] | None = None
    technologies: tuple[Annotated[str, Field(min_length=1, max_length=100)], ...] = Field(default=(), max_length=50)
    #: In US dollars.
    budget: Annotated[float, Field(ge=0, le=1e12)] | None = None
    #: People.
    team_size: Annotated[int, Field(ge=1, le=100_000)] | None = None
    #: What else the people of a project keep of it, under names of their own.
    custom: Mapping[_FactName, _FactValue] = Field(default={}, max_length=MOST_FACTS)

    def __hash__(self) -> int:
        return hash(self.model_dump_json())  # a mapping has none

    def to_json(self) -> dict[str, object]:
        """For the JSONB column; what nobody said stays out."""
        return self.model_dump(mode="json", exclude_defaults=True)


class ProjectSettings(BaseModel):
    """`projects.settings`: what launches of this project begin with."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    default_ai_model: Annotated[str, Field(max_length=255)] | None = None
    default_template_id: UUID | None = None
    reviewer_ids: tuple[UUID, ...] = ()
    #: Of each run, in US dollars.
    cost_limit_usd: Annotated[float, Field(gt=0, le=1e6)] | None = None

    def to_json(self) -> dict[str, object]:
        """For the JSONB column; what nobody set stays out."""
        return self.model_dump(mode="json", exclude_defaults=True)
