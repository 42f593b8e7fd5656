from tests.lib.runs.conftest import project_plan, request_of_max
from tests.workers import endpoint

__all__ = ["endpoint", "project_plan", "request_of_max"]
