"""Settings of tickets out: what could never be called is refused at the start, by the setting's name, and never repeated."""

import pytest

from steward.setting_checks import SettingsError
from steward.ticket_settings import read_ticket_settings
from tests.telling.played import Played

RIGHT = Played(port=9000).environment()


@pytest.mark.parametrize("name", ["JIRA_URL", "SERVICENOW_URL", "PUBLIC_URL"])
@pytest.mark.parametrize(
    "url",
    [
        "https://jira.example.org\n",
        "https://jira.example\n.org",
        "https://jira.example.org/a\tb",
        " https://jira.example.org",
        "https://jira.example.org/a b",
        "https://jira.example.org:99999",
        "https://jira.example.org:0",
        "https://jira.example.org:abc",
        "https://jira.example.org:-1",
        "https://jirä.example.org",
        "https://",
        "http://jira.example.org",
        "https://jira.example.org/?q=hush",
        "jira.example.org",
    ],
)
def test_an_address_that_could_not_be_called_is_named(name: str, url: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name}: expected https://HOST") as error:
        read_ticket_settings(RIGHT | {name: url})
    assert "hush" not in str(error.value)


@pytest.mark.parametrize(
    "hosts",
    [
        "hooks.example.org:65536",
        "hooks.example.org:0",
        "hooks.example.org:0443",
        "hooks.example.org:abc",
        "hooks.example.org:\u0664\u0664\u0663",
        "hooks.example.org other.example.org",
        "https://hooks.example.org",
        "*.example.org",
    ],
)
def test_hosts_that_no_callback_could_have_are_named(hosts: str) -> None:
    with pytest.raises(SettingsError, match=r"^CALLBACK_HOSTS: expected host names"):
        read_ticket_settings(RIGHT | {"CALLBACK_HOSTS": hosts})


def test_what_is_right_is_taken() -> None:
    url = "https://jira.example.org:8443/tickets/"
    hosts = " hooks.example.org, Other.example.org:65535 ,,127.0.0.1:9000\n"
    found = read_ticket_settings(RIGHT | {"JIRA_URL": url, "PUBLIC_URL": url, "CALLBACK_HOSTS": hosts})
    assert found.jira
    assert (found.jira.url, found.public_url) == (url.rstrip("/"), url.rstrip("/"))
    assert found.callback_hosts == ("hooks.example.org", "other.example.org:65535", "127.0.0.1:9000")
