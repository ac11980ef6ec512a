"""Pages: HTML that reads without script, in Chinese and English, under one strict policy."""
