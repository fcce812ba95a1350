"""SNS and SQS: nothing is waited for or sent over the network, and statements need no id."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any


def answer_long_polls_at_once(backend: Any) -> None:
    """Lab time stands still while a call is answered, so a wait for a message would never end."""
    receive = backend.receive_message

    def receive_now(self: Any, queue_name: str, count: int, _seconds: int, *more: Any) -> Any:
        return receive(self, queue_name, count, 0, *more)

    backend.receive_message = receive_now


def deliver_nothing_over_http(models: Any) -> None:
    """`Publish` does not hear of endpoints that cannot be reached, and nor do those after them.

    https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
    """
    models.requests = SimpleNamespace(post=lambda *_, **__: None)


class _Statement(dict[str, Any]):
    """A statement that may have no `Sid`, for which moto asks when permissions change."""

    def __missing__(self, element: str) -> None:
        if element != "Sid":
            raise KeyError(element)


def let_statements_have_no_id(holder: Any) -> None:
    """`AddPermission` and `RemovePermission` on a policy with statements of others.

    Args:
        holder: moto's class of topics or queues.
    """
    kept = holder.policy

    def put(self: Any, policy: Any) -> None:
        kept.fset(self, policy)
        statements = self._policy_json.get("Statement")
        if isinstance(statements, list):
            self._policy_json["Statement"] = [_Statement(each) for each in statements]

    holder.policy = kept.setter(put)
