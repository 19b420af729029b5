"""Sources and bytecode without docstrings.

Bytecode: ``python without_docstrings.py FOLDER UNPACKED_AT [--cached] [HOME …]``.

It stands in place of each source, or ``--cached`` where Python looks for it first; whatever begins with a HOME keeps its
docstrings. Assertions stay, unlike with ``-OO``: a library may lean on them. The form is PEP 552's, by hash and never checked.
"""

import ast
import marshal
import sys
from importlib.util import MAGIC_NUMBER, cache_from_source, source_hash
from pathlib import Path

UNCHECKED_HASH = (1).to_bytes(4, "little")
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def compiled(source: bytes, name: str, *, documented: bool) -> bytes:
    """Return the bytecode file of a source, with its docstrings or without; raise SyntaxError."""
    tree = ast.parse(source)
    for node in () if documented else ast.walk(tree):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            node.body[:1] = [] if len(node.body) > 1 else [ast.copy_location(ast.Pass(), node.body[0])]
    code = compile(tree, name, "exec", dont_inherit=True)
    return MAGIC_NUMBER + UNCHECKED_HASH + source_hash(source) + marshal.dumps(code)


def blank(source: bytes) -> bytes:
    """Return a source with empty docstrings, every statement on its line as before; raise SyntaxError."""
    lines = source.splitlines(keepends=True)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            text = node.body[0]
            first, last = text.lineno - 1, text.end_lineno or text.lineno
            empty = lines[first][: text.col_offset] + b'""'
            lines[first:last] = [empty, *[b""] * (last - first - 1)]
            lines[last - 1] += b"\n" * (last - first)
    return b"".join(lines)


def main() -> None:
    """Write the bytecode of each source of a folder."""
    folder, unpacked_at, *rest = sys.argv[1:]
    homes = tuple(word for word in rest if word != "--cached")
    for path in sorted(Path(folder).rglob("*.py")):
        name = path.relative_to(folder).as_posix()
        target = Path(cache_from_source(str(path))) if "--cached" in rest else path.with_suffix(".pyc")
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(
            compiled(path.read_bytes(), f"{unpacked_at}/{name}", documented=name.startswith(homes))
        )


if __name__ == "__main__":
    main()
