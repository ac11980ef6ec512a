"""The door of the web server: who comes in, how long a peer may be waited for, who is let go."""
