"""The panel: members prove their seats, and the committee is formed and named by the law."""
