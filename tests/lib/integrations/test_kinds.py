"""Every kind of operation that there is holds to the protocol, whoever adds one."""

import inspect
import pkgutil

import pytest

from lib.errors import InvalidInput
from lib.integrations import kinds
from lib.integrations.base import Kind, Parameters
from lib.integrations.registry import find_kinds, get_kind

KINDS = list(find_kinds().values())


def test_each_module_is_a_kind_and_the_three_of_the_specification_are_there() -> None:
    assert len(KINDS) == len(list(pkgutil.iter_modules(kinds.__path__)))
    assert {"artifact.write", "http.request", "notification.send"} <= set(find_kinds())


def test_kind_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(InvalidInput, match=r"did you mean “http\.request”"):
        get_kind("http.requests")
    with pytest.raises(InvalidInput, match=r"known are artifact\.write"):
        get_kind("zzz")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_kind_says_what_people_read(kind: Kind) -> None:
    assert kind.label
    assert kind.help.endswith(".")
    assert kind.icon.startswith(":material/")
    assert 3 <= len(kind.name) <= 100
    if kind.connection is not None:
        assert kind.connection.label
        assert kind.connection.sealed.label


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_kind_has_every_part_of_the_protocol(kind: Kind) -> None:
    for name, part in inspect.getmembers(Kind, inspect.isfunction):
        if name.startswith("_"):
            continue
        own = getattr(type(kind), name)
        assert list(inspect.signature(own).parameters) == list(inspect.signature(part).parameters), name
        assert inspect.iscoroutinefunction(own) == inspect.iscoroutinefunction(part), name


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_parameters_have_titles_for_the_form_and_refuse_what_they_do_not_know(kind: Kind) -> None:
    assert issubclass(kind.parameters, Parameters)
    assert kind.parameters.model_config["extra"] == "forbid"
    assert kind.parameters.rendered_fields(), "nothing of it reads the answer"
    for field in kind.parameters.model_fields.values():
        assert field.title


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_no_parameter_is_a_place_for_a_secret(kind: Kind) -> None:
    for name in kind.parameters.model_fields:
        assert not {"secret", "password", "token", "key"} & set(name.split("_"))
