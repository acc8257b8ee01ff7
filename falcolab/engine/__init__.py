"""From a ruleset and a lake to alerts: three evaluators that must agree.

``plan``, ``masks`` and ``scan`` decide conditions on the dimensions and scan the events
once; ``reference`` asks one SQL question over the wide table; ``event`` judges one event
after the other, as the live engine does.
"""
