"""The result: ranking, candidates, objections, award and its letters, contract."""
