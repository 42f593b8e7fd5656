"""The process beside this one in which prompts are rendered: nothing that is called there hangs or ends this one."""

import math
import os
import resource
from concurrent.futures import ThreadPoolExecutor

import pytest

from lib.templates import renderers, sandbox
from lib.templates.renderers import MOST_AT_ONCE, call, taking_together
from lib.templates.sandbox import render
from lib.templates.steps import PromptFault


def test_what_never_asks_for_the_time_is_ended_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """One call of Python's own C, which looks at no clock and no signal until it is done: years from now."""
    monkeypatch.setattr("lib.templates.steps.MAX_SECONDS", 0.1)
    with pytest.raises(PromptFault, match=r"it takes longer than 0\.1 s"):
        call(math.factorial, 10**9)
    assert render("{{ a }}", {"a": "goes on"}) == "goes on"


def test_process_that_ends_is_replaced_and_one_that_always_does_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renderers, "_idle", [])
    assert render("{{ a }}", {"a": "first"}) == "first"
    (idle,) = renderers._idle
    idle._child.kill()
    idle._child.wait()
    assert render("{{ a }}", {"a": "second"}) == "second"
    with pytest.raises(PromptFault, match="it ends the process that renders it"):
        call(os._exit, 3)
    assert render("{{ a }}", {"a": "third"}) == "third"


def test_process_has_little_memory_and_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRATOR_SECRET_KEYS", "secret")
    assert call(resource.getrlimit, resource.RLIMIT_AS) == str([1 << 30, 1 << 30])
    assert call(os.getenv, "ORCHESTRATOR_SECRET_KEYS", "nothing") == "nothing"


def test_answers_of_many_at_once_are_not_exchanged() -> None:
    with ThreadPoolExecutor(3 * MOST_AT_ONCE) as people:
        said = list(people.map(lambda number: render("{{ n }}", {"n": number}), range(60)))
    assert said == [str(number) for number in range(60)]
    assert len(renderers._idle) <= MOST_AT_ONCE


def test_several_prompts_share_one_limit_of_time() -> None:
    with taking_together(60) as left:
        render("{% for a in range(1000) %}{% endfor %}", {})
        assert 0 < left.seconds < 60
    with taking_together(0), pytest.raises(PromptFault, match="it takes longer than 0 s"):
        render("{% for a in range(1000) %}{% endfor %}", {})


def test_prompt_that_could_not_be_compiled_quickly_is_refused_by_its_size() -> None:
    for source, words in (
        ("x" * 200_001, "it has 200 kB; 200 kB is the most"),
        ("{{a}}" * 39_000, "more than 20,000 names and signs"),
        ("{{ [" + "1," * 20_000 + "] }}", "more than 20,000 names and signs"),
    ):
        with pytest.raises(PromptFault, match=words):
            sandbox.compile_prompt(source)
    assert render("x" * 200_000, {}) == "x" * 200_000


def test_compiled_prompts_are_kept_up_to_a_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox._compiled, "_most_bytes", 100_000)
    for number in range(30):
        sandbox.compile_prompt(f"{number} " + "{{a}}" * 50)
    assert 0 < sandbox._compiled.bytes <= 100_000
    small = sandbox.compile_prompt("{{ topic }}")
    assert sandbox.compile_prompt("{{ topic }}") is small
