"""The catalogue of domains (recording DomainsApiTests, v3.4-preview, in its order)."""

from dataclasses import dataclass
from typing import Literal

GENERAL = "ee85a74c-405e-4adc-bb47-ffa8ca0c9f31"
GENERAL_COMPACT = "0732100f-1a38-4e49-a514-c9b44c697ab5"
DETECTION_GENERAL = "da2e3a8a-40a5-4171-82f4-58522f70fbc1"
DETECTION_GENERAL_COMPACT = "a27d5ca5-bb19-49d8-a70a-fec086c47f5b"

# Settings of a new project (recording CreateUpdateDeleteProject).
AUGMENTATION_METHODS: dict[str, bool] = dict.fromkeys(
    ("rotation", "scaling", "translation", "horizontal flip", "equalize", "solarize", "padtosquare"), True
)

DomainType = Literal["Classification", "ObjectDetection"]


@dataclass(frozen=True)
class Domain:
    """A kind of model; size in megabytes and description only where it can be exported."""

    id: str
    name: str
    type: DomainType
    platforms: tuple[str, ...] = ()
    model_megabytes: int = 0
    model_description: str | None = None

    @property
    def exportable(self) -> bool:
        return bool(self.platforms)


_ALL = ("VAIDK", "CoreML", "DockerFile", "ONNX", "OpenVino", "TensorFlow")
_SHUFFLE_NET = "A ShuffleNet-like model for {} classification problem."

CATALOGUE = {
    domain.id: domain
    for domain in (
        Domain(GENERAL, "General", "Classification"),
        Domain("c151d5b5-dd07-472a-acc8-15d29dea8518", "Food", "Classification"),
        Domain("ca455789-012d-4b50-9fec-5bb63841c793", "Landmarks", "Classification"),
        Domain("b30a91ae-e3c1-4f73-a81e-c270bff27c39", "Retail", "Classification"),
        Domain("45badf75-3591-4f26-a705-45678d3e9f5f", "Adult", "Classification"),
        Domain(
            GENERAL_COMPACT, "General (compact)", "Classification", _ALL, 5, _SHUFFLE_NET.format("general")
        ),
        Domain(
            "8882951b-82cd-4c32-970b-d5f8cb8bf6d7",
            "Food (compact)",
            "Classification",
            _ALL,
            5,
            _SHUFFLE_NET.format("food"),
        ),
        Domain(
            "b5cfd229-2ac7-4b2b-8d0a-2b0661344894",
            "Landmarks (compact)",
            "Classification",
            _ALL,
            5,
            _SHUFFLE_NET.format("landmarks"),
        ),
        Domain(
            "6b4faeda-8396-481b-9f8b-177b9fa3097f",
            "Retail (compact)",
            "Classification",
            _ALL,
            5,
            "A ShuffleNet-like based model for food classification problem.",
        ),
        Domain(DETECTION_GENERAL, "General", "ObjectDetection"),
        Domain("1d8ffafe-ec40-4fb2-8f90-72b3b6cecea4", "Logo", "ObjectDetection"),
        Domain("3780a898-81c3-4516-81ae-3a139614e1f3", "Products on Shelves", "ObjectDetection"),
        Domain(
            DETECTION_GENERAL_COMPACT,
            "General (compact)",
            "ObjectDetection",
            ("CoreML", "DockerFile", "ONNX", "TensorFlow"),
            42,
            "A YOLO-like model for general detection problem.",
        ),
        Domain(
            "7ec2ac80-887b-48a6-8df9-8b1357765430",
            "General (compact) [S1]",
            "ObjectDetection",
            (*_ALL, "IVS"),
            13,
            "A SSD-like model for general detection problem.",
        ),
    )
}
