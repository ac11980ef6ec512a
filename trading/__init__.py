"""The trade: registration, notices, venues, fees, awards, archives, remedies."""
