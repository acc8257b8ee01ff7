"""Kubernetes audit events on their way into the daemon: from the API server's webhook or its log file.

Both ways end in one ``Intake``, which takes every event once and hands it to the daemon's sink.
"""
