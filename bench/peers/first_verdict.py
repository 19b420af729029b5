"""A cold start in Python: import a Chalice app, ask its authorizer once, print the verdict."""

import json
import os
import sys

sys.path[:0] = json.loads(os.environ["PEER_PATH"])

from importlib import import_module  # noqa: E402

app = import_module(os.environ["PEER_MODULE"])
verdict = app.jwt_authorizer(json.loads(os.environ["PEER_EVENT"]), None)
sys.stdout.write(json.dumps(verdict) + "\n")
sys.stdout.flush()
