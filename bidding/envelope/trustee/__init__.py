"""Trustees 解密受托人: each unlocks its own shares after a witnessed CLOSE, and only then."""
