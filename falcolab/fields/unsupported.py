"""Fields that tell nothing, or not what they seem to tell, when a recording is replayed."""

from __future__ import annotations

_SINCE_LAST = (
    "it counts from the event for which the field was last evaluated, which depends on the other rules; "
    "Falco's alerts show 0"
)
_CLOCK = "a replay has no processor times: Falco shows 0"
_NO_DNS = "names are not looked up in a replay, so that it equals nothing"
_RETIRED = "Falco's container plugin leaves it empty since it does not ask Kubernetes; use the k8smeta plugin"
_LATENCY = "Falco no longer measures it: it is always 0"

UNSUPPORTED: dict[str, str] = {
    **dict.fromkeys(("evt.deltatime", "evt.deltatime.s", "evt.deltatime.ns"), _SINCE_LAST),
    **dict.fromkeys(
        (
            "evt.latency",
            "evt.latency.s",
            "evt.latency.ns",
            "evt.latency.human",
            "evt.latency.quantized",
            "evt.wait_latency",
        ),
        _LATENCY,
    ),
    **dict.fromkeys(
        ("thread.exectime", "thread.totexectime", "thread.cpu", "thread.cpu.user", "thread.cpu.system"),
        _CLOCK,
    ),
    **dict.fromkeys(("fd.cip.name", "fd.sip.name", "fd.lip.name", "fd.rip.name"), _NO_DNS),
    "evt.hostname": "it is empty in a replay: Falco forgets the name that the capture holds",
    "evt.pluginname": "system calls come from no plugin",
    "evt.plugininfo": "system calls come from no plugin",
    **dict.fromkeys(
        (
            "container.healthcheck",
            "container.liveness_probe",
            "container.readiness_probe",
            "proc.is_container_healthcheck",
            "proc.is_container_liveness_probe",
            "proc.is_container_readiness_probe",
            *(
                f"k8s.{kind}.{part}"
                for kind in ("rc", "svc", "rs", "deployment", "ns")
                for part in ("name", "id", "label", "labels")
                if (kind, part) != ("ns", "name")
            ),
        ),
        _RETIRED,
    ),
}
"""Field -> why a rule should not rely on it in a replay."""
