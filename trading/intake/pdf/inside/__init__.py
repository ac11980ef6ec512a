"""What runs in the child process, and only there: the one place that imports PDF libraries."""
