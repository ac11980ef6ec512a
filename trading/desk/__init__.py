"""What staff work from: their trades, who may be chosen, which dates and rooms are open."""
