"""Cupbearer, as Lambda and Chalice start it. The table of contents is ``chalicelib/application.py``.

As the authorizer's function of a package it loads the table of routes and what judges a token, and nothing else.
"""

from typing import Any

from chalicelib.authorizer import compiled_table
from chalicelib.settings import settings

SETTINGS = settings.from_environment()
COMPILED = compiled_table.read() if SETTINGS.handler == "app.jwt_authorizer" else None

if COMPILED is None:
    from chalicelib.application import TABLE, app, deliver_mail, jwt_authorizer
else:
    from chalicelib.web.authorizer import decide

    TABLE = COMPILED

    def jwt_authorizer(event: Any, context: Any) -> Any:  # noqa: ARG001 - what Lambda calls
        """Turn a bearer token into a policy and a context."""
        return decide(event, TABLE)


__all__ = ["SETTINGS", "TABLE", "app", "deliver_mail", "jwt_authorizer"]
