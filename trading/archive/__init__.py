"""The archive of one trade: canonical zip, bags, contents, index page and offline verifier."""
