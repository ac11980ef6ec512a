"""What it costs to put a look on record: server time of a secret page, first read and read again.

    python -m benchmarks.look_cost --url http://127.0.0.1:8008 [--pages 40]

Run it against a demo folder that `./batong serve` has filled. A clerk reads hidden records one by
one: the first read leaves a look, the second within the same ten minutes is the same look and
leaves none. A public record, read twice the same way, tells what a first read costs by itself.
The looks stay in the folder's log, and are as unusual as they are.
"""

from __future__ import annotations

import argparse
import http.client
import json
import statistics
import time
from urllib.parse import urlsplit

from benchmarks.served_pages import _sign_in, get_json, percentile

WHO = "clerk"


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--url", default="http://127.0.0.1:8008")
    asked.add_argument("--pages", type=int, default=40)
    told = asked.parse_args()
    token = _sign_in(told.url, WHO)
    connection = http.client.HTTPConnection(urlsplit(told.url).netloc, timeout=30)
    hidden, public = _records(told.url, connection, token)
    for name, records in (("hidden", hidden), ("public", public)):
        first, again = [], []
        for record in records[: told.pages]:
            first.append(_time(connection, f"/record/{record}", token))
            again.append(_time(connection, f"/record/{record}", token))
        ratio = statistics.median(first) / statistics.median(again)
        print(
            f"{name} record, {len(first)} pages: first p50 {statistics.median(first):.1f} ms "
            f"p95 {percentile(first, 95):.1f}, again p50 {statistics.median(again):.1f} "
            f"p95 {percentile(again, 95):.1f}; ratio of p50 {ratio:.2f}"
        )


def _records(
    url: str, connection: http.client.HTTPConnection, token: dict[str, str]
) -> tuple[list[str], list[str]]:
    """Return the records that the clerk sees and the public does not, and some that all see."""
    hidden: list[str] = []
    public: list[str] = []
    for trade in get_json(f"{url}/api/v1/projects")["projects"]:
        path = f"/api/v1/projects/{trade['id']}"
        seen = {each["id"] for each in get_json(url + path)["records"]}
        connection.request("GET", path, headers=token)
        mine = json.loads(connection.getresponse().read())["records"]
        hidden += [each["id"] for each in mine if each["id"] not in seen]
        public += sorted(seen)
    return hidden, public


def _time(connection: http.client.HTTPConnection, path: str, token: dict[str, str]) -> float:
    begun = time.perf_counter()
    connection.request("GET", path, headers=token)
    answer = connection.getresponse()
    answer.read()
    spent = (time.perf_counter() - begun) * 1000
    assert answer.status == 200, f"{path}: {answer.status}"
    return spent


if __name__ == "__main__":
    main()
