"""The ground: clock, law, roles, the record, the log, the watch, the runtime."""
