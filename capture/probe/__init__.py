"""The eBPF probe: records system calls as event blocks of the capture format.

``Probe`` in ``capture.probe.probe`` loads it; ``capture.probe.plan`` decides which calls are
hooked; ``capture.probe.calls`` is the table of the calls that can be.
"""
