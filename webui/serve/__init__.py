"""The served platform: its processes, the live stream, the sequencer, a demo's filling."""
