"""Work that nobody clicks: who leads, what is due by the facts, jobs outside of any act, mail."""
