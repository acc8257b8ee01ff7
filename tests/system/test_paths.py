from __future__ import annotations

import pytest

from falcolab.system.paths import TOO_LONG, concat, sanitized


@pytest.mark.parametrize(
    ("base", "path", "expected"),
    [
        ("/home/", "a", "/home/a"),
        ("/home/", "/etc/passwd", "/etc/passwd"),
        ("/home/", "", ""),
        ("/home/", ".", "/home"),
        ("/home/", "./a", "/home/a"),
        ("/home/", "a/", "/home/a"),
        ("/home/", "a//b", "/home/a/b"),
        ("/home/", "../etc", "/etc"),
        ("/home/", "..", "/"),
        ("/home/", "../../../etc", "/etc"),
        ("/home/", "a/../b", "/home/b"),
        ("/home/", ".cache/..rc", "/home/.cache/..rc"),
        ("/home/", "a.", "/home/a."),
        ("/home", "a", "/homea"),
        ("/home", "./a", "/home./a"),
        ("//x/", "a", "//x/a"),
        ("", "a/b", "a/b"),
        ("", "foo/../a", "a"),
        ("", "..", ""),
        ("", "/", "/"),
        ("", "//", "/"),
        ("", "/..", "/"),
        ("", "/a/./b/.", "/a/b"),
        ("<UNKNOWN>", "a", "<UNKNOWN>a"),
    ],
)
def test_paths_are_joined_as_falco_joins_them(base: str, path: str, expected: str) -> None:
    assert concat(base.encode(), path.encode()) == expected.encode()


def test_too_long_paths_have_a_name_of_their_own() -> None:
    assert concat(b"/" * 512, b"a" * 511) == b"/" * 512 + b"a" * 511
    assert concat(b"/" * 512, b"a" * 512) == TOO_LONG


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"plain", "plain"),
        ("grün".encode(), "grün"),
        (b"a\x01b\x7f", "a\ufffdb\ufffd"),
        (b"\xc3", "\ufffd"),
        (b"\xe2\x82x", "\ufffdx"),  # one for the longest part that could have become something
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"\xed\xa0\x80", "\ufffd\ufffd\ufffd"),  # surrogates
        ("\x85\ufdd0\U0001ffff".encode(), "\ufffd\ufffd\ufffd"),
    ],
)
def test_what_is_no_printable_text_becomes_replacement_characters(value: bytes, expected: str) -> None:
    assert sanitized(value) == expected.encode()


def test_only_the_path_is_sanitized_when_it_is_joined() -> None:
    assert concat(b"/\x01/", b"\x01") == b"/\x01/\xef\xbf\xbd"
