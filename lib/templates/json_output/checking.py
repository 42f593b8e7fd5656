"""Whether an answer is what its phase asks for."""

from lib.templates.json_output.parsing import NotJson, parse_json
from lib.templates.json_output.schemas import find_faults
from lib.templates.structure import PhaseOutput


def check_answer(output: PhaseOutput, text: str, *, is_cut: bool = False) -> tuple[str, ...]:
    """What is wrong with an answer, in words that model and people read; nothing where it fits.

    `is_cut` is that its limit of tokens ended it, which explains most of what is wrong then. Takes some seconds of
    processor time at most.
    """
    if output.kind != "json":
        return ()
    try:
        value = parse_json(text)
    except NotJson as error:
        cut = ("it was cut off at its limit of tokens: write less",) if is_cut else ()
        return (f"it {error}", *cut)
    return find_faults(output.json_schema, value) if output.json_schema is not None else ()
