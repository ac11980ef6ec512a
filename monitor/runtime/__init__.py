"""The runtime: settings, embedded servers, supervisor."""
