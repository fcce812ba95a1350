"""`aws SERVICE OPERATION --parameter …` without the AWS CLI: what botocore knows, it can do."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jmespath
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
from jmespath.exceptions import JMESPathError

from simulator.actors import Actor
from simulator.awscli import s3commands
from simulator.awscli.answers import (
    FAILED,
    OK,
    REFUSED,
    USAGE,
    Ran,
    UsageError,
    as_output,
    capped,
    plain,
    told,
)
from simulator.awscli.installed import check_stays
from simulator.awscli.names import (
    GLOBALS,
    boto_name,
    operation_model,
    operations,
    options,
    required,
    services,
)
from simulator.awscli.values import value_of
from simulator.egress import loopback_only

_VERSION = "stslab's built-in of the AWS CLI; install the AWS CLI for everything it can do"
_STDOUT = "/dev/stdout"


@dataclass
class Asked:
    """The options that every command takes.

    Attributes:
        region: another region than the lab's.
        output: ``json`` or ``text``.
        query: JMESPath.
        paginate: whether all pages are fetched.
        signed: whether the call is signed.
        input_json: parameters as one JSON document.
        paging: ``MaxItems``, ``PageSize``, ``StartingToken``.
        own: the command's own options → the words after each.
        words: words that belong to no option.
    """

    region: str | None = None
    output: str = "json"
    query: str | None = None
    paginate: bool = True
    signed: bool = True
    input_json: str | None = None
    paging: dict[str, Any] = field(default_factory=dict)
    own: dict[str, list[str]] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)


def run(arguments: Sequence[str], actor: Actor) -> Ran:
    """Run a command as an actor (blocking).

    Args:
        arguments: what stands after ``aws``.
        actor: who calls.
    """
    try:
        check_stays(arguments, actor.endpoint_url)
        with loopback_only(actor.host):
            out = _run(arguments, actor)
        kept, _, cut = capped(out, "")
        return Ran(OK, kept, "", cut)
    except s3commands.TransferError as error:
        return Ran(FAILED, error.out, f"{error}\n")
    except UsageError as error:
        return Ran(USAGE, "", f"\n{error}\n")
    except ParamValidationError as error:
        return Ran(USAGE, "", f"\n{error}\n")
    except ClientError as error:
        return Ran(REFUSED, "", f"\n{told(error)}\n")
    except (BotoCoreError, OSError) as error:
        return Ran(255, "", f"\n{error}\n")


def _run(arguments: Sequence[str], actor: Actor) -> str:
    if list(arguments) == ["--version"]:
        return _VERSION + "\n"
    asked = sorted_out(arguments)
    if not asked.words or asked.words == ["help"]:
        return _columns("aws SERVICE OPERATION [--parameter value …]. Services:", services())
    service, *rest = asked.words
    if not asked.signed:
        actor.keys = None
    if service == "s3":
        return s3commands.run(rest, asked.own, actor, asked.region)
    name = boto_name(service)
    if not rest or rest == ["help"]:
        return _columns(f"aws {service} OPERATION. Operations:", tuple(operations(name)))
    model = operation_model(name, rest[0])
    if rest[1:2] == ["help"]:
        return _help(service, rest[0], model)
    _give_back(model, asked)
    parameters = _parameters(model, asked)
    files = _out_files(model, asked.words[2:])
    answer = _call(actor.client(name, asked.region), model, parameters, asked)
    answer.pop("ResponseMetadata", None)
    before = _write_body(model, answer, files)
    if asked.query is not None:
        try:
            answer = jmespath.search(asked.query, json.loads(_jsonable(answer)))
        except JMESPathError as error:
            raise UsageError(f"Bad value for --query {asked.query}: {error}") from None
        if answer is None:
            return f"{before}null\n" if asked.output == "json" else f"{before}None\n"
    return before + as_output(answer, asked.output)


def sorted_out(arguments: Sequence[str]) -> Asked:
    """The words of a command, by what they belong to.

    Raises:
        UsageError: an option has no value, or a value it cannot have.
    """
    asked = Asked()
    words = list(arguments)
    while words:
        word = words.pop(0)
        if not word.startswith("--"):
            asked.words.append(word)
            continue
        name, is_set, value = word.partition("=")
        if name in _SWITCHES:
            _SWITCHES[name](asked)
            continue
        given = [value] if is_set else []
        if not is_set:
            if name in _VALUES:
                given = words[:1]
                del words[:1]
            else:
                while words and not words[0].startswith("--"):
                    given.append(words.pop(0))
        if name not in _VALUES:
            asked.own[name] = given
        elif not given:
            raise UsageError(f"aws: error: argument {name}: expected one argument")
        else:
            _VALUES[name](asked, given[0])
    return asked


def _set_output(asked: Asked, value: str) -> None:
    if value not in ("json", "text"):
        raise UsageError(f"aws: error: --output {value}: the built-in prints json and text")
    asked.output = value


def _no_profile(asked: Asked, value: str) -> None:
    raise UsageError(f"The config profile ({value}) could not be found")


def _page(name: str, kind: Callable[[str], Any]) -> Callable[[Asked, str], None]:
    def put(asked: Asked, value: str) -> None:
        try:
            asked.paging[name] = kind(value)
        except ValueError:
            raise UsageError(f"aws: error: {name}: invalid int value: '{value}'") from None

    return put


_SWITCHES: dict[str, Callable[[Asked], None]] = {
    "--no-paginate": lambda asked: setattr(asked, "paginate", False),
    "--no-sign-request": lambda asked: setattr(asked, "signed", False),
    "--no-cli-pager": lambda asked: None,
    "--no-verify-ssl": lambda asked: None,
    "--debug": lambda asked: None,
}
_VALUES: dict[str, Callable[[Asked, str], None]] = {
    "--region": lambda asked, value: setattr(asked, "region", value),
    "--output": _set_output,
    "--query": lambda asked, value: setattr(asked, "query", value),
    "--profile": _no_profile,
    "--endpoint-url": lambda asked, value: None,
    "--cli-input-json": lambda asked, value: setattr(asked, "input_json", value),
    "--max-items": _page("MaxItems", int),
    "--page-size": _page("PageSize", int),
    "--starting-token": _page("StartingToken", str),
    "--color": lambda asked, value: None,
    "--cli-read-timeout": lambda asked, value: None,
    "--cli-connect-timeout": lambda asked, value: None,
}


def _give_back(model: Any, asked: Asked) -> None:
    """Words after an option that takes only one, or none, are the command's own."""
    known = options(model)
    for option, given in asked.own.items():
        _, shape = known.get(option, (None, None))
        if shape is not None and shape.type_name != "list":
            most = 0 if shape.type_name == "boolean" else 1
            asked.words += given[most:]
            del given[most:]


def _parameters(model: Any, asked: Asked) -> dict[str, Any]:
    known = options(model)
    found: dict[str, Any] = {}
    if asked.input_json is not None:
        text = asked.input_json
        if text.startswith("file://"):
            try:
                text = Path(text.removeprefix("file://")).expanduser().read_text(encoding="utf-8")
            except OSError as error:
                raise UsageError(f"Unable to load paramfile {text}: {error.strerror}") from None
        try:
            found = json.loads(text)
        except ValueError as error:
            raise UsageError(f"Invalid JSON received: {error}") from None
    unknown = []
    for option, given in asked.own.items():
        name, shape = known.get(option, (None, None))
        positive = known.get(option.replace("--no-", "--", 1), (None, None))
        if shape is not None and shape.type_name == "boolean" and not given:
            found[name] = True  # type: ignore[index]
        elif name is not None:
            found[name] = value_of(option, shape, given)
        elif positive[1] is not None and positive[1].type_name == "boolean":
            found[positive[0]] = False  # type: ignore[index]
        else:
            unknown += [option, *given]
    if unknown:
        raise UsageError(f"Unknown options: {', '.join(unknown)}")
    missing = [option for option in required(model) if known[option][0] not in found]
    if missing:
        raise UsageError(f"aws: error: the following arguments are required: {', '.join(missing)}")
    return found


def _call(client: Any, model: Any, parameters: dict[str, Any], asked: Asked) -> dict[str, Any]:
    from botocore import xform_name

    method = xform_name(model.name)
    by_hand = any(name in parameters for name in _PAGES_BY_HAND)
    if asked.paginate and not by_hand and client.can_paginate(method):
        pages = client.get_paginator(method).paginate(**parameters, PaginationConfig=asked.paging)
        answer: dict[str, Any] = pages.build_full_result()
    else:
        answer = client._make_api_call(model.name, parameters)
    return answer


_PAGES_BY_HAND = ("Marker", "NextToken", "ContinuationToken", "MaxItems", "MaxResults", "Limit")


def _out_files(model: Any, words: Sequence[str]) -> list[str]:
    wanted = 1 if model.has_streaming_output else 0
    if len(words) < wanted:
        raise UsageError("aws: error: the following arguments are required: outfile")
    if len(words) > wanted:
        raise UsageError(f"Unknown options: {', '.join(words[wanted:])}")
    return list(words)


def _write_body(model: Any, answer: dict[str, Any], files: Sequence[str]) -> str:
    """Write a streamed body to its file; what goes to standard output comes back."""
    if not files:
        return ""
    member = model.output_shape.serialization["payload"]
    body = answer.pop(member).read()
    if files[0] == _STDOUT:
        return str(body.decode("utf-8", "replace"))
    Path(files[0]).expanduser().write_bytes(body)
    return ""


def _jsonable(answer: Any) -> str:
    return json.dumps(answer, default=plain)


def _columns(head: str, names: Sequence[str]) -> str:
    width = max(map(len, names)) + 2
    per_line = max(96 // width, 1)
    lines = [
        "".join(name.ljust(width) for name in names[start : start + per_line]).rstrip()
        for start in range(0, len(names), per_line)
    ]
    return "\n".join([head, "", *lines]) + "\n"


def _help(service: str, operation: str, model: Any) -> str:
    must = required(model)
    lines = [f"aws {service} {operation}", ""]
    for option, (_, shape) in options(model).items():
        needed = "  required" if option in must else ""
        lines.append(f"  {option}  <{shape.type_name}>{needed}")
    lines += ["", "  and " + " ".join(GLOBALS)]
    return "\n".join(lines) + "\n"
