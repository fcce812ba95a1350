"""What the policy templates put in: the time, and whom to stop as the trail knows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.policy_templates import PolicyFacts

if TYPE_CHECKING:
    from simulator.scenario.play import Play


def policy_facts(play: Play) -> PolicyFacts:
    """From the attacker's latest call by a session; placeholders where there was none."""
    attackers = {actor.id for actor in play.actors() if actor.side == "attacker"}
    now, account = play.lab.clock.now(), play.lab.account_id
    for record in reversed(play.story.records()):
        if record.actor not in attackers or not record.requests:
            continue
        context = record.requests[0].context
        userid = context.get("aws:userid")
        if isinstance(userid, str) and ":" in userid:
            identity = context.get("aws:SourceIdentity")
            source = identity if isinstance(identity, str) else PolicyFacts(now).source_identity
            return PolicyFacts(now, account, userid, source, record.source_ip)
    return PolicyFacts(now, account)
