"""The course of a trade: its steps as data, and what of them is done, due and waited for (pure)."""
