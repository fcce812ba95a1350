"""The everyday commands of `aws s3`: ls, cp, rm, mb, rb, presign.

Source: AWS CLI Command Reference, "s3".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from botocore.exceptions import ClientError

from simulator.actors import Actor
from simulator.awscli.answers import UsageError, told
from simulator.awscli.names import invalid

_SCHEME = "s3://"
_PRESIGNED_SECONDS = 3600


class TransferError(Exception):
    """A transfer failed; the text is the CLI's line.

    Attributes:
        out: what was printed before.
    """

    def __init__(self, text: str, out: str = "") -> None:
        super().__init__(text)
        self.out = out


@dataclass(frozen=True, slots=True)
class _Place:
    """``s3://bucket/key``."""

    bucket: str
    key: str

    def __str__(self) -> str:
        return f"{_SCHEME}{self.bucket}/{self.key}"


Options = Mapping[str, Sequence[str]]


def run(
    words: Sequence[str], options: Mapping[str, list[str]], actor: Actor, region: str | None
) -> str:
    """Run ``aws s3 WORDS OPTIONS``.

    Returns:
        What it prints.

    Raises:
        UsageError: the command is wrong, or one only the real CLI has.
        TransferError: something could not be copied or removed.
        ClientError: AWS refuses.
    """
    if not words or words[0] == "help":
        return f"aws s3 {{{'|'.join(COMMANDS)}}}; the real CLI also has sync, mv, website\n"
    name, *rest = words
    if name not in COMMANDS:
        if name in ("sync", "mv", "website"):
            raise UsageError(f"aws s3 {name} is not in the built-in; install the AWS CLI for it")
        raise UsageError(invalid("argument subcommand", name, tuple(COMMANDS)))
    # A switch takes no value; the words after it are the command's.
    for option, given in list(options.items()):
        if option in _SWITCHES:
            rest += given
        elif option not in _VALUED:
            raise UsageError(f"Unknown options: {option}")
    return COMMANDS[name](actor.client("s3", region), rest, options)


_SWITCHES = ("--recursive", "--force", "--quiet", "--summarize", "--only-show-errors")
_VALUED = ("--expires-in",)


def _place(text: str, what: str = "") -> _Place:
    if not text.startswith(_SCHEME):
        raise UsageError(f"aws: error: Invalid argument type{what}: {text} is no S3 URI")
    bucket, _, key = text.removeprefix(_SCHEME).partition("/")
    return _Place(bucket, key)


def _objects(client: Any, place: _Place, delimiter: str = "") -> Iterator[dict[str, Any]]:
    pages = client.get_paginator("list_objects_v2")
    yield from pages.paginate(Bucket=place.bucket, Prefix=place.key, Delimiter=delimiter)


def _ls(client: Any, words: Sequence[str], options: Options) -> str:
    if not words:
        return "".join(
            f"{each['CreationDate']:%Y-%m-%d %H:%M:%S} {each['Name']}\n"
            for each in client.list_buckets()["Buckets"]
        )
    word = words[0] if words[0].startswith(_SCHEME) else _SCHEME + words[0]
    place = _place(word)
    recursive = "--recursive" in options
    start = 0 if recursive else place.key.rfind("/") + 1
    lines = []
    for page in _objects(client, place, "" if recursive else "/"):
        lines += [
            f"{'PRE':>30} {each['Prefix'][start:]}" for each in page.get("CommonPrefixes", [])
        ]
        lines += [
            f"{each['LastModified']:%Y-%m-%d %H:%M:%S} {each['Size']:>10} {each['Key'][start:]}"
            for each in page.get("Contents", [])
        ]
    return "".join(f"{line}\n" for line in lines)


def _cp(client: Any, words: Sequence[str], options: Options) -> str:
    if len(words) != 2:
        raise UsageError("aws: error: the following arguments are required: paths")
    source, target = words
    quiet = "--quiet" in options or "--only-show-errors" in options
    said: list[str] = []
    for one_source, one_target in _pairs(client, source, target, "--recursive" in options):
        verb, work = _transfer(client, one_source, one_target)
        way = f"{one_source} to {one_target}"
        try:
            printed = work()
        except ClientError as error:
            head = (
                "fatal error:" if error.operation_name == "HeadObject" else f"{verb} failed: {way}"
            )
            raise TransferError(f"{head} {_told(error, one_source)}", "".join(said)) from None
        except OSError as error:
            raise TransferError(f"{verb} failed: {way} {error}", "".join(said)) from None
        said.append(printed if printed is not None else "" if quiet else f"{verb}: {way}\n")
    return "".join(said)


def _told(error: ClientError, source: str) -> str:
    """As the CLI prints it; a key that isn't there is named."""
    if error.response["Error"].get("Code") == "404":
        missing = f'Key "{_place(source).key}" does not exist'
        return f"{told(error).rpartition(': ')[0]}: {missing}"
    return told(error)


def _pairs(client: Any, source: str, target: str, recursive: bool) -> Iterator[tuple[str, str]]:
    if not recursive:
        name = source.rstrip("/").rpartition("/")[2]
        if target.startswith(_SCHEME):
            ends = target.endswith("/") or "/" not in target.removeprefix(_SCHEME)
            yield source, f"{target.rstrip('/')}/{name}" if ends else target
        else:
            folder = target != "-" and (target.endswith("/") or Path(target).expanduser().is_dir())
            yield source, str(Path(target) / name) if folder else target
    elif source.startswith(_SCHEME):
        place = _place(source)
        for page in _objects(client, place):
            for each in page.get("Contents", []):
                rest = each["Key"].removeprefix(place.key).lstrip("/")
                uri = f"{_SCHEME}{place.bucket}/{each['Key']}"
                if not target.startswith(_SCHEME) and ".." in PurePath(rest).parts:
                    # An object's name is not to say what is written beside the folder.
                    raise TransferError(
                        f"warning: Skipping file {uri}. File references a parent directory."
                    )
                yield uri, f"{target.rstrip('/')}/{rest}"
    else:
        folder_path = Path(source).expanduser()
        for path in sorted(each for each in folder_path.rglob("*") if each.is_file()):
            yield str(path), f"{target.rstrip('/')}/{path.relative_to(folder_path).as_posix()}"


def _transfer(client: Any, source: str, target: str) -> tuple[str, Callable[[], str | None]]:
    from_s3, to_s3 = source.startswith(_SCHEME), target.startswith(_SCHEME)
    if from_s3 and to_s3:
        return "copy", lambda: _copy(client, _place(source), _place(target))
    if from_s3:
        return "download", lambda: _download(client, _place(source), target)
    if to_s3:
        return "upload", lambda: _upload(client, source, _place(target))
    raise UsageError("aws: error: Invalid argument type: one of the paths must begin with s3://")


def _copy(client: Any, source: _Place, target: _Place) -> None:
    client.copy_object(
        Bucket=target.bucket,
        Key=target.key,
        CopySource={"Bucket": source.bucket, "Key": source.key},
    )


def _download(client: Any, source: _Place, target: str) -> str | None:
    if target != "-":
        # As the CLI does: how long it is, before it is fetched.
        client.head_object(Bucket=source.bucket, Key=source.key)
    body = client.get_object(Bucket=source.bucket, Key=source.key)["Body"].read()
    if target == "-":
        return str(body.decode("utf-8", "replace"))
    path = Path(target).expanduser()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    return None


def _upload(client: Any, source: str, target: _Place) -> None:
    if source == "-":
        raise UsageError("aws: error: there is no standard input in the console; name a file")
    body = Path(source).expanduser().read_bytes()
    client.put_object(Bucket=target.bucket, Key=target.key, Body=body)


def _rm(client: Any, words: Sequence[str], options: Options) -> str:
    place = _place("".join(words[:1]))
    keys = [place.key]
    if "--recursive" in options:
        pages = _objects(client, place)
        keys = [each["Key"] for page in pages for each in page.get("Contents", [])]
    said: list[str] = []
    for key in keys:
        uri = f"{_SCHEME}{place.bucket}/{key}"
        try:
            client.delete_object(Bucket=place.bucket, Key=key)
        except ClientError as error:
            raise TransferError(f"delete failed: {uri} {told(error)}", "".join(said)) from None
        said.append(f"delete: {uri}\n")
    return "".join(said)


def _mb(client: Any, words: Sequence[str], options: Options) -> str:
    place = _place("".join(words[:1]))
    more: dict[str, Any] = {}
    if client.meta.region_name != "us-east-1":
        more["CreateBucketConfiguration"] = {"LocationConstraint": client.meta.region_name}
    try:
        client.create_bucket(Bucket=place.bucket, **more)
    except ClientError as error:
        raise TransferError(f"make_bucket failed: {_SCHEME}{place.bucket} {told(error)}") from None
    return f"make_bucket: {place.bucket}\n"


def _rb(client: Any, words: Sequence[str], options: Options) -> str:
    place = _place("".join(words[:1]))
    before = ""
    if "--force" in options:
        before = _rm(client, [f"{_SCHEME}{place.bucket}/"], {"--recursive": []})
    try:
        client.delete_bucket(Bucket=place.bucket)
    except ClientError as error:
        line = f"remove_bucket failed: {_SCHEME}{place.bucket} {told(error)}"
        raise TransferError(line, before) from None
    return f"{before}remove_bucket: {place.bucket}\n"


def _presign(client: Any, words: Sequence[str], options: Options) -> str:
    word = "".join(words[:1])
    place = _place(word if word.startswith(_SCHEME) else _SCHEME + word)
    given = options.get("--expires-in", [str(_PRESIGNED_SECONDS)])
    if not given or not given[0].isdigit():
        raise UsageError("aws: error: argument --expires-in: invalid int value")
    url = client.generate_presigned_url(
        "get_object", {"Bucket": place.bucket, "Key": place.key}, ExpiresIn=int(given[0])
    )
    return f"{url}\n"


COMMANDS: dict[str, Callable[[Any, Sequence[str], Options], str]] = {
    "ls": _ls,
    "cp": _cp,
    "rm": _rm,
    "mb": _mb,
    "rb": _rb,
    "presign": _presign,
}
