"""Gives the emulator's ECS what decides a deployment in AWS and which it leaves out or words in its own way.

- The health check of a container definition is run, and no other: ECS does not look at the one inside an image
  (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/healthcheck.html).
- An unhealthy task of a service is stopped with the reason ECS gives, and counts as a failure of its deployment.
- A deployment with health checks is complete when its tasks are healthy, not when they run.
- Tasks that stop say so in the words of ECS, which tools read.
- The memory limit of a task or container holds, and what is killed for it says so.
- What a task definition left out is not there when it is described.

The emulator is pinned to one version, as this reaches into it; `apply` fails when a name it needs is gone.
"""

import re
import threading
import time

from ministack.core.responses import get_account_id, get_region
from ministack.services import ecs

SECOND = 1_000_000_000
UNHEALTHY = "Task failed container health checks"
OUT_OF_MEMORY = "OutOfMemoryError: Container killed due to memory usage"

_last_look = {}
_looking = threading.Lock()


def _docker_health_check(definition):
    """The check in Docker's form; defaults are those of the ECS API (HealthCheck)."""
    check = definition.get("healthCheck")
    if not check:
        return {"test": ["NONE"]}
    return {
        "test": list(check.get("command") or ["NONE"]),
        "interval": int(check.get("interval") or 30) * SECOND,
        "timeout": int(check.get("timeout") or 5) * SECOND,
        "retries": int(check.get("retries") or 3),
        "start_period": int(check.get("startPeriod") or 0) * SECOND,
    }


def _definitions(task):
    task_definition = ecs._task_defs.get(ecs._resolve_td_key(task["taskDefinitionArn"])) or {}
    return task_definition.get("containerDefinitions", [])


def _checked(task):
    """Positions of the essential containers that have a health check."""
    return [
        index
        for index, definition in enumerate(_definitions(task))
        if definition.get("healthCheck") and definition.get("essential", True)
    ]


def _observe(task, client):
    """Copies the health that Docker knows into the task."""
    for index, docker_id in enumerate(list(task.get("_docker_ids") or [])):
        state = client.api.inspect_container(docker_id)["State"]
        if not state.get("Running"):
            return  # Docker calls a container that has ended unhealthy; ECS says that it has exited
        container = task["containers"][index]
        health = (state.get("Health") or {}).get("Status", "none")
        container["healthStatus"] = {"healthy": "HEALTHY", "unhealthy": "UNHEALTHY"}.get(health, "UNKNOWN")
    statuses = {task["containers"][index].get("healthStatus") for index in _checked(task)}
    if "UNHEALTHY" in statuses:
        task["healthStatus"] = "UNHEALTHY"
    elif statuses == {"HEALTHY"}:
        task["healthStatus"] = "HEALTHY"


def _due(task):
    """Every container is looked at four times a second at most, however many callers ask."""
    now = time.monotonic()
    with _looking:
        if now - _last_look.get(task["taskArn"], 0) < 0.25:
            return False
        _last_look[task["taskArn"]] = now
    return True


def _note_out_of_memory(task):
    client = ecs._get_docker()
    for index, docker_id in enumerate(list(task.get("_docker_ids") or [])):
        try:
            if client.api.inspect_container(docker_id)["State"].get("OOMKilled"):
                task["containers"][index]["reason"] = OUT_OF_MEMORY
        except Exception as error:  # the container may be gone already; its exit code is known all the same
            ecs.logger.debug("ECS: end of %s not known: %s", docker_id[:12], error)


def _stop_unhealthy(task):
    if not task.get("group", "").startswith("service:"):
        return  # a task of its own is left running, whatever its health
    if ecs._mark_task_stopped(task["taskArn"], task, UNHEALTHY, "ServiceSchedulerInitiated"):
        ecs._record_service_task_failure(task)
        ecs._cleanup_task_resources(task, None)


def _with_health_check(build_run_kwargs):
    def build(definition, task_definition, *rest):
        kwargs = build_run_kwargs(definition, task_definition, *rest)
        kwargs["healthcheck"] = _docker_health_check(definition)
        memory = definition.get("memory") or task_definition.get("memory")
        if memory:
            kwargs["mem_limit"] = f"{int(memory)}m"
        return kwargs

    return build


def _with_observation(maybe_mark_stopped):
    def look(task, docker_client=None):
        client = docker_client or ecs._get_docker()
        if client and task.get("lastStatus") == "RUNNING" and task.get("_docker_ids") and _due(task):
            try:
                _observe(task, client)
            except Exception as error:  # the emulator itself takes a failed look for no news
                ecs.logger.debug("ECS: health of %s not known: %s", task["taskArn"], error)
            if task["healthStatus"] == "UNHEALTHY":
                _stop_unhealthy(task)
        maybe_mark_stopped(task, docker_client)

    return look


def _once_healthy(record_service_task_healthy):
    """A task that is still starting up is asked about again later, and until then its deployment goes on."""

    def record(service, task):
        if _checked(task) and task.get("healthStatus") != "HEALTHY":
            if task.get("lastStatus") == "RUNNING":
                ecs._schedule_service_deployment_completion(
                    service.split("/", 1)[0], service, get_account_id(), get_region(), healthy_task=task
                )
            return
        record_service_task_healthy(service, task)

    return record


def _with_words_of_ecs(mark_task_stopped):
    def mark(task_arn, task, reason, stop_code, *rest, **named):
        if reason == "Essential container exited":
            reason = "Essential container in task exited"
            _note_out_of_memory(task)
        if reason == "Deployment completed":
            reason = f"Scaling activity initiated by (deployment {task.get('_deployment_id')})"
            stop_code = "ServiceSchedulerInitiated"
        return mark_task_stopped(task_arn, task, reason, stop_code, *rest, **named)

    return mark


def _with_image_digest(attach_started_container):
    """A container's image digest is part of every task in ECS; it is what proves which bytes run."""

    def attach(task, container, index, *rest):
        attached = attach_started_container(task, container, index, *rest)
        record = task["containers"][index]
        repository = ecs._image_repository(record.get("image", ""))
        for reference in container.image.attrs.get("RepoDigests") or []:
            name, _, digest = reference.partition("@")
            if name == repository:
                record.setdefault("imageDigest", digest)
        return attached

    return attach


def _with_pull_errors_of_ecs(fail_task_start):
    """A missing image is CannotPullContainerError in ECS, whichever way the task was started
    (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html)."""

    def fail(task, client, reason):
        pulling = reason.startswith(("ResourceInitializationError: unable to pull image", "CannotPullContainerError"))
        missing = re.search(r"manifest unknown|name unknown|not found|access denied|no such host", reason)
        if pulling and missing:
            detail = re.sub(r'.*\("?|"?\)$', "", reason)
            reason = f"CannotPullContainerError: pull image manifest has been retried 1 time(s): {detail}"
        return fail_task_start(task, client, reason)

    return fail


def _without_empty_texts(register_task_definition):
    """What a definition left out is left out when ECS describes it, and is not an empty text: one that is registered as
    it was described before would otherwise be another one."""

    def register(data):
        before = set(ecs._task_defs.keys())
        answer = register_task_definition(data)
        for key in set(ecs._task_defs.keys()) - before:
            definition = ecs._task_defs.get(key) or {}
            for field in ("pidMode", "ipcMode", "executionRoleArn", "taskRoleArn"):
                if definition.get(field) == "":
                    del definition[field]
        return answer

    return register


def apply():
    """Puts all of it into the emulator's ECS service."""
    ecs._build_run_kwargs = _with_health_check(ecs._build_run_kwargs)
    ecs._maybe_mark_stopped = _with_observation(ecs._maybe_mark_stopped)
    ecs._record_service_task_healthy = _once_healthy(ecs._record_service_task_healthy)
    ecs._attach_started_container = _with_image_digest(ecs._attach_started_container)
    ecs._fail_task_start = _with_pull_errors_of_ecs(ecs._fail_task_start)
    ecs._mark_task_stopped = _with_words_of_ecs(ecs._mark_task_stopped)
    ecs._ACTION_MAP["RegisterTaskDefinition"] = _without_empty_texts(ecs._ACTION_MAP["RegisterTaskDefinition"])
