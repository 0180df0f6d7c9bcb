"""The official libraries as baselines use them, with connections that stay open."""

from typing import Any

import requests
import requests.adapters
from azure.cognitiveservices.vision.customvision.training import CustomVisionTrainingClient
from azure.core.pipeline.transport import RequestsTransport
from azure.storage.blob import ContainerClient
from msrest.authentication import ApiKeyCredentials


def training_client(endpoint: str, key: str) -> Any:
    """The official client; its generated attributes have no types."""
    return CustomVisionTrainingClient(endpoint, ApiKeyCredentials(in_headers={"Training-key": key}))


def pooled_session(connections: int) -> requests.Session:
    """A session that keeps so many connections a host."""
    session = requests.Session()
    session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=connections))
    return session


def container_client(storage: str, container: str, connections: int) -> ContainerClient:
    """A container whose client keeps so many connections."""
    transport = RequestsTransport(session=pooled_session(connections), session_owner=False)
    return ContainerClient.from_connection_string(storage, container, transport=transport)
