"""How often one may try, and how long one may idle: what stands in Valkey, never in the record."""
