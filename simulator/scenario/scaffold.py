"""What `stslab new` writes, and what `stslab schema` prints."""

from __future__ import annotations

import json
import re
from pathlib import Path

from simulator.scenario.schema import json_schema

SCHEMA_FILE = "scenario.schema.json"
_WORDS = ("true", "false", "null")

_TEMPLATE = """\
# yaml-language-server: $schema=SCHEMA
id: ID
title: TITLE
chapter: My own
level: beginner
minutes: 5
summary: One line for the catalogue.
teaches:
  - A role session can do what the role may do
sources:
  - https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp.html

actors:
  alice:
    name: Alice
    about: Works here. Her own key may do nothing but become App.
    signs_as: alice

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
        ReadNotes:
          - {Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::notes/*"}
  buckets:
    notes:
      objects:
        hello.txt: Well done.

steps:
  - tell: How it begins
    text: |
      Say who is here and why it matters.

  - task: Become App
    text: Alice may assume the role App, and App may read.
    goal:
      - as: alice
        action: sts:AssumeRole
        resource: arn:aws:iam::{{ account }}:role/App
        outcome: allowed
        save: app
        text: Alice assumes App
    hints:
      - Ask STS for the role by its ARN.
    actions:
      - id: assume
        label: Alice assumes App
        does:
          - as: alice
            call: sts.AssumeRole
            parameters:
              RoleArn: arn:aws:iam::{{ account }}:role/App
              RoleSessionName: alice
            save: app
    solution:
      - do: assume

  - predict: Alice reads hello.txt with her own key. What does AWS say?
    options:
      - AccessDenied
      - It hands over the file
    answer: AccessDenied
    because: App may read. Alice, by herself, may not.

  - call: s3.GetObject
    title: Alice reads hello.txt with her own key
    as: alice
    parameters: {Bucket: notes, Key: hello.txt}
    expect: {outcome: denied, error_code: AccessDenied}

  - call: s3.GetObject
    title: Alice reads hello.txt as App
    as: alice
    using: app
    parameters: {Bucket: notes, Key: hello.txt}
    expect: allowed

debrief: |
  Three sentences worth remembering.
"""


def new_scenario(path: Path, *, schema: str = SCHEMA_FILE) -> str:
    """The text of a new scenario, named after its file; it plays as it stands.

    Args:
        path: where it will be: ``20-my-story.yaml`` becomes the id ``my-story``.
        schema: what its editor modeline names: a path from the file, or a URL.
    """
    name = re.sub(r"^\d+-", "", path.stem)
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "my-scenario"
    title = slug.replace("-", " ").capitalize()
    # Quoted where YAML would take it for a number or a word of its own: `2021`, `true`.
    shown = slug if re.search("[a-z]", slug) and slug not in _WORDS else f'"{slug}"'
    title = title if shown == slug else f'"{title}"'
    filled = _TEMPLATE.replace("SCHEMA", schema).replace("TITLE", title)
    return filled.replace("id: ID", f"id: {shown}")


def schema_text() -> str:
    """The JSON Schema of a scenario file, as `stslab schema` prints it."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
