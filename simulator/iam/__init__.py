"""IAM policy evaluation, pure: no I/O, no clock, nothing but the standard library.

`parse_policy` checks and compiles a document, `evaluate` decides a `Request` by a
`PolicySet`, and the `Decision` says why, statement by statement.
"""

from __future__ import annotations

from simulator.iam.decision import Decision, Outcome, PolicyType
from simulator.iam.document import MalformedPolicyDocument, compile_policy, parse_policy
from simulator.iam.evaluation import evaluate
from simulator.iam.request import AttachedPolicy, PolicySet, Request
from simulator.iam.statement import DocumentKind, Policy
from simulator.iam.variables import ContextValue

__all__ = [
    "AttachedPolicy",
    "ContextValue",
    "Decision",
    "DocumentKind",
    "MalformedPolicyDocument",
    "Outcome",
    "Policy",
    "PolicySet",
    "PolicyType",
    "Request",
    "compile_policy",
    "evaluate",
    "parse_policy",
]
