"""The pool: who may be drawn, with which facts, and since which snapshot."""
