"""Hostile PDFs, written by hand: each asks its reader for far more than its own size."""

import zlib

MEBI = 1 << 20
FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
A4 = b"/MediaBox [0 0 595 842]"
SAID = b"BT /F1 12 Tf 20 20 Td (A page of many lines, and some words) Tj ET\n"
FONTS = b"<< /Font << /F1 5 0 R >> >>"


def written(*objects: bytes, trailer: bytes = b"") -> bytes:
    """Write numbered objects as a PDF with its table of places (ISO 32000-1 §7.5)."""
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R %s >>\n" % (len(places) + 1, trailer)
    return bytes(out) + b"startxref\n%d\n%%%%EOF\n" % start


def stream(data: bytes, filters: bytes = b"", extra: bytes = b"") -> bytes:
    return b"<< /Length %d %s %s >>\nstream\n%s\nendstream" % (len(data), filters, extra, data)


def one_page(content: bytes, *more: bytes, resources: bytes = FONTS, sheet: bytes = A4) -> bytes:
    """Write a document of one page with that content stream."""
    catalogue = b"<< /Type /Catalog /Pages 2 0 R >>"
    pages = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
    page = b"<< /Type /Page /Parent 2 0 R %s /Contents 4 0 R /Resources %s >>" % (sheet, resources)
    return written(catalogue, pages, page, content, FONT, *more)


def packed(data: bytes) -> bytes:
    return stream(zlib.compress(data, 9), b"/Filter /FlateDecode")


def blanks(size: int) -> bytes:
    """Deflate `size` blanks without ever holding them: one flushed block, again and again."""
    machine, block, check = zlib.compressobj(9), b" " * MEBI, 1
    first, again = (machine.compress(block) + machine.flush(zlib.Z_FULL_FLUSH) for _ in "12")
    for _ in range(size // MEBI):
        check = zlib.adler32(block, check)
    return first + again * (size // MEBI - 1) + b"\x03\x00" + check.to_bytes(4, "big")


def flate_bomb(size: int) -> bytes:
    return one_page(stream(blanks(size), b"/Filter /FlateDecode"))


def double_flate(size: int) -> bytes:
    twice = zlib.compress(blanks(size), 9)
    return one_page(stream(twice, b"/Filter [/FlateDecode /FlateDecode]"))


def many_lines(count: int) -> bytes:
    drawn = b"".join(b"%d 0 m %d 800 l S\n" % (n % 595, n % 595) for n in range(count))
    return one_page(packed(SAID + drawn))


def many_signs(count: int) -> bytes:
    said = b"(" + b"A" * 1000 + b") Tj\n"
    return one_page(packed(b"BT /F1 1 Tf 9 9 Td\n" + said * (count // 1000) + b"ET"))


def form_loop(width: int) -> bytes:
    """Forms that draw each other, `width` times a turn."""
    draws = b"/A Do /B Do " * width
    form = b"/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources << /XObject << /A 6 0 R /B 7 0 R >> >>"
    drawn = b"<< /XObject << /A 6 0 R /B 7 0 R >> >>"
    return one_page(
        stream(draws), FONT, stream(draws, extra=form), stream(draws, extra=form), resources=drawn
    )


def page_tree_cycle() -> bytes:
    return written(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R 2 0 R] /Count 2 >>",
        b"<< /Type /Pages /Parent 2 0 R /Kids [2 0 R 3 0 R] /Count 2 >>",
    )


def kids_doubled(depth: int) -> bytes:
    """A tree whose every node names the next one twice: 2 to the power of `depth` pages."""
    nodes = [
        b"<< /Type /Pages /Kids [%d 0 R %d 0 R] /Count %d >>" % (n, n, 1 << (depth + 3 - n))
        for n in range(3, depth + 3)
    ]
    leaf = b"<< /Type /Page /MediaBox [0 0 9 9] >>"
    return written(b"<< /Type /Catalog /Pages 2 0 R >>", *nodes, leaf)


def deep_arrays(depth: int) -> bytes:
    nested = b"[" * depth + b"3 0 R" + b"]" * depth
    return written(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids %s /Count 1 >>" % nested,
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
    )


def many_pages(count: int) -> bytes:
    """One page object, named `count` times."""
    kids = b"3 0 R " * count
    return written(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, count),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
    )


def grid(lines: int) -> bytes:
    """Draw a ruled sheet of `lines` lines each way: a cell for every two of them."""
    rows, columns = ([n * side / lines for n in range(lines)] for side in (842, 595))
    across = b"".join(b"0 %.2f m 595 %.2f l S\n" % (y, y) for y in rows)
    down = b"".join(b"%.2f 0 m %.2f 842 l S\n" % (x, x) for x in columns)
    return one_page(packed(SAID + across + down))
