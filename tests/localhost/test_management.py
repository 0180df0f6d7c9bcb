"""The management routes of the Durable extension."""

import pytest

from tests.localhost.running_host import RunningHost, wait_until

INSTANCES = "/runtime/webhooks/durabletask/instances"


def test_check_status_response_leads_to_the_end_of_an_instance(durable: RunningHost) -> None:
    answer = durable.call("POST", "/api/start/approval", json={"seconds": 20})
    assert (answer.status_code, answer.headers["retry-after"]) == (202, "10")
    urls = answer.json()
    assert answer.headers["location"] == urls["statusQueryGetUri"]

    def follow(name: str, method: str, **options: object) -> tuple[int, str]:
        url = urls[name].replace("{eventName}", "approve").removeprefix(durable.url)
        answer = durable.call(method, url, headers={}, **options)
        return answer.status_code, answer.headers.get("retry-after", "")

    assert follow("statusQueryGetUri", "GET") == (202, "5")
    assert follow("sendEventPostUri", "POST", data=b"no JSON") == (400, "")
    assert follow("sendEventPostUri", "POST", json={"yes": True}) == (202, "")
    state = durable.end(urls["id"])
    assert state["output"] == {"approved": {"yes": True}}
    assert state["input"] == {"seconds": 20}
    assert state["name"] == "approval"
    assert follow("statusQueryGetUri", "GET") == (200, "")
    assert follow("sendEventPostUri", "POST", json=1) == (410, "")
    assert follow("terminatePostUri", "POST") == (410, "")
    assert follow("purgeHistoryDeleteUri", "DELETE") == (200, "")
    assert follow("statusQueryGetUri", "GET") == (404, "")
    assert follow("purgeHistoryDeleteUri", "DELETE") == (404, "")


@pytest.mark.parametrize("name", ["raiseEvent/approve", "terminate", "suspend", "resume"])
def test_no_such_instance(durable: RunningHost, name: str) -> None:
    assert durable.manage("POST", f"instances/nobody/{name}", json=1).status_code == 404


def test_routes_open_with_system_and_master_key_only(durable: RunningHost) -> None:
    status_url = durable.call("POST", "/api/start/timer", json={}).json()["statusQueryGetUri"]
    system_key = status_url.rpartition("code=")[2]
    for key, status in ((None, 401), (durable.key, 401), (system_key, 200), (durable.master_key, 200)):
        assert durable.call("GET", INSTANCES, headers={"x-functions-key": key}).status_code == status
    assert durable.call("GET", "/api/calls/x", headers={"x-functions-key": system_key}).status_code == 401
    assert system_key not in durable.text()


def test_list_is_filtered_and_paged(durable: RunningHost) -> None:
    for number in range(3):
        durable.run("timer", {"seconds": 0}, id=f"list-{number}")
    durable.begin("approval", {"seconds": 60}, id="list-waiting")

    def listed(query: str, token: str = "") -> tuple[list[str], str]:
        headers = {"x-functions-key": durable.master_key, "x-ms-continuation-token": token}
        answer = durable.call("GET", f"{INSTANCES}?instanceIdPrefix=list-&{query}", headers=headers)
        ids = [document["instanceId"] for document in answer.json()]
        return ids, answer.headers["x-ms-continuation-token"]

    assert listed("runtimeStatus=Completed") == (["list-0", "list-1", "list-2"], "")
    first, token = listed("top=3")
    assert (first, listed("top=3", token)) == (["list-0", "list-1", "list-2"], (["list-waiting"], ""))
    assert listed("createdTimeFrom=2100-01-01T00:00:00Z") == ([], "")
    document = durable.manage("GET", "instances?instanceIdPrefix=list-0&showInput=false").json()[0]
    assert (document["input"], document["output"]["parent"]) == (None, None)
    durable.manage("POST", "instances/list-waiting/terminate")


@pytest.mark.parametrize(
    ("method", "query", "named"),
    [
        ("GET", "runtimeStatus=Sleeping", "runtimeStatus"),
        ("GET", "createdTimeFrom=yesterday", "createdTimeFrom"),
        ("GET", "top=none", "top"),
        ("DELETE", "", "createdTimeFrom"),
    ],
)
def test_query_that_cannot_be_understood_is_named(
    durable: RunningHost, method: str, query: str, named: str
) -> None:
    answer = durable.manage(method, f"instances?{query}")
    assert answer.status_code == 400
    assert named in answer.json()["Message"]


def test_history_is_shown_with_times(durable: RunningHost) -> None:
    instance = durable.begin("fan_out", {"count": 1})
    durable.end(instance)
    events = durable.manage("GET", f"instances/{instance}?showHistory=true").json()["historyEvents"]
    kinds = [event["EventType"] for event in events]
    assert kinds[:3] == ["OrchestratorStarted", "ExecutionStarted", "TaskScheduled"]
    assert {"TaskCompleted", "ExecutionCompleted"} <= set(kinds)
    assert all(event["Timestamp"] > "2020" for event in events)


def test_failed_instance_is_200_unless_500_is_asked_for(durable: RunningHost) -> None:
    instance = durable.begin("fails", {"key": "not found", "fails": 1, "text": "why"})
    state = durable.end(instance)
    assert state["runtimeStatus"] == "Failed"
    assert state["output"].endswith("ValueError: why")
    asked = durable.manage("GET", f"instances/{instance}?returnInternalServerErrorOnFailure=true")
    assert asked.status_code == 500


def test_purge_by_time_leaves_what_runs(durable: RunningHost) -> None:
    durable.begin("approval", {"seconds": 60}, id="purge-waiting")
    durable.run("timer", {"seconds": 0}, id="purge-ended")
    created = durable.state("purge-ended")["createdTime"]
    wait_until(lambda: durable.state("purge-waiting")["runtimeStatus"] == "Running")
    purged = durable.manage("DELETE", f"instances?createdTimeFrom={created}&runtimeStatus=Completed,Failed")
    assert purged.json()["instancesDeleted"] >= 1
    assert durable.manage("GET", "instances/purge-ended").status_code == 404
    assert durable.state("purge-waiting")["runtimeStatus"] == "Running"
    durable.manage("POST", "instances/purge-waiting/terminate")
