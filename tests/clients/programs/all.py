"""Runs many web programs in one process: each is loaded once its variables are set, and serves its ``app`` on its port."""

import json
import os
import runpy
import sys
import threading
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import uvicorn


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


def serve(app, port):
    if hasattr(app, "add_middleware"):  # ASGI
        uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")
    else:
        with make_server("127.0.0.1", port, app, handler_class=Quiet) as server:
            server.serve_forever(poll_interval=0.05)


sys.path.insert(0, os.getcwd())
for planned in json.loads(Path(sys.argv[1]).read_text()):
    os.environ.update(planned["environ"])
    app = runpy.run_path(planned["path"])["app"]
    threading.Thread(target=serve, args=(app, int(planned["environ"]["PORT"])), daemon=True).start()
print("ready", flush=True)
threading.Event().wait()
