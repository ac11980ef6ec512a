"""The sequencer, and the checkpoint kept outside by which it never forks the log."""
