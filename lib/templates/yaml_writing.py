"""YAML for people to read and edit: long texts line by line as they are, short lists in one line, nothing clever."""

import re
from typing import Any, Final

import yaml
from yaml.emitter import ScalarAnalysis
from yaml.nodes import Node, ScalarNode

from lib.templates.yaml_text import read_plain

_WIDTH: Final = 110
_LONGEST_LIST: Final = 70
_TEXT: Final = "tag:yaml.org,2002:str"
_OTHER: Final = "tag:yaml.org,2002:null"
#: What a text after `|` can hold as it is. PyYAML thinks of less: no tabulators, no spaces at the end of a line.
_LITERAL = re.compile(r"[!-~\xa1-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010fffe]+")
_OTHER_LINE_ENDS = re.compile("[\r\x85\u2028\u2029]")
_SPACES = str.maketrans("", "", " \t\n")


def write_yaml(value: object) -> str:
    """The value as a block of YAML that `read_yaml` reads back."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH)


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:
        del data
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        del indentless  # entries of a list stand further right than its name
        super().increase_indent(flow, False)

    def resolve(self, kind: type[Node], value: Any, implicit: Any) -> Any:
        """A text that our reader takes for a number, or others for a date, is put in quotes."""
        found = super().resolve(kind, value, implicit)  # type: ignore[no-untyped-call]  # the stubs have no types here
        if kind is ScalarNode and found == _TEXT and implicit[0] and not isinstance(read_plain(value), str):
            return _OTHER
        return found

    def analyze_scalar(self, scalar: str) -> ScalarAnalysis:
        analysis = super().analyze_scalar(scalar)
        if "\n" in scalar and not scalar[0].isspace() and _LITERAL.fullmatch(scalar.translate(_SPACES)):
            analysis.allow_block = True
        return analysis


def _represent_text(dumper: yaml.SafeDumper, text: str) -> Node:
    if _OTHER_LINE_ENDS.search(text):
        return dumper.represent_scalar(_TEXT, text, style='"')  # there alone they stay what they are
    return dumper.represent_scalar(_TEXT, text, style="|" if "\n" in text else None)


def _represent_list(dumper: yaml.SafeDumper, items: list[object]) -> Node:
    is_short = all(isinstance(item, str | int | float) for item in items) and len(str(items)) <= _LONGEST_LIST
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=is_short)


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(list, _represent_list)
