"""Jobs of the worker, a kind each: names, papers, archives, payments, mail."""
