"""How people come into the pool: by a sheet of many, or one by one at their own asking."""
