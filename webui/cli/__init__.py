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
    "replay": "webui.cli.replay:replay",
    "export": "webui.cli.export:export",
    "log": "webui.cli.log:log",
    "backup": "webui.cli.backup:backup",
    "restore": "webui.cli.backup:restore",
    "appoint": "webui.cli.people:appoint_",
    "invite": "webui.cli.people:invite",
    "draw": "webui.cli.draw:draw",
    "agent": "webui.program.draw.command:agent",
    "owner": "webui.program.draw.command:owner",
    "trustee": "webui.program.trustee.command:trustee",
    "witness": "webui.cli.witness:witness",
    "rival": "webui.program.rival.command:rival",
    "expert": "webui.program.expert.command:expert",
    "keygen": "webui.cli.sealing:keygen",
    "prove": "webui.cli.sealing:prove",
    "seal": "webui.cli.sealing:seal",
    "open": "webui.cli.sealing:open_",
    "withdraw": "webui.cli.sealing:withdraw",
    "test": "webui.cli.gate:test",
    "check": "webui.cli.gate:check",
}


class Commands(click.Group):
    """A group that knows its commands by name and loads each when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of COMMANDS."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command, one that says why where it cannot be loaded, None where unknown."""
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name].split(":")
        try:
            command: click.Command = getattr(importlib.import_module(module), name)
        except Exception as fault:  # a broken module must not take the other commands with it
            return _broken(cmd_name, module, fault)
        return command


def _broken(command: str, module: str, fault: Exception) -> click.Command:
    """Return a command that says why it cannot be loaded, whatever it is asked."""
    told = f"无法载入 / cannot be loaded: {module}: {type(fault).__name__}: {fault}"
    told = " ".join(told.split())

    def tell(rest: tuple[str, ...]) -> None:
        click.echo(f"batong: {command}: {told}", err=True)
        raise SystemExit(1)

    return click.Command(
        command,
        callback=tell,
        params=[click.Argument(["rest"], nargs=-1, type=click.UNPROCESSED)],
        context_settings={"ignore_unknown_options": True, "help_option_names": []},
        short_help=told,
    )


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """八统 Batong：公共资源交易中心电子平台 / the platform of a public resource trading centre."""
