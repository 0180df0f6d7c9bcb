"""Exported models: small zip files of real files, different for each iteration, platform and flavor."""

import hashlib
import io
import json
import zipfile
from collections.abc import Sequence

from emulator.workspace import bare

# Names of the model inside the archives that the service exports (Custom Vision docs, "Export your model").
_MODEL_NAMES = {
    "CoreML": "model.mlmodel",
    "DockerFile": "app/model.pb",
    "IVS": "model.bin",
    "ONNX": "model.onnx",
    "OpenVino": "model.bin",
    "TensorFlow": "model.pb",
    "VAIDK": "model.dlc",
}
_MODEL_BYTES = 4096
# A fixed date keeps the bytes of one model the same in every run.
_DATE = (2020, 1, 1, 0, 0, 0)


def model_archive(
    *, iteration_id: str, platform: str, flavor: str | None, exporter_version: int, labels: Sequence[str]
) -> bytes:
    """Zip with labels.txt, a manifest and the model's weights, drawn from the iteration's id."""
    seed = f"{iteration_id}/{platform}/{flavor}".encode()
    manifest = {
        "DomainType": "Emulated",
        "Platform": platform,
        "Flavor": flavor,
        "IterationId": iteration_id,
        "ExporterVersion": exporter_version,
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (
            ("labels.txt", "\n".join(labels).encode()),
            ("metadata_properties.json", json.dumps(manifest, indent=2).encode()),
            (_MODEL_NAMES[platform], hashlib.shake_256(seed).digest(_MODEL_BYTES)),
        ):
            archive.writestr(zipfile.ZipInfo(name, _DATE), content)
    return out.getvalue()


def model_path(project_id: str, iteration_id: str, platform: str, flavor: str | None) -> str:
    """`/m-<project hex>/<iteration hex>.TensorFlow.zip` (recording ExportTests); where a flavor stands is not known."""
    suffix = f".{flavor}" if flavor else ""
    return f"/m-{bare(project_id)}/{bare(iteration_id)}.{platform}{suffix}.zip"
