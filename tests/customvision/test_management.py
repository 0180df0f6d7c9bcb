"""Account information from the management plane."""

import json
import time

import pytest
from azure.core.credentials import AccessToken

from steward.customvision.errors import InvalidArgument, MalformedAnswer
from steward.customvision.management import ManagementClient
from tests.customvision.scripted import Server, json_reply, serve

RESOURCE = (
    "/subscriptions/bc3f7dad-5544-468c-8573-3ef04d55463e/resourceGroups/vision"
    "/providers/Microsoft.CognitiveServices/accounts/hats"
)


class Identity:
    def get_token(self, *scopes: str, **_: object) -> AccessToken:
        return AccessToken(f"token for {scopes[0]}", int(time.time()) + 3600)


def account(**properties: object) -> dict[str, object]:
    return {
        "id": RESOURCE,
        "name": "hats",
        "type": "Microsoft.CognitiveServices/accounts",
        "kind": "CustomVision.Training",
        "sku": {"name": "S0"},
        "properties": {"endpoint": "https://hats.cognitiveservices.azure.com/", **properties},
    }


def usage(name: str) -> dict[str, object]:
    return {"name": {"value": name}, "unit": "Count", "limit": 100.0, "currentValue": 3.0}


def test_an_account_shows_whether_it_has_keys_and_none_of_them(server: Server) -> None:
    with ManagementClient(RESOURCE, Identity(), endpoint=server.url) as client:
        server.answers(
            json_reply(
                account(
                    apiProperties={
                        "statisticsEnabled": False,
                        "qnaAzureSearchEndpointKey": "topsecret",
                        "storageAccountConnectionString": "AccountName=a;AccountKey=topsecret",
                        "eventHubConnectionString": "SharedAccessKey=topsecret",
                        "ofTomorrow": {"credential": "topsecret"},
                        "superUser": None,
                    }
                )
            )
        )
        found = client.get_account()
        assert found.get("keys") == {"present": True}
        assert "topsecret" not in json.dumps(found)
        assert found["properties"]["apiProperties"] == {
            "statisticsEnabled": False,
            "qnaAzureSearchEndpointKey": {"present": True},
            "storageAccountConnectionString": {"present": True},
            "eventHubConnectionString": {"present": True},
            "ofTomorrow": {"credential": {"present": True}},
            "superUser": {"present": False},
        }
        assert server.calls[0].target == f"{RESOURCE}?api-version=2025-09-01"
        assert server.calls[0].headers["Authorization"] == f"Bearer token for {server.url}/.default"

        server.answers(json_reply(account(disableLocalAuth=True)))
        assert client.get_account().get("keys") == {"present": False}


def test_usages_are_read_to_their_end_and_from_one_host(server: Server) -> None:
    with ManagementClient(RESOURCE, Identity(), endpoint=server.url) as client, serve() as other:
        following = f"{server.url}{RESOURCE}/usages?api-version=2025-09-01&$skipToken=a%2Bb"
        server.answers(
            json_reply({"value": [usage("Projects")], "nextLink": following}),
            json_reply({"value": [usage("Images")], "nextLink": None}),
        )
        assert [found["name"]["value"] for found in client.list_usages()] == ["Projects", "Images"]
        assert server.calls[1].target.endswith("/usages?api-version=2025-09-01&$skipToken=a%2Bb")

        server.answers(json_reply({"value": [], "nextLink": f"{other.url}{RESOURCE}/usages"}))
        with pytest.raises(MalformedAnswer, match="another host"):
            client.list_usages()
        assert other.calls == []


@pytest.mark.parametrize(
    "resource", ["", "hats", f"{RESOURCE}/listKeys", f"{RESOURCE}?x", "https://example.com/"]
)
def test_only_an_account_can_be_asked_about(resource: str) -> None:
    with pytest.raises(InvalidArgument, match="resource id"):
        ManagementClient(resource, Identity())
