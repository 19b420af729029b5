"""The table of routes as a file: written while packaging, read by the authorizer's function instead of every view.

It cannot be older than the views beside it: only ``cupbearer.deploying.packaging`` writes it, into a copy of the
program that is made anew, from that copy's own views. And it could open no door if it were: each guarded view
looks again (AZ-3). Without the file, as ``chalice deploy`` leaves it, the table comes from the views.
"""

import json
from typing import Any

from chalicelib.authorizer.route_table import Guard, Route, RouteTable

NAME = "compiled_table.json"
_PATH = __file__.rpartition("/")[0] + "/" + NAME


def text_of(table: RouteTable) -> str:
    """Return the text of such a file."""
    rows = [
        [route.method, route.path, guard.caller, guard.scope, guard.refused_in_handler, guard.in_person]
        for route in table
        for guard in (route.guard,)
    ]
    return json.dumps(rows, indent=0) + "\n"


def read() -> RouteTable | None:
    """Return the table that was packaged, or None where none was."""
    try:
        with open(_PATH, encoding="utf-8") as file:  # noqa: PTH123 - pathlib costs 3 ms of a cold start
            rows: list[Any] = json.load(file)
    except FileNotFoundError:
        return None
    return RouteTable(Route(method, path, Guard(*guard)) for method, path, *guard in rows)
