"""The parts of the daemon, made as its configuration says."""

from __future__ import annotations

from functools import reduce
from operator import or_

from prometheus_client import CollectorRegistry

from capture.containers.kubernetes import KubernetesPods
from capture.containers.lookups import Lookups
from capture.containers.metrics import Metrics
from capture.containers.settings import Sockets, sources
from capture.daemon.containers import ContainerWatch
from capture.daemon.rules import RuleFiles
from capture.daemon.settings import Config, Containers, SecretPattern
from capture.redaction import DEFAULTS, Pattern, Place, Redactor
from falcolab.errors import InputError
from falcolab.rules.priority import Priority


def rule_files(config: Config) -> RuleFiles:
    """The rules.

    Raises:
        InputError: the priority is no priority.
    """
    priority = Priority.parse(config.min_priority)
    if priority is None:
        known = ", ".join(each.label.lower() for each in Priority)
        raise InputError(f"min_priority: '{config.min_priority}' is no priority; there are {known}")
    return RuleFiles(config.rules, priority, append_suggested=config.outputs.append_suggested)


def redactor(config: Config) -> Redactor:
    """What takes secrets out: the patterns of the configuration beside those that are there anyway.

    Raises:
        RedactionError: an expression is wrong.
    """
    return Redactor((*DEFAULTS, *map(_pattern, config.redact)))


def _pattern(secret: SecretPattern) -> Pattern:
    places = reduce(or_, (Place[name.upper()] for name in secret.places))
    return Pattern(secret.name, secret.expression, places)


def containers(settings: Containers, registry: CollectorRegistry) -> ContainerWatch | None:
    """What asks about containers; None where nobody is to be asked.

    Raises:
        InputError: there is no way to the Kubernetes API.
    """
    if not settings.enabled:
        return None
    sockets = Sockets(settings.cri, settings.podman, settings.docker)
    if settings.root is not None:
        sockets = sockets.under(settings.root)
    completion = KubernetesPods.connect(settings.kubeconfig) if settings.kubernetes else None
    return ContainerWatch(Lookups(sources(sockets), metrics=Metrics(registry), completion=completion))
