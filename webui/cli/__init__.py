"""The command line: `./batong COMMAND`. Each command imports its own package when it is called."""

from __future__ import annotations

import importlib

import click

COMMANDS = {
    "serve": "webui.cli.serve:serve",
    "demo": "webui.cli.demo:demo",
    "verify": "webui.cli.verify:verify",
    "audit": "webui.cli.audit:audit",
    "import": "webui.cli.intake:import_",
    "export": "webui.cli.export:export",
    "draw": "webui.cli.draw:draw",
    "keygen": "webui.cli.sealing:keygen",
    "seal": "webui.cli.sealing:seal",
    "open": "webui.cli.sealing:open_",
    "test": "webui.cli.gate:test",
    "check": "webui.cli.gate:check",
}


class Commands(click.Group):
    """A group that knows its commands by name and loads each when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of COMMANDS."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command, or None for a name that is not one."""
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name].split(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """八统 Batong：公共资源交易中心电子平台 / the platform of a public resource trading centre."""
