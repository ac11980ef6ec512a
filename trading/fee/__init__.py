"""Money: deposits and their sub-accounts, refunds, forfeits, the ledger, the bank."""
