"""Whose word about the model counts."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.errors import InvalidInput
from lib.templates.model_choice import ModelSource, choose_model

#: The table of precedence, as the specification of this step has it.
PRECEDENCE = ["phase", "run", "template", "project", "organization", "installation"]
NAMES = {source: f"{source}-llm:of-the-{source}" for source in ModelSource}


def test_table_of_precedence_is_this() -> None:
    assert [source.value for source in ModelSource] == PRECEDENCE


@pytest.mark.parametrize(("higher", "lower"), list(itertools.combinations(ModelSource, 2)))
def test_each_comes_before_all_that_follow(higher: ModelSource, lower: ModelSource) -> None:
    chosen = choose_model({lower: NAMES[lower], higher: NAMES[higher]})
    assert chosen is not None
    assert (str(chosen.choice), chosen.source) == (NAMES[higher], higher)


@given(st.sets(st.sampled_from(ModelSource)))
def test_first_who_names_one_is_heard(named: set[ModelSource]) -> None:
    chosen = choose_model({source: NAMES[source] if source in named else None for source in ModelSource})
    assert (chosen and chosen.source.value) == next((word for word in PRECEDENCE if word in named), None)


def test_empty_word_is_none() -> None:
    assert choose_model({ModelSource.RUN: "", ModelSource.PROJECT: None}) is None


def test_word_that_is_no_model_is_not_passed_over() -> None:
    with pytest.raises(InvalidInput, match="is not a model"):
        choose_model({ModelSource.TEMPLATE: "gpt", ModelSource.PROJECT: "acme:gpt"})
