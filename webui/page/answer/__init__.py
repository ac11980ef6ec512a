"""What an answer has beside its page: policy, cookies, static files, compression, error pages."""
