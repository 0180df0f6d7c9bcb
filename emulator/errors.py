"""What a call is refused with: by the service itself, by the gateway before it, by the blob store beside it.

The service's codes are those of the OpenAPI files' `CustomVisionErrors` enum; its status follows from the code's
prefix, and a few messages were seen (reference: "Errors and deletion rules"); the other messages are our own words,
as no document gives them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from xml.sax.saxutils import escape

_STATUS_OF_PREFIX = {
    "BadRequest": 400,
    "UnsupportedMediaType": 415,
    "Forbidden": 403,
    "NotFound": 404,
    "Conflict": 409,
    "Error": 500,
}

MESSAGES = {
    "BadRequestExceededBatchSize": "Too many items in one call.",
    "BadRequestInvalidIds": "An id is not valid.",
    "BadRequestInvalid": "The request is not valid.",
    "BadRequestRequiredParamIsNull": "A required parameter is missing.",
    "BadRequestNotSupported": "This is not supported.",
    "BadRequestOperationNotSupported": "This project does not support the operation.",
    "BadRequestProjectName": "The project's name must have 1 to 128 characters.",
    "BadRequestProjectNameNotUnique": "A project of this name exists.",
    "BadRequestProjectUnknownDomain": "The domain does not exist.",
    "BadRequestProjectUnknownClassification": "The classification type is not known.",
    "BadRequestProjectUnsupportedDomainTypeChange": "A project cannot change from classification to detection or back.",
    "BadRequestProjectUnsupportedExportPlatform": "The domain cannot be exported to this platform.",
    "BadRequestIterationName": "The iteration's name must have 1 to 128 characters.",
    "BadRequestIterationNameNotUnique": "An iteration of this name exists.",
    "BadRequestIterationIsNotTrained": "The iteration is not trained.",
    "BadRequestIterationIsPublished": "The iteration is published.",
    "BadRequestIterationNotPublished": "The iteration is not published.",
    "BadRequestInvalidPublishName": "The publish name is not valid or is taken.",
    "BadRequestInvalidPublishTarget": "The prediction resource is not valid.",
    "BadRequestTagName": "The tag's name must have 1 to 128 characters.",
    "BadRequestTagNameNotUnique": "A tag of this name exists.",
    "BadRequestTagType": "The tag's type is not known.",
    "BadRequestMultipleNegativeTag": "A project can have one Negative tag.",
    "BadRequestMultipleGeneralProductTag": "A project can have one GeneralProduct tag.",
    "BadRequestNegativeAndRegularTagOnSameImage": "An image cannot have a Negative and a Regular tag.",
    "BadRequestImageTags": "The image's tags are not valid.",
    "BadRequestImageRegions": "A region must lie within the picture, 0 to 1, in a detection project.",
    "BadRequestImageBatch": "The batch has no images.",
    "BadRequestImageStream": "The body has no picture.",
    "BadRequestImageFormat": "The bytes are no JPEG, PNG, BMP or GIF picture.",
    "BadRequestImageSizeBytes": "The picture has too many bytes.",
    "BadRequestImageUrl": "No picture can be read from the URL.",
    "BadRequestImageMetadataKey": "A metadata key is empty or too long, or there are too many.",
    "BadRequestImageMetadataValue": "A metadata value is too long.",
    "BadRequestExceedProjectLimit": "The account has its full number of projects.",
    "BadRequestExceedIterationPerProjectLimit": "The project has its full number of iterations.",
    "BadRequestExceedTagPerProjectLimit": "The project has its full number of tags.",
    "BadRequestExceedTagPerImageLimit": "The image has its full number of tags.",
    "BadRequestTrainingNotNeeded": "Nothing changed since the last training.",
    "BadRequestTrainingValidationFailed": "There are not enough tags, or not enough images with each tag.",
    "BadRequestTrainingAlreadyInProgress": "The project is being trained.",
    "BadRequestExportValidationFailed": "The iteration cannot be exported to this platform.",
    "BadRequestExportAlreadyInProgress": "The iteration is already queued for export.",
    "BadRequestExportWhileTraining": "The project is being trained.",
    "BadRequestPredictionIdsMissing": "No prediction has any of these ids.",
    "BadRequestPredictionIdsExceededCount": "Too many prediction ids in one call.",
    "BadRequestPredictionTagsExceededCount": "A prediction query can name two tags at most.",
    "BadRequestPredictionResultsExceededCount": "maxCount is too large.",
    "BadRequestPredictionInvalidQueryParameters": "The prediction query is not valid.",
    "BadRequestInvalidImportToken": "The token is not valid.",
    "BadRequestInvalidArtifactUri": "The path names no artifact of this project.",
    "BadRequestUnpublishFailed": "The iteration cannot be unpublished.",
    "BadRequestWorkspaceNotDeletable": "The workspace cannot be deleted.",
    "UnsupportedMediaType": "The body's content type is not supported.",
    "NotFound": "What is named does not exist.",
    "NotFoundProjectDefaultIteration": "The project has no trained iteration.",
    "NotFoundProject": "The project does not exist.",
    "NotFoundIteration": "The iteration does not exist.",
    "NotFoundIterationPerformance": "The iteration has no performance.",
    "NotFoundTag": "The tag does not exist.",
    "NotFoundImage": "The image does not exist.",
    "NotFoundDomain": "The domain does not exist.",
    "ErrorUnknown": "The emulator failed; its own log says why.",
}


class ServiceError(Exception):
    """Refused by the service: `{"code", "message"}`. KeyError for a code that is not in the table."""

    def __init__(self, code: str, message: str | None = None) -> None:
        self.code = code
        self.message = message or MESSAGES[code]
        self.status = next(status for prefix, status in _STATUS_OF_PREFIX.items() if code.startswith(prefix))
        super().__init__(f"{code}: {self.message}")


class NotEmulatedError(Exception):
    """An operation that the emulator names and does not have: 501, in the service's form."""

    code = "EmulatorNotImplemented"
    status = 501

    def __init__(self, operation: str) -> None:
        self.message = f"The emulator does not have {operation}; docs/emulator-coverage.md says what it has."
        super().__init__(self.message)


class GatewayError(Exception):
    """Refused before the service."""

    def __init__(
        self, status: int, message: str, *, code: str | None = None, retry_after: int | None = None
    ) -> None:
        self.status = status
        self.message = message
        self.code = code or str(status)
        self.retry_after = retry_after
        super().__init__(message)

    def json(self, form: Literal["error", "status-code"]) -> Mapping[str, Any]:
        """Body in the form of Azure AI services, or in that which API Management has when nobody shaped it."""
        if form == "status-code":
            return {"statusCode": self.status, "message": self.message}
        return {"error": {"code": self.code, "message": self.message}}


@dataclass
class BlobError(Exception):
    """Refused by the blob store, as XML ("Status and error codes" of the Blob service)."""

    status: int
    code: str
    message: str

    def xml(self, request_id: str) -> bytes:
        """Body of the answer."""
        text = escape(f"{self.message}\nRequestId:{request_id}")
        return (
            '\ufeff<?xml version="1.0" encoding="utf-8"?>'
            f"<Error><Code>{self.code}</Code><Message>{text}</Message></Error>"
        ).encode()


def signature_refused() -> BlobError:
    """The signature is wrong, or its time is over."""
    return BlobError(
        403,
        "AuthenticationFailed",
        "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly"
        " including the signature.",
    )


def blob_not_found() -> BlobError:
    """Nothing is stored at the path."""
    return BlobError(404, "BlobNotFound", "The specified blob does not exist.")


def unsigned_refused() -> BlobError:
    """No signature: a private container does not say what it has."""
    return BlobError(404, "ResourceNotFound", "The specified resource does not exist.")
