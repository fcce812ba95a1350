"""A screen looks while a worker acts, and workloads live on when the server doesn't."""

from __future__ import annotations

import threading
from datetime import timedelta

from simulator import Lab
from simulator.actors import Keys
from simulator.clock import wall
from simulator.scenario.loading import load
from simulator.scenario.play import Play
from simulator.scenario.states import PlayEvent, RecordSeen
from simulator.scenario.story.story import Story
from tests.scenario.conftest import Write
from tests.scenario.test_workers import text
from tests.serving import PATIENCE_SECONDS
from tests.test_faults import take_the_socket_away


def test_who_holds_what_may_be_asked_while_somebody_is_given_more(write: Write) -> None:
    story = Story(load(write(text())), Lab())

    class Giving(Keys):
        """Keys at which a look makes somebody hold more, as an act on another thread may."""

        def __getattribute__(self, name: str) -> object:
            if name == "access_key_id":
                for new in ("dana", "mallory"):
                    story.give(new, f"another of {new}", Keys("AKIA2", "secret"))
            return super().__getattribute__(name)

    story.give("dana", "own", Giving("AKIA1", "secret"))
    assert story.holdings().keys["dana"]["own"] == "AKIA1"
    assert story.holdings().holder("AKIA2") == "dana"


def test_workloads_go_on_with_the_server_that_takes_a_dead_ones_place(write: Write) -> None:
    with Play(load(write(text()))) as play:
        crew, worked = play.story.crew, threading.Event()

        def heard(event: PlayEvent) -> None:
            if isinstance(event, RecordSeen) and event.record.actor == "shop":
                worked.set()

        play.subscribe(heard)
        take_the_socket_away(play.lab)
        play.lab.clock.advance(timedelta(minutes=10))
        gives_up = wall() + timedelta(seconds=PATIENCE_SECONDS)
        while crew.due and wall() < gives_up:
            pass
        with play._work:  # the round in vain is over
            assert not worked.is_set()
        play.lab.serve_again()
        play.lab.clock.advance(timedelta(minutes=10))
        assert worked.wait(timeout=PATIENCE_SECONDS)
