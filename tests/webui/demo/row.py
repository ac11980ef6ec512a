"""Rows of an opening record that nobody ever bid in."""

from trading.registration.credit_code import check_character


def a_code(number: int) -> str:
    body = f"91350100MA{number:07d}"
    return body + check_character(body)


def a_row(number: int, **cells: str) -> dict[str, str]:
    return {
        "sign_in_order": str(number),
        "uscc": a_code(number),
        "bidder": f"某{number}建设有限公司",
        "received_at": "2026-03-13 11:57:26",
        "decrypt_status": "解密成功",
        "deposit": "电子保函",
        "price_wan": f"{470 + number}.1234",
        "authorisation_letter": "Y",
        **cells,
    }


ROWS = [a_row(number) for number in range(1, 9)]
