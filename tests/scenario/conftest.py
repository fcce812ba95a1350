"""A small scenario as a file, to bend."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from simulator.scenario.loading import load
from simulator.scenario.play import Play

SMALL = """\
id: small
title: A small one
chapter: Test
level: beginner
minutes: 1
teaches: [nothing much]
actors:
  alice:
    name: Alice
    about: Works here.
    signs_as: alice
  mallory:
    name: Mallory
    about: Doesn't.
    side: attacker
    source_ip: 203.0.113.66
world:
  users:
    alice:
  roles:
    App:
      trust:
        - Effect: Allow
          Principal: {AWS: "arn:aws:iam::{{ account }}:user/alice"}
          Action: sts:AssumeRole
      policies:
        Read:
          - {Effect: Allow, Action: "s3:*", Resource: "*"}
  buckets:
    shelf:
      objects: {a.txt: hello}
steps:
  - tell: Once upon a time
    text: The account is {{ account }}.
  - task: Become App
    id: become
    goal:
      - as: alice
        action: sts:AssumeRole
        outcome: allowed
        save: app
    hints: [Ask STS., "As {{ roles.App.Arn }}."]
    actions:
      - id: look
        label: Look first
        does:
          - {as: alice, call: s3.ListObjectsV2, parameters: {Bucket: shelf}}
        says: No.
      - id: assume
        label: Assume App
        does:
          - as: alice
            call: sts.AssumeRole
            parameters: {RoleArn: "{{ roles.App.Arn }}", RoleSessionName: alice}
            save: app
    solution:
      - do: assume
  - leak: {credentials: app, from: alice, to: mallory}
  - predict: Will it work?
    options: [No, It will]
    answer: It will
    because: It did.
  - call: s3.GetObject
    as: mallory
    using: app
    parameters: {Bucket: shelf, Key: a.txt}
    expect: allowed
  - quiz: Who holds the session?
    options: [Alice, Both]
    answer: Both
    because: Three values.
  - check: Mallory has read one thing
    trail:
      - {as: mallory, action: "s3:GetObject", outcome: allowed, count: 1}
debrief: Account {{ account }}.
"""

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a scenario file."""

    def write(text: str = SMALL) -> Path:
        path = tmp_path / "01-small.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def play(write: Write) -> Iterator[Play]:
    """The small scenario, being played."""
    with Play(load(write(SMALL))) as play:
        yield play
