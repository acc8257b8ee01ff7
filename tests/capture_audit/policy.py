"""What an API server makes of an audit policy: which events it keeps, and how much of them.

After ``policy/checker.go`` of ``k8s.io/apiserver``, for what our policy uses.
"""

from __future__ import annotations

from typing import Any

Event = dict[str, Any]
Rule = dict[str, Any]
_DROPPED = {"Metadata": {"requestObject", "responseObject"}, "Request": {"responseObject"}}


def kept(policy: dict[str, Any], event: Event) -> Event | None:
    """The event as it is recorded; None if it is not."""
    level = level_of(policy, event)
    if level == "None" or event["stage"] in policy["omitStages"]:
        return None
    dropped = {"Metadata": {"requestObject", "responseObject"}, "Request": {"responseObject"}}.get(
        level, set()
    )
    return {name: value for name, value in event.items() if name not in dropped}


def level_of(policy: dict[str, Any], event: Event) -> str:
    """The level of the first rule that matches."""
    return str(next((rule["level"] for rule in policy["rules"] if _matches(rule, event)), "None"))


def _matches(rule: Rule, event: Event) -> bool:
    user = event["user"]
    if not _is_in(user["username"], rule.get("users")) or not _is_in(event["verb"], rule.get("verbs")):
        return False
    groups = rule.get("userGroups")
    if groups and not set(groups) & set(user.get("groups", ())):
        return False
    target = event.get("objectRef")
    if "resources" in rule:
        return target is not None and any(_covers(kind, target) for kind in rule["resources"])
    if "nonResourceURLs" in rule:
        return target is None and event["requestURI"].partition("?")[0] in rule["nonResourceURLs"]
    return True


def _is_in(value: str, wanted: list[str] | None) -> bool:
    return not wanted or value in wanted


def _covers(kind: dict[str, Any], target: dict[str, str]) -> bool:
    name = "/".join(filter(None, (target["resource"], target.get("subresource"))))
    return kind["group"] == target.get("apiGroup", "") and _is_in(name, kind.get("resources"))
