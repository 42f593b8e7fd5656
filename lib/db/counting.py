"""How many rows there are, as far as anybody needs to know it: nothing counts a large table to its end."""

from collections.abc import Mapping
from typing import Any, Final, TypeVar

from sqlalchemy import Select, func, or_, select, true
from sqlalchemy.orm import Session

Name = TypeVar("Name")

#: No index answers a search, so for a number beside a list no more rows than these are read through.
_SEARCHED: Final = 500


def count_each(
    session: Session, statements: Mapping[Name, Select[*tuple[Any, ...]]], *, search: str, most: int
) -> dict[Name, int]:
    """How many rows each of them finds, in one statement: `most` + 1 stands for all that are more.

    What they select is what `search` is looked for in. A number is missing where that would take too long.
    """
    reach = _SEARCHED if search else most + 1
    counted = []
    for statement in statements.values():
        read = statement.limit(reach).subquery()
        matches = or_(*(column.icontains(search, autoescape=True) for column in read.c)) if search else true()
        counts = select(func.json_build_array(func.count(), func.count().filter(matches)))
        counted.append(counts.select_from(read).scalar_subquery())
    rows = session.scalar(select(func.json_build_array(*counted))) or ()
    return {
        name: min(found, most + 1)
        for name, (looked_at, found) in zip(statements, rows, strict=True)
        if found > most or looked_at < reach
    }
