"""What must not stand in a report: values under names of secrets, and credentials inside texts."""

import re

REDACTED = "<redacted>"

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_WORDS = frozenset(
    {"auth", "authorization", "cookie", "cookies", "dsn", "jwt", "key", "pass", "passwd", "pwd", "token", "tokens"}
)
_PARTS = re.compile(r"passw|pwd|secret|credential|passphrase|api_?key|private_?key|access_?key|(token|cookie)s?$")
_LAST = re.compile(r"([^.\[\]]*)((?:\[.*\])?)$", re.DOTALL)
_IN_TEXT = (
    (re.compile(r"(?<=://)([^/\s:@]*):[^/\s@]*@"), r"\1:***@"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{6,}"), r"\1 ***"),
    (re.compile(r"(?i)([\w-]*(?:passw(?:or)?d|pwd|secret|token|api_?key)[\w-]*=)[^&;,\s]+"), r"\1***"),
    (re.compile(r"\b(?:gh[pousr]_|github_pat_|sk-|xox[abps]-|AKIA|eyJ[\w-]+\.eyJ)[\w.-]{8,}"), "***"),
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*", re.DOTALL), "***"),
)


def is_secret(name: str) -> bool:
    """Tell whether *name*, a key or an attribute, is one under which people keep secrets."""
    words = [word.lower() for word in _WORD.findall(name)]
    return not _WORDS.isdisjoint(words) or _PARTS.search(name.lower()) is not None


def is_secret_place(place: str) -> bool:
    """Tell whether *place* ends in the name of a secret, or in a key of what is named so: ``app.tokens['bob']``."""
    match = _LAST.search(place)
    return match is not None and any(map(is_secret, match.groups()))


def redact(text: str) -> str:
    """Return *text* without the credentials that can be recognised in it."""
    for pattern, replacement in _IN_TEXT:
        text = pattern.sub(replacement, text)
    return text
