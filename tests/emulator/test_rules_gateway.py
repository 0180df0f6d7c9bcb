"""Who may call, how often, and which pictures open."""

import hashlib
import time
from base64 import b64encode
from collections.abc import Iterator

import jwt
import pytest
import requests

from tests.emulator.rules import admin, options
from tests.emulator.service import Service, running

READ_ONLY = "look-do-not-touch"
AUDIENCE = "https://cognitiveservices.azure.com"


@pytest.fixture(scope="module")
def emulator() -> Iterator[Service]:
    keys = ("--training-key", "full", "--training-key", f"{READ_ONLY}:read-only")
    with running("--seed", "small", *keys, "--bearer-audience", AUDIENCE) as service:
        yield service


def get(service: Service, path: str, **headers: str) -> requests.Response:
    url = f"{service.endpoint}/customvision/v3.3/training{path}"
    return service.http.get(url, headers=headers, timeout=30)


def token(**claims: object) -> str:
    signing = {"aud": AUDIENCE, "exp": int(time.time()) + 600} | claims
    return jwt.encode(signing, "a key that the emulator never sees", algorithm="HS256")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Training-Key": "wrong"},
        {"Ocp-Apim-Subscription-Key": "full"},
        {"Authorization": "Bearer nonsense"},
        {"Training-Key": "wrong", "Authorization": f"Bearer {token()}"},
        {"Authorization": f"Bearer {token(aud='https://vault.azure.net')}"},
        {"Authorization": f"Bearer {token(exp=int(time.time()) - 600)}"},
    ],
)
def test_strangers_are_refused_as_the_gateway_does(emulator: Service, headers: dict[str, str]) -> None:
    for path in ("/projects", "/projects/not-an-id"):
        refused = get(emulator, path, **headers)
        assert refused.status_code == 401
        assert refused.json()["error"]["code"] == "401"
        assert "full" not in refused.text


@pytest.mark.parametrize("audience", [AUDIENCE, AUDIENCE + "/"])
def test_a_token_for_the_audience_is_taken(emulator: Service, audience: str) -> None:
    assert len(get(emulator, "/projects", Authorization=f"Bearer {token(aud=audience)}").json()) == 3


def test_a_read_only_key_reads_everything_and_writes_nothing(emulator: Service) -> None:
    key = {"Training-Key": READ_ONLY}
    projects = get(emulator, "/projects", **key).json()
    base = f"{emulator.endpoint}/customvision/v3.3/training/projects/{projects[0]['id']}"
    queried = emulator.http.post(f"{base}/predictions/query", headers=key, json={}, timeout=30)
    assert queried.status_code == 200
    for method, path in (("DELETE", ""), ("PATCH", ""), ("DELETE", "/images"), ("POST", "/train")):
        refused = emulator.http.request(method, base + path, headers=key, timeout=30)
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "PermissionDenied")
    assert get(emulator, "/projects", **key).json()[0]["id"] == projects[0]["id"]


def test_too_many_calls_are_throttled_and_then_go_on(emulator: Service) -> None:
    with options(emulator, rate_limit="5/3"):
        answers = [emulator.call("GET", "/domains") for _ in range(8)]
        throttled = [one for one in answers if one.status_code == 429]
        assert [one.status_code for one in answers[:3]] == [200] * 3
        assert throttled
        assert throttled[0].headers["Retry-After"] == "1"
        assert "Requests to the GetDomains Operation" in throttled[0].json()["error"]["message"]
        deadline = time.monotonic() + 5
        while emulator.call("GET", "/domains").status_code == 429:
            assert time.monotonic() < deadline
        # A burst may pass at once; what follows may not pass faster than the rate.
        begun = time.monotonic()
        passed = 0
        while time.monotonic() - begun < 2:
            passed += emulator.call("GET", "/domains").status_code == 200
        assert passed <= 3 + 5 * 2 + 1


def test_a_throttled_answer_may_come_without_retry_after(emulator: Service) -> None:
    with options(emulator, rate_limit="1/1", retry_after=False):
        answers = [emulator.call("GET", "/domains") for _ in range(3)]
    assert "Retry-After" not in answers[-1].headers
    assert answers[-1].status_code == 429


def test_pictures_may_count_against_the_limit(emulator: Service) -> None:
    url = picture_url(emulator)
    with options(emulator, rate_limit="0.01/2"):
        assert [requests.get(url, timeout=30).status_code for _ in range(4)] == [200] * 4
    with options(emulator, rate_limit="0.01/2", pictures_count=True):
        assert emulator.call("GET", "/domains").status_code == 200
        assert requests.get(url, timeout=30).status_code == 200
        throttled = requests.get(url, timeout=30)
        assert (throttled.status_code, throttled.headers["Retry-After"]) == (429, "100")
        assert emulator.call("GET", "/domains").status_code == 429


def test_the_gateway_may_answer_in_its_other_form(emulator: Service) -> None:
    with options(emulator, gateway_form="status-code", rate_limit="1/1"):
        answers = [
            get(emulator, "/projects", **{"Training-Key": "wrong"}),
            *(emulator.call("GET", "/domains") for _ in range(2)),
        ]
    for answer in (answers[0], answers[-1]):
        assert answer.json() == {"statusCode": answer.status_code, "message": answer.json()["message"]}
    assert [answer.status_code for answer in answers] == [401, 200, 429]


def test_the_status_for_who_may_not_is_an_option(emulator: Service) -> None:
    with options(emulator, denied_status=401):
        url = f"{emulator.endpoint}/customvision/v3.3/training/projects/{'0' * 32}"
        refused = emulator.http.delete(url, headers={"Training-Key": READ_ONLY}, timeout=30)
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "PermissionDenied")


def test_tokens_may_be_for_later_versions_only(emulator: Service) -> None:
    headers = {"Authorization": f"Bearer {token()}"}
    with options(emulator, bearer_since="3.3"):
        for version, status in (("v3.2", 401), ("v3.3", 200), ("v3.4-preview", 200)):
            url = f"{emulator.endpoint}/customvision/{version}/training/projects"
            assert emulator.http.get(url, headers=headers, timeout=30).status_code == status


def test_the_prediction_key_is_another_one(emulator: Service) -> None:
    url = f"{emulator.endpoint}/customvision/v3.1/prediction/{'0' * 32}/classify/iterations/name/image"
    for name, key, status in (
        ("Training-Key", "full", 401),
        ("Prediction-Key", "full", 401),
        ("Prediction-Key", emulator.prediction_key, 415),
    ):
        assert emulator.http.post(url, headers={name: key}, timeout=30).status_code == status


def picture_url(service: Service) -> str:
    project = service.answer("GET", "/projects")[0]["id"]
    return service.answer("GET", f"/projects/{project}/images", params={"take": "1"})[0]["originalImageUri"]


def test_a_signed_url_gives_the_picture_as_blob_storage_does(emulator: Service) -> None:
    url = picture_url(emulator)
    got = requests.get(url, timeout=30)
    assert got.status_code == 200
    assert (
        got.headers["Content-MD5"]
        == b64encode(hashlib.md5(got.content, usedforsecurity=False).digest()).decode()
    )
    assert got.headers["Content-Length"] == str(len(got.content))
    assert got.headers["Content-Type"].startswith("image/")
    head = requests.head(url, timeout=30)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-MD5"] == got.headers["Content-MD5"]


def test_a_thumbnail_is_a_smaller_picture_of_its_own(emulator: Service) -> None:
    project = emulator.answer("GET", "/projects")[0]["id"]
    image = emulator.answer("GET", f"/projects/{project}/images", params={"take": "1"})[0]
    small = requests.get(image["thumbnailUri"], timeout=30)
    assert small.headers["Content-Type"] == "image/jpeg"
    assert small.content != requests.get(image["originalImageUri"], timeout=30).content


def test_only_the_signed_url_opens_the_picture(emulator: Service) -> None:
    url = picture_url(emulator)
    path, _, query = url.partition("?")
    other = path[:-1] + ("0" if path[-1] != "0" else "1")
    later = query.replace("&se=2", "&se=3")
    assert later != query
    for wrong, status, code in (
        (path, 404, "ResourceNotFound"),
        (f"{other}?{query}", 403, "AuthenticationFailed"),
        (f"{path}?{later}", 403, "AuthenticationFailed"),
    ):
        refused = requests.get(wrong, timeout=30)
        assert (refused.status_code, refused.headers["x-ms-error-code"]) == (status, code)
        assert f"<Code>{code}</Code>" in refused.text


def test_a_signed_url_ends(emulator: Service) -> None:
    with options(emulator, sas_lifetime=100):
        url = picture_url(emulator)
    assert requests.get(url, timeout=30).status_code == 200
    admin(emulator, "POST", "clock", json={"seconds": 101})
    refused = requests.get(url, timeout=30)
    assert (refused.status_code, refused.headers["x-ms-error-code"]) == (403, "AuthenticationFailed")
    assert requests.get(picture_url(emulator), timeout=30).status_code == 200


def test_a_private_account_gives_paths_that_only_the_api_opens(emulator: Service) -> None:
    with options(emulator, private=True):
        project = emulator.answer("GET", "/projects")[0]["id"]
        image = emulator.answer("GET", f"/projects/{project}/images", params={"take": "1"})[0]
        path = image["originalImageUri"]
        assert path == f"/i-{project.replace('-', '')}/i-{image['id'].replace('-', '')}"
        artifact = emulator.call("GET", f"/projects/{project}/artifacts", params={"path": path})
        assert artifact.headers["Content-Type"] == "application/octet-stream"
        assert requests.get(emulator.endpoint + path, timeout=30).status_code == 404
    public = emulator.answer("GET", f"/projects/{project}/images", params={"take": "1"})[0]
    assert requests.get(public["originalImageUri"], timeout=30).content == artifact.content
