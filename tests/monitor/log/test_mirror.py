"""A mirror that is somebody else's server: whatever it answers, it is a fault that has a name."""

from pathlib import Path
from socketserver import BaseRequestHandler, TCPServer

import pytest

from monitor.log.tile import Address, MissingTile
from monitor.log.verify.mirror import Mirror
from tests.answering import answering


@pytest.mark.parametrize(
    ("answer", "kind", "told"),
    [
        (b"HTTP/1.0 404 Not Found\r\n\r\n", MissingTile, "tile/0/000"),
        (b"HTTP/1.0 500 Broken\r\n\r\n", OSError, "HTTP 500"),
        (b"no HTTP at all\r\n", OSError, "BadStatusLine"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", OSError, "IncompleteRead"),
    ],
)
def test_an_answer_that_is_no_tile_is_named(
    tmp_path: Path, answer: bytes, kind: type[Exception], told: str
) -> None:
    class Answering(BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65536)
            self.request.sendall(answer)

    with (
        answering(TCPServer(("127.0.0.1", 0), Answering)) as address,
        pytest.raises(kind, match=told),
    ):
        Mirror(address, tmp_path).read(Address(0, 0, 256))
