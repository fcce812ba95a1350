"""What moto works out at each request, worked out once, or in one go."""

from __future__ import annotations

import string
from functools import cache, lru_cache
from typing import Any

_FULL_TIMESTAMP = len("2021-08-09T06:00:00")


def work_out_once() -> None:
    """Once a process: keep what moto works out anew at each request though it cannot have changed.

    A responder's operations (its class's methods), and what a timestamp's text means: each object
    in an S3 listing has one, which dateutil parses.
    """
    from moto.core import responses, serialize

    responses.method_names_from_class = cache(responses.method_names_from_class)
    parse = serialize.parse_to_aware_datetime
    parse_text = lru_cache(maxsize=4096)(parse)

    def parse_kept(value: Any) -> Any:
        # Only a full date and time: of a shorter text the rest is taken from the present day.
        full = isinstance(value, str) and len(value) >= _FULL_TIMESTAMP and value[10] == "T"
        return (parse_text if full else parse)(value)

    serialize.parse_to_aware_datetime = parse_kept
    _draw_at_once()


def _draw_at_once() -> None:
    """Random text drawn in one go, where moto draws each character: 52 for each request's id."""
    from moto.moto_api._internal.moto_random import HEX_CHARS, MotoRandom

    def text(
        self: Any, length: int = 20, include_digits: bool = True, lower_case: bool = False
    ) -> str:
        pool = string.ascii_letters + (string.digits if include_digits else "")
        drawn = "".join(self.choices(pool, k=length))
        return drawn.lower() if lower_case else drawn

    def digits(self: Any, length: int = 8) -> str:
        return "".join(map(str, self.choices(HEX_CHARS, k=length)))

    MotoRandom.get_random_string, MotoRandom.get_random_hex = text, digits


def make_images_quickly() -> None:
    """EC2 comes with 1,300 images, each of a snapshot of a volume with ids of 17 characters.

    And it would make them once more when a world ends, for a backend that moto then throws away.
    """
    from moto.ec2 import utils
    from moto.ec2.models import EC2Backend
    from moto.moto_api._internal import mock_random

    def random_resource_id(size: int = 8) -> str:
        return "".join(mock_random.choices(utils.HEX_CHARS, k=size))

    utils.random_resource_id = random_resource_id
    EC2Backend.reset = lambda self: self.__dict__.clear()
