"""Settings from BATONG_* or a TOML file; refuses to start unsafe, in one sentence."""

import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from monitor.runtime.database import Addresses
from monitor.runtime.folder import Kind, kind

Network = IPv4Network | IPv6Network
_PREFIX = "BATONG_"
_FILE = "BATONG_SETTINGS"
_SECRET_LENGTH = 32
_KNOWN_PASSWORDS = frozenset(
    {"", "admin", "batong", "change-me", "changeme", "dev", "password", "postgres", "secret"}
)
_YES = frozenset({"1", "true", "yes", "on"})
_NO = frozenset({"", "0", "false", "no", "off"})


class SettingsError(Exception):
    """The platform would not be safe, or not know what to do, with these settings."""


class Environment(StrEnum):
    """How strict to be; production is the default of a real folder."""

    PRODUCTION = "production"
    DEVELOPMENT = "development"


@dataclass(frozen=True, slots=True)
class Settings:
    """Where everything is. `database` or `redis_url` None: a server of our own under `data`."""

    data: Path
    checkpoint_store: Path
    files_url: str
    environment: Environment
    kind: Kind
    wanted_kind: Kind | None = None
    debug: bool = False
    database: Addresses | None = None
    redis_url: str | None = field(default=None, repr=False)
    session_secret: str | None = field(default=None, repr=False)
    smtp_url: str | None = field(default=None, repr=False)
    metrics_token: str | None = field(default=None, repr=False)
    """What a collector of counts elsewhere shows; without one only this machine reads them."""
    public_url: str = ""
    """The address by which readers reach the platform, for links in mail and on papers."""
    seal_url: str = ""
    """The address of the sealing frame, an origin of its own, where it is not the second port's."""
    trusted_proxies: tuple[Network, ...] = ()
    """Whose word on a reader's own address is believed."""
    log_origin: str = ""
    """The name of a real folder's log; without it, the host of `public_url` and the year."""
    witnesses: tuple[tuple[str, str], ...] = ()
    """Who cosigns: vkey and address of each."""
    quorum: int | None = None
    """How many of them must; None means more than half."""
    outage_keys: tuple[str, ...] = ()
    """The vkeys by which their programs sign measures of outages."""


@dataclass(frozen=True, slots=True)
class _Given:
    """The settings as written, each a field of the TOML file and BATONG_<NAME>."""

    data: str = "data"
    checkpoint_store: str = ""
    files_url: str = ""
    environment: str = ""
    demo: str = ""
    debug: str = ""
    database_url: str = ""
    database_owner_url: str = ""
    database_sequencer_url: str = ""
    redis_url: str = ""
    session_secret: str = ""
    smtp_url: str = ""
    metrics_token: str = ""
    public_url: str = ""
    seal_url: str = ""
    trusted_proxies: str = ""
    log_origin: str = ""
    witnesses: str = ""
    quorum: str = ""
    outage_keys: str = ""


def load(
    environ: Mapping[str, str], *, data: Path | None = None, demo: bool | None = None
) -> Settings:
    """Returns the settings; `data` and `demo` (from the command line) win. Creates nothing.

    Raises SettingsError, FolderError.
    """
    given = _read(environ)
    folder = (data or Path(given.data)).resolve()
    wanted = _wanted(given, demo)
    found = kind(folder, wanted)
    store = given.checkpoint_store or f"{folder}-checkpoints"
    settings = Settings(
        data=folder,
        checkpoint_store=Path(store).resolve(),
        files_url=given.files_url or (folder / "files").as_uri(),
        environment=_environment(given, found),
        kind=found,
        wanted_kind=wanted,
        debug=_yes("debug", given.debug),
        database=_database(given),
        redis_url=given.redis_url or None,
        session_secret=given.session_secret or None,
        smtp_url=given.smtp_url or None,
        metrics_token=given.metrics_token or None,
        public_url=given.public_url.rstrip("/"),
        seal_url=given.seal_url.rstrip("/"),
        trusted_proxies=_networks(given.trusted_proxies),
        log_origin=given.log_origin,
        witnesses=_witnesses(given.witnesses),
        quorum=_quorum(given.quorum),
        outage_keys=tuple(each.strip() for each in given.outage_keys.split(",") if each.strip()),
    )
    _check(settings, given)
    return settings


def _read(environ: Mapping[str, str]) -> _Given:
    names = {one.name for one in dataclasses.fields(_Given)}
    file = _read_file(Path(environ[_FILE])) if environ.get(_FILE) else {}
    unknown = sorted(set(file) - names)
    if unknown:
        raise SettingsError(f"设置文件中有未知项 / unknown in the settings file: {unknown[0]}")
    told = {name: environ[key] for name in names if (key := _PREFIX + name.upper()) in environ}
    return _Given(**{**file, **told})


def _read_file(path: Path) -> dict[str, str]:
    try:
        read = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        # Not the parser's own words: they may quote a line that holds a password.
        raise SettingsError(f"无法读取设置文件 / cannot read the settings file {path}") from None
    return {name: str(value) for name, value in read.items()}


def _yes(name: str, text: str) -> bool:
    if text.lower() not in _YES | _NO:
        raise SettingsError(f"{name} 应为 1 或 0 / must be 1 or 0")
    return text.lower() in _YES


def _witnesses(text: str) -> tuple[tuple[str, str], ...]:
    """Read `VKEY ADDRESS, VKEY ADDRESS`; the keys themselves are judged where they are used."""
    pairs = [tuple(each.split()) for each in text.split(",") if each.strip()]
    for pair in pairs:
        if len(pair) != 2 or not pair[1].startswith(("http://", "https://")):
            raise SettingsError(
                "witnesses 应为“公钥 地址, 公钥 地址” / must be VKEY ADDRESS, VKEY ADDRESS"
            )
    return tuple((vkey, address) for vkey, address in pairs)


def _networks(text: str) -> tuple[Network, ...]:
    """Read addresses and networks, by commas; all the world is none to be trusted."""
    try:
        found = tuple(ip_network(each.strip()) for each in text.split(",") if each.strip())
    except ValueError:
        found = (ip_network("0.0.0.0/0"),)
    if not all(each.prefixlen for each in found):
        raise SettingsError(
            "trusted_proxies 应为代理的地址或网段 / must be addresses or networks of your proxies"
        )
    return found


def _quorum(text: str) -> int | None:
    if text and not text.isdecimal():
        raise SettingsError("quorum 应为见证人数 / must be a number of witnesses")
    return int(text) if text else None


def _wanted(given: _Given, demo: bool | None) -> Kind | None:
    if demo is None and not given.demo:
        return None
    chosen = _yes("demo", given.demo) if demo is None else demo
    return Kind.DEMO if chosen else Kind.REAL


def _environment(given: _Given, found: Kind) -> Environment:
    if not given.environment:
        return Environment.PRODUCTION if found is Kind.REAL else Environment.DEVELOPMENT
    if given.environment not in set(Environment):
        raise SettingsError("environment 应为 production 或 development / must be one of the two")
    return Environment(given.environment)


def _database(given: _Given) -> Addresses | None:
    urls = (given.database_owner_url, given.database_url, given.database_sequencer_url)
    if not any(urls):
        return None
    if not all(urls):
        raise SettingsError(
            "外接数据库须给出三个地址：database_url、database_owner_url、database_sequencer_url / "
            "a database of your own needs all three addresses"
        )
    if len({urlsplit(url).username for url in urls}) != len(urls):
        raise SettingsError(
            "三个数据库地址须用三个不同账户 / the three database addresses need three logins"
        )
    return Addresses(_dialect(urls[0]), _dialect(urls[1]), _dialect(urls[2]), superuser_url="")


def _dialect(url: str) -> str:
    scheme, _, rest = url.partition("://")
    if scheme not in {"postgresql", "postgres", "postgresql+psycopg"}:
        raise SettingsError("数据库只支持 PostgreSQL / the database must be PostgreSQL")
    return f"postgresql+psycopg://{rest}"


def _check(settings: Settings, given: _Given) -> None:
    if settings.checkpoint_store.is_relative_to(settings.data):
        raise SettingsError(
            "checkpoint_store 不得放在数据文件夹内，否则恢复旧备份会一并回退 / "
            "checkpoint_store must be outside the data folder: a restored backup would rewind it"
        )
    if settings.environment is not Environment.PRODUCTION:
        return
    if settings.debug:
        raise SettingsError("生产环境不得开启 debug / no debug in production")
    if settings.kind is Kind.DEMO:
        raise SettingsError("生产环境不得使用演示数据 / no demo folder in production")
    _check_secrets(given)


def _check_secrets(given: _Given) -> None:
    for name in ("database_url", "database_owner_url", "database_sequencer_url", "redis_url"):
        parts = urlsplit(getattr(given, name))
        if parts.hostname and (parts.password or "").lower() in _KNOWN_PASSWORDS:
            raise SettingsError(
                f"{name} 的密码为空或众所周知 / the password of {name} is empty or well known"
            )
    secret = given.session_secret
    if secret and (len(secret) < _SECRET_LENGTH or len(set(secret)) < _SECRET_LENGTH // 4):
        raise SettingsError(
            f"session_secret 至少 {_SECRET_LENGTH} 个随机字符 / "
            f"session_secret needs {_SECRET_LENGTH} random characters"
        )
