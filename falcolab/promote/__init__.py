"""Tuned rules on their way to the cluster: Helm values for the Falco chart."""
