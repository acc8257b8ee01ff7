"""``falcolab capture check``: whether the daemon could work with a configuration."""

from __future__ import annotations

from pathlib import Path

from capture.audit.tls import Tls
from capture.daemon import parts
from capture.daemon.audit import access_of
from capture.daemon.config import read_config
from capture.daemon.settings import Config
from capture.daemon.targets import HttpTarget
from capture.probe.plan import make_plan
from capture.probe.requirements import missing
from falcolab.cli.output import harmless, say, tell
from falcolab.fields.catalogue import K8S_AUDIT, SYSCALL
from falcolab.rules.ruleset import Ruleset


def check(config: Path) -> int:
    """Check a configuration and its rules, without touching anything that they name.

    Raises:
        FalcolabError: the daemon could not work with it.
    """
    settings = read_config(config)
    _check_parts(settings)
    ruleset = parts.rule_files(settings).load()
    say(f"{config}: valid")
    _describe(settings, ruleset)
    if settings.syscalls.enabled and (problem := missing()) is not None:
        tell(f"note: `capture run` would not work here: {harmless(problem)}")
    return 0


def _check_parts(settings: Config) -> None:
    """Have everything made that can be made without an effect."""
    parts.redactor(settings)
    if settings.outputs.http is not None:
        HttpTarget(settings.outputs.http).close()
    if (webhook := settings.audit.webhook) is not None:
        Tls(webhook.certificate, webhook.key, webhook.client_ca).context()
        access_of(webhook)


def _describe(settings: Config, ruleset: Ruleset) -> None:
    for source in (SYSCALL, K8S_AUDIT):
        say(f"{len(ruleset.enabled(source))} rules on {source}")
    if settings.syscalls.enabled:
        plan = make_plan(ruleset, settings.syscalls.extra_calls)
        say(f"{len(plan.calls)} calls are hooked; `falcolab capture plan` shows which")
        for name, rules in sorted(plan.unsupported.items()):
            say(f"not recorded: {name} ({len(rules)} rules)")
