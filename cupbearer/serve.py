"""``python -m cupbearer.serve``: the whole service on this machine, as ``make serve`` runs it."""

import argparse
import errno
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from chalicelib.settings.settings import from_environment
from cupbearer import console_log, local_log
from cupbearer.announcement import announce
from cupbearer.local_server import Server

DEFAULT_PORT, ANY_PORT = "8000", "0"
HIGHEST_PORT = 65535


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM; return the exit status. What is wrong is said in one sentence."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    options = _parse(arguments)
    if not _is_port(options.port):
        return _fail(f"a port is a number from 0 to {HIGHEST_PORT}, not {options.port!r}")
    console_log.set_up()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        return _reload(arguments) if options.reload else _serve(options)
    except KeyboardInterrupt:
        return 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m cupbearer.serve", description="Serve Cupbearer on this machine."
    )
    parser.add_argument(
        "--port", default=os.environ.get("PORT") or DEFAULT_PORT, help="default: $PORT or 8000; 0: any"
    )
    parser.add_argument("--host", default="127.0.0.1", help="where to listen; default: this machine only")
    parser.add_argument("--stage", default="dev", help="the stage of .chalice/config.json")
    parser.add_argument(
        "--reload", action="store_true", help="start again when a file of the project changes"
    )
    parser.add_argument("--json", action="store_true", help="say as JSON, in one line, what is served")
    parser.add_argument("--traceback", action="store_true", help="show where a start-up failed")
    return parser.parse_args(arguments)


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text[:6]) <= HIGHEST_PORT


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _fail(sentence: str) -> int:
    print(f"cupbearer: {sentence}", file=sys.stderr)
    return 1


def _serve(options: argparse.Namespace) -> int:
    try:
        server = Server(options.host, int(options.port))
    except OSError as error:
        return _fail(_cannot_listen(options, error))
    with server:
        try:
            _load(server, options.stage)
            _examine_store()
        except Exception as error:  # whatever a start-up raises is one line
            if options.traceback:
                raise
            return _fail(f"{_told(error)} (--traceback shows where)")
        if options.port != ANY_PORT:
            local_log.keep(server.server_port)
        announce(server, as_json=options.json)
        server.serve_forever(poll_interval=0.1)
    return 0


def _cannot_listen(options: argparse.Namespace, error: OSError) -> str:
    said = f"cannot listen on {options.host}:{options.port}: {error.strerror or error}"
    if error.errno != errno.EADDRINUSE:
        return said
    return f"{said}; choose another port: PORT={int(options.port) % HIGHEST_PORT + 1} make serve"


def _told(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _load(server: Server, stage: str) -> None:
    """Give the server the project's application."""
    os.environ["PORT"] = str(server.server_port)  # the default issuer is made of it
    from cupbearer import local_project
    from cupbearer.local_gateway import LocalGateway

    app = local_project.application(Path.cwd(), stage=stage)
    server.own_headers, server.issuer = _cors(), from_environment().issuer
    server.gateway = LocalGateway(app)


def _examine_store() -> None:
    """Refuse to start on a store that is lost, or whose keys the master key does not open; make none, wait for none.

    What waits in its outbox is seen to.
    """
    from chalicelib.errors import Unavailable, WrongMasterKey
    from chalicelib.store import StoreLost, StoreUnavailable
    from chalicelib.wiring import services

    at = services()
    if at.settings.store_engine == "sqlite" and not Path(at.settings.store_name).exists():
        return
    try:
        at.keys.ring.check()
        at.keys.mac.check()
    except (StoreLost, WrongMasterKey):
        raise
    except (StoreUnavailable, Unavailable):
        return  # it may be back before anybody asks (AV-2)
    if at.mail.is_sent:
        at.mail.courier(())  # mail that another process left behind
    at.log_outs.courier(())


def _cors() -> dict[str, str]:
    """Return the static headers of the gateway's own answers: they can carry one origin only, the first."""
    from chalicelib.web.headers import cors_headers

    origins = from_environment().allowed_origins
    return cors_headers(origins[0], origins) if origins else {}


def _reload(arguments: list[str]) -> int:
    """Run under Chalice's reloader: a parent that starts this command again whenever a file changes."""
    from chalice.cli.reloader import run_with_reloader

    sys.argv = [sys.executable, "-m", "cupbearer.serve", *arguments]  # what the parent starts
    code: int = run_with_reloader(lambda: _ReloadedServer(_parse(arguments)), os.environ, str(Path.cwd()))
    return code


class _ReloadedServer:
    """What the reloader's worker thread runs: a server with its two verbs."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._server = Server(options.host, int(options.port))
        self._as_json = options.json
        _load(self._server, options.stage)
        _examine_store()

    def serve_forever(self) -> None:
        announce(self._server, as_json=self._as_json)
        self._server.serve_forever(poll_interval=0.1)

    def shutdown(self) -> None:
        self._server.shutdown()


if __name__ == "__main__":
    sys.exit(main())
