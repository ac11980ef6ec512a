"""Settings refuse to start unsafe, each time in one sentence and without the secret."""

from pathlib import Path

import pytest

from monitor.runtime.folder import FolderError, Kind, claim
from monitor.runtime.settings import Environment, SettingsError, load

GOOD = "7f1c0b9e5a2d4836bb3e9d41c08f6a57"
THREE = {
    "BATONG_DATABASE_URL": f"postgresql://app:{GOOD}@db/batong",
    "BATONG_DATABASE_OWNER_URL": f"postgresql://owner:{GOOD}@db/batong",
    "BATONG_DATABASE_SEQUENCER_URL": f"postgresql://sequencer:{GOOD}@db/batong",
}


def refusal(environ: dict[str, str], tmp_path: Path) -> str:
    with pytest.raises(SettingsError) as caught:
        load(environ, data=tmp_path / "data")
    text = str(caught.value)
    assert "\n" not in text
    assert " / " in text
    return text


def test_without_settings_all_is_embedded_and_strict(tmp_path: Path) -> None:
    settings = load({}, data=tmp_path / "data")
    assert settings.database is None
    assert settings.redis_url is None
    assert settings.environment is Environment.PRODUCTION
    assert settings.checkpoint_store == tmp_path / "data-checkpoints"
    assert settings.files_url == (tmp_path / "data" / "files").as_uri()
    assert not (tmp_path / "data").exists()


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "batong.toml"
    file.write_text('data = "from-file"\nredis_url = "unix:///run/valkey.sock"\n')
    settings = load({"BATONG_SETTINGS": str(file), "BATONG_DATA": str(tmp_path / "told")})
    assert settings.data == tmp_path / "told"
    assert settings.redis_url == "unix:///run/valkey.sock"


def test_an_unknown_name_in_the_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "batong.toml"
    file.write_text('database_ulr = "x"\n')
    assert "database_ulr" in refusal({"BATONG_SETTINGS": str(file)}, tmp_path)


def test_a_broken_file_is_refused_without_quoting_it(tmp_path: Path) -> None:
    file = tmp_path / "batong.toml"
    file.write_text(f"session_secret = {GOOD}\n")
    assert GOOD not in refusal({"BATONG_SETTINGS": str(file)}, tmp_path)


def test_given_addresses_are_taken_with_our_driver(tmp_path: Path) -> None:
    settings = load(THREE, data=tmp_path / "data")
    assert settings.database is not None
    assert settings.database.app_url == f"postgresql+psycopg://app:{GOOD}@db/batong"


def test_settings_do_not_show_their_secrets(tmp_path: Path) -> None:
    more = {"BATONG_REDIS_URL": f"redis://:{GOOD}@r", "BATONG_SESSION_SECRET": GOOD}
    assert GOOD not in repr(load({**THREE, **more}, data=tmp_path / "data"))


def test_one_address_of_three_is_refused(tmp_path: Path) -> None:
    one = {"BATONG_DATABASE_URL": THREE["BATONG_DATABASE_URL"]}
    assert "three addresses" in refusal(one, tmp_path)


def test_an_app_that_logs_in_as_the_owner_is_refused(tmp_path: Path) -> None:
    same = {**THREE, "BATONG_DATABASE_URL": THREE["BATONG_DATABASE_OWNER_URL"]}
    assert "three logins" in refusal(same, tmp_path)


def test_another_database_than_postgresql_is_refused(tmp_path: Path) -> None:
    other = {**THREE, "BATONG_DATABASE_URL": f"mysql://app:{GOOD}@db/batong"}
    assert "PostgreSQL" in refusal(other, tmp_path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BATONG_DEBUG", "1"),
        ("BATONG_SESSION_SECRET", "secret"),
        ("BATONG_SESSION_SECRET", "a" * 40),
        ("BATONG_REDIS_URL", "redis://cache:6379"),
        ("BATONG_REDIS_URL", "redis://:changeme@cache:6379"),
        ("BATONG_DATABASE_URL", "postgresql://app:Postgres@db/batong"),
    ],
)
def test_debug_and_well_known_secrets_are_refused_in_production_only(
    tmp_path: Path, name: str, value: str
) -> None:
    refusal({**THREE, name: value}, tmp_path)
    relaxed = {**THREE, name: value, "BATONG_ENVIRONMENT": "development"}
    assert load(relaxed, data=tmp_path / "data").environment is Environment.DEVELOPMENT


def test_a_demo_is_refused_in_production(tmp_path: Path) -> None:
    told = {"BATONG_ENVIRONMENT": "production", "BATONG_DEMO": "1"}
    assert "demo" in refusal(told, tmp_path)


def test_a_word_that_is_no_yes_or_no_is_refused(tmp_path: Path) -> None:
    assert "debug" in refusal({"BATONG_DEBUG": "maybe"}, tmp_path)


def test_a_checkpoint_store_inside_the_data_is_refused(tmp_path: Path) -> None:
    inside = {"BATONG_CHECKPOINT_STORE": str(tmp_path / "data" / "checkpoints")}
    assert "checkpoint_store" in refusal(inside, tmp_path)


def test_a_checkpoint_store_that_only_looks_outside_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data" / "inner").mkdir(parents=True)
    (tmp_path / "outside").symlink_to(tmp_path / "data" / "inner")
    outside = {"BATONG_CHECKPOINT_STORE": str(tmp_path / "outside" / "c")}
    assert "checkpoint_store" in refusal(outside, tmp_path)


def test_a_demo_folder_never_becomes_real(tmp_path: Path) -> None:
    claim(tmp_path / "data", Kind.DEMO)
    assert load({}, data=tmp_path / "data").kind is Kind.DEMO
    with pytest.raises(FolderError, match="never returns"):
        load({}, data=tmp_path / "data", demo=False)


def test_a_real_folder_refuses_the_demo_clock(tmp_path: Path) -> None:
    claim(tmp_path / "data")
    with pytest.raises(FolderError, match="refuses the demo clock"):
        load({"BATONG_DEMO": "1"}, data=tmp_path / "data")


def test_a_folder_whose_marker_was_removed_is_refused(tmp_path: Path) -> None:
    claim(tmp_path / "data", Kind.DEMO)
    (tmp_path / "data" / "postgres").mkdir()
    (tmp_path / "data" / "kind").unlink()
    with pytest.raises(FolderError, match="no `kind` marker"):
        claim(tmp_path / "data", Kind.REAL)


def test_a_folder_with_a_strange_marker_is_refused(tmp_path: Path) -> None:
    claim(tmp_path / "data")
    (tmp_path / "data" / "kind").write_text("both")
    with pytest.raises(FolderError, match="neither"):
        claim(tmp_path / "data")


def test_a_logs_name_and_its_witnesses_are_settings(tmp_path: Path) -> None:
    told = {
        "BATONG_LOG_ORIGIN": "ggzy.example.gov.cn/log/2026",
        "BATONG_WITNESSES": "w1+1+A http://one, w2+2+B https://two/witness",
        "BATONG_QUORUM": "2",
    }
    settings = load(told, data=tmp_path / "data")
    assert settings.log_origin == "ggzy.example.gov.cn/log/2026"
    assert settings.witnesses == (("w1+1+A", "http://one"), ("w2+2+B", "https://two/witness"))
    assert settings.quorum == 2
    assert load({}, data=tmp_path / "data").quorum is None


@pytest.mark.parametrize("witnesses", ["w1+1+A", "w1+1+A ftp://one", "w1 http://a b", "http://one"])
def test_a_witness_without_key_or_address_is_refused(tmp_path: Path, witnesses: str) -> None:
    assert "VKEY ADDRESS" in refusal({"BATONG_WITNESSES": witnesses}, tmp_path)


def test_a_quorum_is_a_number(tmp_path: Path) -> None:
    assert "quorum" in refusal({"BATONG_QUORUM": "most"}, tmp_path)


def test_the_proxies_that_are_believed_are_settings(tmp_path: Path) -> None:
    told = load({"BATONG_TRUSTED_PROXIES": "10.0.0.2, 10.1.0.0/24,2001:db8::/64"}, data=tmp_path)
    assert [str(each) for each in told.trusted_proxies] == [
        "10.0.0.2/32", "10.1.0.0/24", "2001:db8::/64",
    ]  # fmt: skip
    assert load({}, data=tmp_path).trusted_proxies == ()


@pytest.mark.parametrize("proxies", ["proxy.example", "10.0.0.1/24", "0.0.0.0/0", "::/0", "*"])
def test_all_the_world_is_no_proxy_to_be_believed(tmp_path: Path, proxies: str) -> None:
    assert "trusted_proxies" in refusal({"BATONG_TRUSTED_PROXIES": proxies}, tmp_path)
