"""Entry: `python -m webui.cli`."""

from webui.cli import main

main(prog_name="batong")
