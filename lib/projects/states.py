"""The legal moves of a project: the one table."""

from collections.abc import Mapping

from lib.models.project import ProjectStatus

_S = ProjectStatus

PROJECT_MOVES: Mapping[ProjectStatus, frozenset[ProjectStatus]] = {
    _S.ACTIVE: frozenset({_S.COMPLETED, _S.FAILED, _S.ARCHIVED}),
    _S.COMPLETED: frozenset({_S.ACTIVE, _S.ARCHIVED}),
    _S.FAILED: frozenset({_S.ACTIVE, _S.ARCHIVED}),
    _S.ARCHIVED: frozenset({_S.ACTIVE}),
}
