"""Paper: letters, receipts and records as PDF/A, signed so that anybody can check them."""
