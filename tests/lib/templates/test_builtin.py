import pytest

from lib.providers.base import ModelCall, ModelChoice, ModelParameters
from lib.providers.http_client import close_shared_client
from lib.providers.local import CHOICE, LocalModel
from lib.templates.builtin import FIRST, list_builtin_templates
from lib.templates.files import TemplateFile
from lib.templates.inputs import validate_inputs
from lib.templates.operations import refuse_unsupported
from lib.templates.plan import make_plan
from lib.templates.rendering import PhaseAnswer, PromptContext, preview_prompts, render_prompt
from tests.local_model import needs_local_model
from tests.templates import SAMPLES

LARGE = ModelChoice("openai", "gpt-4.1")
PHASES = [
    ("Phase 0", "Ideation"),
    ("Phase 1", "Research"),
    ("Phase 2", "Design"),
    ("Phase 3", "Development Plan"),
    ("Phase 4", "Execution"),
    ("Phase 5", "Review & Optimize"),
    ("Phase 6", "Deploy & Integrate"),
]
TOPIC = "Open a small bicycle repair shop in Graz"


@pytest.fixture
def project_plan() -> TemplateFile:
    return next(template for template in list_builtin_templates() if template.name == "Project plan")


def test_there_are_eight_each_with_a_category_of_its_own() -> None:
    templates = list_builtin_templates()
    assert [template.name for template in templates] == sorted(SAMPLES)
    assert len({template.category for template in templates}) == len(templates) == 8
    assert all(template.description and template.tags and template.data.description for template in templates)
    assert next(template for template in templates if template.name == FIRST).data.inputs == ()


@pytest.mark.parametrize("template", list_builtin_templates(), ids=lambda template: template.name)
@pytest.mark.parametrize("model", [CHOICE, LARGE], ids=str)
def test_every_template_can_be_run_by_every_kind_of_model(template: TemplateFile, model: ModelChoice) -> None:
    plan = make_plan(template.data, template_name=template.name, template_version=1, model=model)
    refuse_unsupported(plan)
    topic, entered = SAMPLES[template.name]
    inputs = validate_inputs(template.data.inputs, entered)
    answers = {
        phase.code: PhaseAnswer(phase.code, phase.name, "Words of it. " * 300, output=phase.output, is_mark=True)
        for phase in plan.phases
    }
    context = PromptContext(topic=topic, project_name="Shop", inputs=inputs, answers=answers)
    for prompt in preview_prompts(plan, context):
        assert topic in prompt.prompt
        assert "\n\n\n" not in prompt.prompt
        assert model is LARGE or len(prompt.prompt) < 700, "a tiny model loses the topic in a long prompt"


def test_the_project_plan_has_its_seven_phases(project_plan: TemplateFile) -> None:
    assert [(phase.code, phase.name) for phase in project_plan.data.phases] == PHASES


def test_each_phase_reads_the_one_before(project_plan: TemplateFile) -> None:
    plan = make_plan(project_plan.data, template_name="P", template_version=1, model=CHOICE)
    answers: dict[str, PhaseAnswer] = {}
    for phase in plan.phases:
        prompt = render_prompt(phase, PromptContext(topic=TOPIC, project_name="Shop", answers=answers))
        if phase.position:
            assert f"Word{phase.position - 1} is." in prompt
        assert len(prompt) < 700, "a tiny model loses the topic in a long prompt"
        answers[phase.code] = PhaseAnswer(phase.code, phase.name, f"Word{phase.position} is. " * 100)


def test_a_large_model_reads_everything_before(project_plan: TemplateFile) -> None:
    plan = make_plan(project_plan.data, template_name="P", template_version=1, model=LARGE)
    answers = {code: PhaseAnswer(code, name, f"What {name} said.") for code, name in PHASES[:6]}
    prompt = render_prompt(plan.phases[6], PromptContext(topic=TOPIC, project_name="Shop", answers=answers))
    assert all(f"{name}:\nWhat {name} said." in prompt for _code, name in PHASES[:6])


def test_a_topic_of_pages_does_not_flood_the_tiny_model(project_plan: TemplateFile) -> None:
    plan = make_plan(project_plan.data, template_name="P", template_version=1, model=CHOICE)
    for prompt in preview_prompts(plan, PromptContext(topic="A very long story. " * 2_000, project_name="Shop")):
        assert len(prompt.prompt) < 1_000


@pytest.mark.model
@pytest.mark.slow
@needs_local_model
def test_the_tiny_model_writes_all_seven_phases(project_plan: TemplateFile) -> None:
    import asyncio

    model = LocalModel()
    plan = make_plan(project_plan.data, template_name="P", template_version=1, model=CHOICE)

    async def write() -> dict[str, PhaseAnswer]:
        answers: dict[str, PhaseAnswer] = {}
        for phase in plan.phases:
            prompt = render_prompt(phase, PromptContext(topic=TOPIC, project_name="Shop", answers=answers))
            parameters = ModelParameters(seed=7, max_tokens=60).over(phase.parameters)
            call = ModelCall(phase.choice.model, prompt, phase.timeout_seconds, parameters)
            answer = await model.answer(call, on_text=lambda _piece: None)
            answers[phase.code] = PhaseAnswer(phase.code, phase.name, answer.text)
        await close_shared_client()
        return answers

    try:
        answers = asyncio.run(write())
    finally:
        model.stop()
    assert [answer.code for answer in answers.values()] == [code for code, _name in PHASES]
    about = sum(
        any(word in answer.response.lower() for word in ("bicycle", "bike", "repair")) for answer in answers.values()
    )
    assert about >= 4, answers
