"""v1.2 GetAccountInfo: the last version that had it; PascalCase (OpenAPI v1.2, example GetAccountInfo)."""

from emulator.call import Call, Reply, answer
from emulator.errors import GatewayError
from emulator.image_creation import IMAGE_QUOTA
from emulator.projects import PROJECT_QUOTA
from emulator.state import Project
from emulator.tags import TAG_QUOTA
from emulator.training import ITERATION_QUOTA
from emulator.wire import Json

# Predictions a month ("Limits and quotas"; S0 has no limit, which an int can only say by its largest value).
_PREDICTION_QUOTA = {"F0": 10_000, "S0": 2_147_483_647}


def get_account_info(call: Call) -> Reply:
    """Keys and quotas. The keys are real: a reader must not write them down."""
    if not call.options.account_info:
        raise GatewayError(404, "Resource not found")
    tier = call.options.tier
    projects = list(call.account.projects.values())
    used = sum(len(project.predictions) for project in projects)
    second = call.training_keys[-1]
    return answer(
        {
            "UserName": "Emulator",
            "Email": "emulator@example.com",
            "Keys": {
                "TrainingKeys": {"PrimaryKey": call.training_keys[0], "SecondaryKey": second},
                "PredictionKeys": {"PrimaryKey": call.prediction_key, "SecondaryKey": call.prediction_key},
            },
            "Quotas": {
                "Tier": {"F0": "Free", "S0": "Standard"}[tier],
                "Projects": _quota(PROJECT_QUOTA[tier], len(projects)),
                "Predictions": _quota(_PREDICTION_QUOTA[tier], used),
                "PerProject": [_project_quotas(project, tier) for project in projects],
            },
        }
    )


def _project_quotas(project: Project, tier: str) -> Json:
    return {
        "ProjectId": project.id,
        "Iterations": _quota(ITERATION_QUOTA, len(project.iterations)),
        "Images": _quota(IMAGE_QUOTA[tier], len(project.workspace.images)),
        "Tags": _quota(TAG_QUOTA[tier], len(project.workspace.tags)),
    }


def _quota(total: int, used: int) -> Json:
    return {"Total": total, "Used": used}
