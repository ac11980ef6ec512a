"""What a worker does: the jobs, the worker, and the hands that carry their ids to it."""
