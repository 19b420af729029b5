"""Your own routes. Upgrades never touch this folder.

Write modules here that make an ``Api`` (see ``chalicelib/sample/``), and list them below: they are served with all others.
"""

from chalicelib.web.routes import Api

APIS: list[Api] = []
