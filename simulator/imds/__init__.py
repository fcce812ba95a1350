"""The instance metadata service, v1 and v2, on a loopback port of its own.

On AWS every instance finds it at ``169.254.169.254``; here SDKs are pointed to it with
``AWS_EC2_METADATA_SERVICE_ENDPOINT``.  One port serves all instances: under its root the
*current* instance (the one a learner's shell stands on), under ``/i-…`` each by its id.

Source: EC2 User Guide, "Use the Instance Metadata Service to access instance metadata".
"""

from __future__ import annotations

from simulator.imds.answering import Imds

__all__ = ["Imds"]
