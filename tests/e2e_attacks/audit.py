"""Audit events of requests, made as an API server makes them, and posted to the webhook."""

from __future__ import annotations

import ssl
import uuid
from datetime import UTC, datetime
from typing import Any

import httpx

from tests.capture_audit.doubles import TOKEN, event_list
from tests.e2e_attacks.catalogue import Attack, Request
from tests.e2e_attacks.daemon import Recording


def post(attack: Attack, recording: Recording) -> None:
    """Deliver the events of an attack; the user agent tells which it is."""
    events = [_event(request, attack.id) for request in attack.request]
    context = ssl.create_default_context(cafile=str(recording.webhook.authority))
    url = f"https://127.0.0.1:{recording.port}/k8s-audit"
    headers = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
    answer = httpx.post(url, content=event_list(*events), headers=headers, verify=context)
    assert answer.status_code == 200, answer.text


def _event(request: Request, agent: str) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "RequestResponse",
        "auditID": str(uuid.uuid4()),
        "stage": request.stage,
        "requestURI": _uri(request),
        "verb": request.verb,
        "user": {"username": request.user, "groups": ["system:authenticated"]},
        "sourceIPs": ["127.0.0.1"],
        "userAgent": agent,
        "objectRef": _reference(request),
        "responseStatus": {"metadata": {}, "code": request.code},
        "requestReceivedTimestamp": now,
        "stageTimestamp": now,
        "annotations": {"authorization.k8s.io/decision": "allow"},
    } | ({"requestObject": _object(request)} if request.verb in {"create", "patch"} else {})


def _uri(request: Request) -> str:
    root = f"/apis/{request.group}/v1" if request.group else "/api/v1"
    parts = [root, *(("namespaces", request.namespace) if request.namespace else ()), request.resource]
    path = "/".join(filter(None, [*parts, request.target, request.subresource]))
    return f"{path}?{request.query}" if request.query else path


def _reference(request: Request) -> dict[str, str]:
    reference = {
        "resource": request.resource,
        "subresource": request.subresource,
        "namespace": request.namespace,
        "name": request.target,
        "apiGroup": request.group,
        "apiVersion": "v1",
    }
    return {name: value for name, value in reference.items() if value}


def _object(request: Request) -> dict[str, Any]:
    return {"metadata": {"name": request.target, "namespace": request.namespace}} | dict(request.object)
