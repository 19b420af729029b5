"""``python -m cupbearer.deploying deploy|destroy``: what the Makefile's targets run."""

import argparse
import sys
import urllib.error
import urllib.request
from collections.abc import Sequence

from cupbearer.costing.prices import IDLE
from cupbearer.deploying import CannotDeploy
from cupbearer.deploying.runtimes import MACHINES, PYTHONS

# Prices of us-east-1, November 2026, in dollars a month.
IDLE_COST = (
    f"{IDLE} The seven alarms cost nothing within the ten free ones of an account, else $0.70; the table, functions "
    "and gateway nothing but $0.25 a GB stored, and $0.20 a GB for its point-in-time recovery; each of the key's first "
    "two yearly rotations adds $1."
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; return the exit status. What is wrong is said in one sentence."""
    options = _parse(argv)
    try:
        return int(options.run(options))
    except CannotDeploy as sentence:
        print(f"cupbearer: {sentence}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(
            "cupbearer: stopped waiting; CloudFormation goes on. Run this again to see how it ends.",
            file=sys.stderr,
        )
        return 130


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m cupbearer.deploying", description=__doc__)
    verbs = parser.add_subparsers(required=True)
    deploy = verbs.add_parser("deploy", help="bring a stage up to date")
    deploy.add_argument("stage", help="a stage of .chalice/config.json")
    deploy.add_argument("chosen", nargs="*", metavar="Parameter=value", help="see deploy/parameters.yaml")
    deploy.add_argument("--architecture", choices=MACHINES, help="instead of the one in .chalice/config.json")
    deploy.add_argument("--python", choices=PYTHONS, help=f"what its functions run on; default: {PYTHONS[0]}")
    deploy.set_defaults(run=_deploy)
    destroy = verbs.add_parser(
        "destroy", help="remove a stage; the table and its key stay unless DATA=delete"
    )
    destroy.add_argument("stage")
    destroy.add_argument("--data", choices=("keep", "delete"), default="keep")
    destroy.add_argument("--yes", metavar="STAGE", help="the stage's name again, instead of being asked")
    destroy.set_defaults(run=_destroy)
    return parser.parse_args(argv)


def _deploy(options: argparse.Namespace) -> int:
    from cupbearer.deploying import aws, deploy

    pairs = [text.partition("=") for text in options.chosen]
    if wrong := [name for name, equals, _ in pairs if not equals]:
        raise CannotDeploy(f"{wrong[0]!r} is not of the form Parameter=value.")
    chosen = {name: value for name, _, value in pairs}
    here, found = deploy.deploy(
        options.stage, chosen, say=_say, python=options.python, architecture=options.architecture
    )
    url = aws.url_of(here, found)
    if not deploy.wait_until_it_answers(lambda: _status(f"{url}/health")):
        raise CannotDeploy(
            f"{url}/health does not answer yet; see the log group /aws/lambda/{found['APIHandlerName']}."
        )
    kept = aws.parameters(aws.stack(here, deploy.stack_name(options.stage)) or {})
    path = "cats" if kept.get("Samples") == "on" else "health"
    print(f"\nCupbearer serves {url}\nTry:  curl {url}/{path}\n\n{IDLE_COST}")
    return 0


def _destroy(options: argparse.Namespace) -> int:
    from cupbearer.deploying.destroy import destroy

    destroy(options.stage, delete_data=options.data == "delete", confirmed=options.yes, ask=input, say=_say)
    return 0


def _say(text: str) -> None:
    print(text, flush=True)


def _status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - our own stack's output
            status: int = answer.status
            return status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


if __name__ == "__main__":
    sys.exit(main())
