"""The archive's own verifier: parts that import the standard library only, joined to one file."""

import ast
from pathlib import Path

PARTS = ("wrong", "ed25519", "layout", "container", "checkpoint", "log", "verify")


def source() -> bytes:
    """Return verify.py: the parts joined in order, their imports of each other left out."""
    folder = Path(__file__).parent
    manual = ast.get_docstring(ast.parse((folder / "verify.py").read_text(encoding="utf-8")))
    texts = [(folder / f"{part}.py").read_text(encoding="utf-8") for part in PARTS]
    head = f'#!/usr/bin/env python3\n"""{manual}\n"""\n'
    return "\n".join([head, *map(_standalone, texts)]).encode()


def _standalone(text: str) -> str:
    """Drop the module docstring and every import of the project."""
    body = ast.parse(text).body
    drop = [body[0], *(n for n in body if isinstance(n, ast.ImportFrom) and _ours(n))]
    gone = {line for node in drop for line in range(node.lineno, (node.end_lineno or 0) + 1)}
    kept = [line for at, line in enumerate(text.splitlines(), 1) if at not in gone]
    return "\n".join(kept).strip("\n") + "\n"


def _ours(node: ast.ImportFrom) -> bool:
    return (node.module or "").startswith("trading.")
