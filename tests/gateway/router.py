"""API Gateway's path matching: a tree, a static child before ``{param}``, one trailing slash ignored."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from chalicelib.authorizer.route_table import Route


@dataclass
class Resource:
    """A node of the tree: its children by segment, ``{}`` for any, and its methods."""

    children: "dict[str, Resource]" = field(default_factory=dict)
    methods: dict[str, Route] = field(default_factory=dict)


class Router:
    """Find the route of a concrete request. It steps back when a static branch leads nowhere."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root = Resource()
        for route in routes:
            node = self._root
            for segment in _segments(route.path):
                name = "{}" if segment.startswith("{") else segment
                node = node.children.setdefault(name, Resource())
            node.methods[route.method] = route

    def route(self, method: str, path: str) -> Route | None:
        """Return the route of a request, or None where API Gateway has no such resource or no such method."""
        if path != "/" and path.endswith("/"):
            path = path[:-1]
        resource = _find(self._root, _segments(path))
        return resource.methods.get(method) if resource else None


def _segments(path: str) -> list[str]:
    return path[1:].split("/") if path != "/" else []


def _find(node: Resource, segments: list[str]) -> Resource | None:
    if not segments:
        return node if node.methods else None
    head, *rest = segments
    branches = [node.children.get(head) if head != "{}" else None, node.children.get("{}")] if head else []
    return next((found for child in branches if child and (found := _find(child, rest))), None)
