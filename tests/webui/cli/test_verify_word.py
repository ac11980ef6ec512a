"""`batong verify`: its last line, its warnings, and what it says of what it cannot check."""

import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner, Result

from webui.cli.verify import verify

ROOT = Path(__file__).parents[3]


def run(*arguments: object) -> Result:
    return CliRunner().invoke(verify, [str(argument) for argument in arguments])


def test_the_last_line_says_no_more_than_was_checked(whole: Path, out: Path) -> None:
    keys = ("--keys", whole / "log" / "keys.txt")
    roots = ("--roots", whole / "log" / "roots.pem")
    assert run(whole / "opening-record.json", *keys).output.endswith("全部通过 / all passed\n")
    some = run(whole / "archive.zip", *keys, *roots).output.splitlines()
    left = sum("not checked  " in line for line in some)
    assert left > 0
    assert some[-1] == (
        f"已核验的全部通过；{left} 项未核验 / all that was checked passed; {left} not checked"
    )
    (out / "opening-record.json").write_text("{}")
    assert run(out).output.endswith("未通过 / FAILED\n")


def test_keys_and_roots_are_spoken_of_only_where_they_were_used(whole: Path, out: Path) -> None:
    (out / "alone").mkdir()
    (out / "draw.zip").rename(out / "alone" / "draw.zip")
    for name in ("log", "archive.zip", "public.zip"):
        (out / name).rename(out / "alone" / f"no-{name}")
    assert "came along" not in run(out / "alone" / "draw.zip").output
    for name in ("log", "archive.zip", "public.zip"):
        (out / "alone" / f"no-{name}").rename(out / name)
    (out / "log" / "roots.pem").rename(out / "roots.pem")
    assert "roots.pem" not in run(out / "receipts").output
    both = run(out / "award-notice.pdf").output
    assert both.count("came along") == 2
    assert "keys.txt" in both
    assert "roots.pem" in both


def test_a_receipt_alone_is_not_checked_and_not_called_false(whole: Path, tmp_path: Path) -> None:
    alone = tmp_path / "1.json"
    alone.write_bytes((whole / "receipts" / "1.json").read_bytes())
    done = run(alone)
    assert done.exit_code == 1
    assert "FAILED" not in done.output
    assert "未核验 / not checked  1.json" in done.output
    assert "nothing could be checked" in done.output.splitlines()[-1]


def test_the_demos_own_folders_are_no_strange_ones(out: Path) -> None:
    for name in ("seal", "platform", "elsewhere"):
        (out / name).mkdir()
    (out / "seal" / "draft.json").write_text("{}")
    (out / "elsewhere" / "draft.json").write_text("{}")
    told = run(out).output
    assert "seal: 密封练习用的样本" in told
    assert "batong audit --data" in told
    assert "elsewhere: 不是产物文件夹" in told
    assert "not checked  draft.json" in run(out / "seal").output
    assert "FAILED  draft.json" in run(out / "elsewhere").output


def test_a_reader_who_has_seen_enough_gets_no_complaint(whole: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "webui.cli", "verify", str(whole)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT,
    ) as child:  # fmt: skip
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()  # before the first line: what comes after it may fit in the pipe
        assert child.stderr.read() == b""
        assert child.wait() == 1


def test_a_host_that_does_not_resolve_is_named() -> None:
    done = run("http://nowhere.invalid/archive.zip")
    assert (done.exit_code, len(done.stderr.splitlines())) == (2, 1)
    assert "http://nowhere.invalid/archive.zip" in done.stderr
    assert "the host does not resolve: nowhere.invalid" in done.stderr


def test_a_records_body_by_itself_is_called_so_and_is_no_failure(tmp_path: Path) -> None:
    body = tmp_path / "019e9040-69a8-7c72-b645-e19a26da6ad6.json"
    body.write_text('{"action":"notice.publish","actor":{},"changes":{},"outcome":{"done":true}}')
    told = run(body).output
    assert "一条记录的正文，没有盐和证明" in told
    assert "FAILED" not in told
    body.write_text('{"action":"notice.publish","actor":{},"changes":{}}')
    assert "FAILED" in run(body).output, "any other JSON is nothing of ours"
