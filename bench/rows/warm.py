"""The authorizer, warm: a token it never saw, and one it saw a moment ago."""

import base64
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import jwt

import app
from bench import house
from bench.effort import Effort
from bench.findings import Finding, figure
from bench.gateway import Deployed, NodePeer, demand_node, deployed, peer_environment
from bench.measuring import Batch, in_turn, processor_seconds_each, ratio, spread
from chalicelib import wiring

Events = Sequence[dict[str, str]]


def measure(effort: Effort, folder: Path) -> Finding:
    """Measure our authorizer beside two Node ones, PyJWT and the bare signature check."""
    demand_node()
    with deployed(folder) as at, wiring.using(at.services):
        batches = [[at.token() for _ in range(effort.tokens)] for _ in range(effort.rounds + 2)]
        peer = peer_environment(at, app.TABLE)
        with closing(NodePeer(peer)) as node, closing(NodePeer(peer, tuned=True)) as tuned:
            _demand_same_verdict(at, node)
            _demand_same_verdict(at, tuned)
            contenders = {
                "ours": _over(batches, _events(_ours)),
                "node": _over(batches, lambda tokens: node.seconds(list(map(house.event, tokens)))),
                "node, key kept": _over(
                    batches, lambda tokens: tuned.seconds(list(map(house.event, tokens)))
                ),
                "PyJWT decode": _over(batches, _pyjwt(at)),
                "signature alone": _over(batches, _raw(at)),
                "ours, repeated": _repeated(at.token(), effort.tokens),
            }
            found = in_turn(contenders, rounds=effort.rounds)
    return _told(found)


def _told(found: dict[str, list[float]]) -> Finding:
    ours = found["ours"]
    figures = [figure(name, spread(values), "µs") for name, values in found.items()]
    figures += [
        figure("ours ÷ node", ratio(ours, found["node"]), "×", at_most=0.3),
        figure("ours ÷ node, key kept", ratio(ours, found["node, key kept"]), "×"),
        figure("ours ÷ signature alone", ratio(ours, found["signature alone"]), "×", at_most=2.5),
        figure("PyJWT decode ÷ signature alone", ratio(found["PyJWT decode"], found["signature alone"]), "×"),
        figure("repeated ÷ node", ratio(found["ours, repeated"], found["node"]), "×", at_most=0.05),
        figure("repeated ÷ ours, first time", ratio(found["ours, repeated"], ours), "×"),
    ]
    return Finding(
        name="warm",
        title="Authorizer, warm (RS256)",
        figures=tuple(figures),
        data={name: [round(value * 1e6, 2) for value in values] for name, values in found.items()},
        notes=(
            "Processor time of each process, so that what else the machine does is not in it.",
            "Ours is the whole of app.jwt_authorizer, Chalice's wrapper included, with the keys as deployed: over HTTP, cached.",
            (
                "Node measures itself, after it gave the same policy and context for the same token; key kept: the same peer with "
                "the key object made once instead of from PEM for each token, which neither package's documentation shows."
            ),
        ),
    )


def _ours(event: dict[str, str]) -> Any:
    return app.jwt_authorizer(event, None)


def _events(call: Callable[[dict[str, str]], object]) -> Callable[[list[str]], float]:
    def batch(tokens: list[str]) -> float:
        events = iter([house.event(token) for token in tokens])
        return processor_seconds_each(lambda: call(next(events)), len(tokens))

    return batch


def _over(batches: list[list[str]], run: Callable[[list[str]], float]) -> Batch:
    """Return a batch that takes the next tokens at each call: nobody sees one twice."""
    left = iter(batches)
    return lambda: run(next(left))


def _repeated(token: str, times: int) -> Batch:
    event = house.event(token)
    _ours(event)
    return lambda: processor_seconds_each(lambda: _ours(event), times)


def _pyjwt(at: Deployed) -> Callable[[list[str]], float]:
    key = jwt.PyJWK(at.keys.document["keys"][0]).key

    def batch(tokens: list[str]) -> float:
        left = iter(tokens)
        return processor_seconds_each(
            lambda: jwt.decode(next(left), key, algorithms=["RS256"], audience=at.keys.url), len(tokens)
        )

    return batch


def _raw(at: Deployed) -> Callable[[list[str]], float]:
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    key: Any = jwt.PyJWK(at.keys.document["keys"][0]).key
    padding, digest = PKCS1v15(), SHA256()

    def batch(tokens: list[str]) -> float:
        parts = [token.rpartition(".") for token in tokens]
        left = iter([(base64.urlsafe_b64decode(last + "=="), first.encode()) for first, _, last in parts])
        return processor_seconds_each(lambda: key.verify(*next(left), padding, digest), len(tokens))

    return batch


def _demand_same_verdict(at: Deployed, node: NodePeer) -> None:
    """Raise unless the peer says what we say of a token: the race is about the same work."""
    event = house.event(at.token())
    ours, theirs = _ours(event), node.verdict(event)
    for document in (ours["policyDocument"], theirs["policyDocument"]):
        for statement in document["Statement"]:
            statement["Resource"] = sorted(statement["Resource"])
    theirs["context"]["scope"] = " ".join(sorted(theirs["context"]["scope"].split()))
    if {name: ours[name] for name in theirs} != theirs:
        raise RuntimeError(f"the peer's verdict is another one: {theirs} instead of {ours}")
