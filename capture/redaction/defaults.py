"""The patterns that ship with falcolab.

Where a value is known for a secret by the name in front of it, the name must end with a word
such as ``password``: ``--password-file`` and ``--token-ttl`` keep what rules want to see.
"""

from __future__ import annotations

from capture.redaction.pattern import Pattern, Place

_WORDS = (
    r"(?:password|passwd|passphrase|secret|token|credentials"
    r"|(?:api|access|secret|private|encryption|signing|account|auth|shared|master)[_-]?key)"
)
_NAMED = rf"(?:[\w.-]*{_WORDS}|(?:[\w.-]*[_.-])?pass|[\w.-]*[_.-]pwd)"
"""Names of secrets in command lines; ``PWD`` alone is a folder."""

_VARIABLE = (
    r"(?:[^\x00=\"]*(?:password|passwd|passphrase|secret|token|apikey)"
    r"|(?:[^\x00=\"]*[_.-])?(?:key|pass|auth|cookie)|[^\x00=\"]*[_.-]pwd)"
    r"(?:[_-]?(?:base|id|value|hash|salt|old|new|[0-9]+))*"
)
"""Names of environment variables with secrets, however they are written; ``PWD`` is none."""

_MYSQL = r"(?:mysql|mariadb)(?:admin|dump|import|show|check|-admin|-dump|-import|-show|-check)?"
_LOGIN = r"(?:docker|podman|buildah|skopeo|nerdctl|helm|oras|crane|az)"

_WORD = r"([^\x00\s\"'&;,|<>()`$][^\x00\s\"'&;,|<>()`]*)"
"""A value in the text of a shell command. It ends where the shell sees an end: who writes ``TOKEN=x`` in
front of a command must not hide the command."""

_NAMES = (
    Pattern("variable", rf"(?i)(?:^|\x00){_VARIABLE}=([^\x00]+)", Place.ENVIRONMENT),
    Pattern("argument", rf"(?i)\x00--?{_NAMED}=([^\x00]+)", Place.ARGUMENTS),
    Pattern("option", rf"(?i)\x00--?{_NAMED}\x00([^\x00-][^\x00]*)", Place.ARGUMENTS),
    Pattern("quoted", rf"(?i)(?:^|[^\w.-]){_NAMED}[\"']?\s*[=:]\s*'([^'\x00]+)'", Place.PROCESS),
    Pattern("double-quoted", rf'(?i)(?:^|[^\w.-]){_NAMED}["\']?\s*[=:]\s*"([^"\x00]+)"', Place.PROCESS),
    Pattern("assigned", rf"(?i)(?:^|[^\w.-]){_NAMED}(?:=|[\"']\s*[:=]\s*|:\s+){_WORD}", Place.PROCESS),
    Pattern("quoted-option", rf"(?i)\s--?{_NAMED}[ \t]+'([^'\x00]+)'", Place.ARGUMENTS),
    Pattern("double-quoted-option", rf'(?i)\s--?{_NAMED}[ \t]+"([^"\x00]+)"', Place.ARGUMENTS),
    Pattern("shell-option", rf"(?i)\s--?{_NAMED}[ \t]+{_WORD}", Place.ARGUMENTS),
    Pattern("openssl", r"(?:^|[\x00\s=])pass:([^\x00\s]+)", Place.ARGUMENTS),
    Pattern(
        "chpasswd", r"""echo\s+["']?[^:\x00|]+:([^\x00|"'\s]+)["']?\s*\|\s*\S*chpasswd""", Place.ARGUMENTS
    ),
    Pattern(
        "container-variable",
        rf'(?i)"name"\s*:\s*"{_VARIABLE}"\s*,\s*"value"\s*:\s*"((?:[^"\\]|\\.)+)',
        Place.AUDIT,
    ),
    Pattern(
        "applied-variable",
        rf'(?i)\\"name\\"\s*:\s*\\"{_VARIABLE}\\"\s*,\s*\\"value\\"\s*:\s*'
        r'\\"((?:[^"\\]|\\\\(?:\\\\|\\"|[^"\\]))+)',
        Place.AUDIT,
    ),
)

_PROGRAMS = (
    Pattern("mysql", r"[\x00\s]-p([^\x00\s]+)", Place.ARGUMENTS, _MYSQL),
    Pattern("literal", r"--from-literal[=\x00 ][^\x00=]*=([^\x00]+)", Place.ARGUMENTS, "kubectl|oc"),
    Pattern("sshpass", r"[\x00\s]-p[\x00\s]*([^\x00\s]+)", Place.ARGUMENTS, "sshpass"),
    Pattern(
        "curl",
        r"[\x00\s](?:-[a-zA-Z]*[uU]|--user|--proxy-user)[\x00\s=]*[^\x00\s:]*:([^\x00\s]+)",
        Place.ARGUMENTS,
        "curl",
    ),
    Pattern("login", r"[\x00\s]login[\x00\s].*?[\x00\s]?-p[\x00\s=]*([^\x00\s]+)", Place.ARGUMENTS, _LOGIN),
    Pattern("ldap", r"[\x00\s]-w[\x00\s]*([^\x00\s]+)", Place.ARGUMENTS, "ldap[a-z]+"),
    Pattern("redis", r"[\x00\s]-a[\x00\s]+([^\x00\s]+)", Place.ARGUMENTS, "redis-cli"),
    Pattern("mongo", r"[\x00\s]-p[\x00\s]*([^\x00\s]+)", Place.ARGUMENTS, "mongo[a-z]*"),
    Pattern("smb", r"[\x00\s]-U[\x00\s]*[^\x00\s%]+%([^\x00\s]+)", Place.ARGUMENTS, "smbclient|rpcclient"),
    Pattern("zip", r"[\x00\s]-P[\x00\s]*([^\x00\s]+)", Place.ARGUMENTS, "zip|unzip|sqlcmd"),
    Pattern("7z", r"[\x00\s]-p([^\x00\s]+)", Place.ARGUMENTS, "7z[ar]?"),
    Pattern(
        "htpasswd",
        r"[\x00\s]-\w*b\w*[\x00\s]+\S+[\x00\s]+\S+?[\x00\s]+([^\x00\s]+)",
        Place.ARGUMENTS,
        "htpasswd",
    ),
)

_HEADERS = (
    Pattern(
        "authorization",
        r"(?i)authorization[\"']?\s*[:=]\s*[\"']?(?:(?:bearer|basic|token|digest|negotiate|apikey)\s+)?"
        r"([^\x00\s\"',\\]+)",
    ),
    Pattern("bearer", r"(?i)\bbearer\s+([\w.~+/=-]{8,})"),
    Pattern(
        "header",
        r"(?i)\b(?:x-[a-z-]*(?:key|token)|private-token|api-key)\s*:\s*([^\x00\s\"'\\]+)",
        Place.PROCESS,
    ),
    Pattern(
        "cookie",
        r"(?i)\bcookie\s*:\s*([^\x00\s\"'\\;]+(?:;\s+[^\x00\s\"'\\=;]+=[^\x00\s\"'\\;]+)*)",
        Place.PROCESS,
    ),
)

_ADDRESSES = (
    Pattern("url", r"(?i)\b[a-z][a-z0-9+.-]*://[^\x00\s/@:?#\"'\\]*:([^\x00\s/\"'\\]+)@"),
    Pattern("query", rf"(?i)[?&](?:{_NAMED}|sig|signature|x-amz-signature)=([^&\x00\s\"'#\\]+)"),
    Pattern("connection", r"(?i);\s*(?:pwd|password)\s*=\s*([^;\x00\s\"']+)", Place.PROCESS),
    Pattern("slack-hook", r"hooks\.slack\.com/(?:services|workflows)/([^\x00\s\"'\\]+)"),
)

_TOKENS = (
    Pattern(
        "private-key",
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?:(?:\s|\\+n)*(?:Proc-Type|DEK-Info): [^\s\\]+)*"
        r"((?:(?:\s|\\+n)*[A-Za-z0-9+/=]{16,})+(?:(?:\s|\\+n)*[A-Za-z0-9+/]+=+)?)",
    ),
    Pattern("aws", r"\b((?:AKIA|ASIA)[A-Z0-9]{16})\b"),
    Pattern("google", r"\b(AIza[\w-]{35}|ya29\.[\w.-]{20,}|GOCSPX-[\w-]{20,})"),
    Pattern("azure", r"(?i)(?:AccountKey|SharedAccessKey)=([a-z0-9+/=]{20,})"),
    Pattern("azure-secret", r"\b([\w~.-]{3}8Q~[\w~.-]{31,34})"),
    Pattern("github", r"\b(gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,})"),
    Pattern("gitlab", r"\b(gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|soat)-[\w.-]{20,})"),
    Pattern("slack", r"\b(xox[a-z]-[\w-]{10,}|xapp-[\w-]{10,})"),
    Pattern("json-web-token", r"\b(eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*)"),
    Pattern("vault", r"\b(hv[sbr]\.[\w-]{20,})"),
    Pattern("stripe", r"\b([rs]k_(?:live|test)_\w{16,})"),
    Pattern("packages", r"\b(npm_[A-Za-z0-9]{30,}|pypi-[\w-]{40,}|dop_v1_[0-9a-f]{40,}|dckr_pat_[\w-]{20,})"),
    Pattern("language-models", r"\b(sk-(?:ant-|proj-)?[\w-]{20,})"),
)

DEFAULTS = (*_NAMES, *_PROGRAMS, *_HEADERS, *_ADDRESSES, *_TOKENS)
"""All of them; the first in this order that matches at a place wins."""
