"""The console's commands: the installed AWS CLI and the built-in, side by side on one lab."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest

from simulator import Lab
from simulator.actors import Keys
from simulator.awscli import Caller, Console, Ran, installed_cli
from simulator.awscli.answers import KILLED, MOST_OUTPUT, USAGE
from simulator.awscli.completing import common_start, completions
from simulator.awscli.installed import environment_for
from simulator.awscli.names import operations, services
from tests.conftest import Town, allow, trust
from tests.serving import PATIENCE_SECONDS

ELSEWHERE = "203.0.113.66"
needs_cli = pytest.mark.skipif(installed_cli() is None, reason="the AWS CLI is not installed")


def builtin(lab: Lab, line: str, keys: Keys | None = None, name: str = "admin") -> Ran:
    return Console(lab, None).run(line, Caller(name, keys or lab.admin.keys, ELSEWHERE))


def ok(lab: Lab, line: str) -> str:
    ran = builtin(lab, line)
    assert ran.exit_code == 0, ran.err
    return ran.out


@needs_cli
def test_the_built_in_prints_what_the_cli_prints(lab: Lab, town: Town) -> None:
    town.bucket("reports", **{"july.csv": "pet,price\n"})
    who = Caller("admin", lab.admin.keys)
    lines = (
        "aws sts get-caller-identity",
        "aws iam list-users --query 'Users[].[UserName,Arn]' --output text",
        "aws s3 ls s3://reports --recursive",
        "aws s3 cp s3://reports/july.csv -",
        "aws s3api list-objects-v2 --bucket reports --query 'Contents[].Key'",
        "aws ec2 describe-instances --filters Name=instance-state-name,Values=running,stopped",
    )
    for line in lines:
        real, own = Console(lab).run(line, who), Console(lab, None).run(line, who)
        assert (own.out, own.err, own.exit_code) == (real.out, real.err, real.exit_code), line


@needs_cli
def test_the_built_in_prints_the_clis_error_line(lab: Lab, town: Town) -> None:
    alice = town.user("alice")
    town.bucket("reports")
    who = Caller("alice", alice.keys)
    for line in ("aws s3 ls s3://reports", "aws s3api get-bucket-policy --bucket reports"):
        real, own = Console(lab).run(line, who), Console(lab, None).run(line, who)
        assert "An error occurred (AccessDenied)" in own.err
        assert own.err == real.err
        # 254 from version 2 of the CLI, 255 from version 1.
        assert own.exit_code == 254
        assert real.exit_code in (254, 255)


@needs_cli
def test_the_installed_clis_calls_are_the_actors_own_in_the_trail(lab: Lab, town: Town) -> None:
    alice = town.user("alice")
    town.role("App", trust(str(alice.call("sts", "GetCallerIdentity").response["Arn"])))  # type: ignore[index]
    session = town.session(alice, f"arn:aws:iam::{lab.account_id}:role/App", "alice")
    ran = Console(lab).run(
        "aws sts get-caller-identity", Caller("mallory", session.keys, ELSEWHERE)
    )
    assert ran.exit_code == 0, ran.err
    record = lab.trail.records()[-1]
    assert (record.actor, record.source_ip, record.derived) == ("mallory", ELSEWHERE, False)
    assert "aws-cli" in record.user_agent
    # Over: who holds the same values outside is nobody in particular again.
    assert lab.gateway._acting == {}


def test_no_variable_or_file_of_the_user_reaches_the_cli(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_PROFILE", "AWS_CA_BUNDLE", "HTTPS_PROXY", "AWS_ENDPOINT_URL_STS"):
        monkeypatch.setenv(name, "trap")
    keys = Keys("AKIA", "secret", None)
    made = environment_for(keys, "http://127.0.0.1:1", "us-east-1", str(tmp_path))
    assert "trap" not in made.values()
    assert made["HOME"] == str(tmp_path)
    assert made["AWS_CONFIG_FILE"] == made["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
    assert "AWS_SESSION_TOKEN" not in made


@pytest.mark.parametrize(
    "line",
    [
        "aws sts get-caller-identity --endpoint-url https://sts.amazonaws.com",
        "aws sts get-caller-identity --endpoint=https://sts.amazonaws.com",
        "aws configure set region eu-west-1",
        "aws sso login",
    ],
)
@pytest.mark.parametrize("path", ["", None])
def test_nothing_leads_out_of_the_lab(lab: Lab, line: str, path: str | None) -> None:
    if path == "" and installed_cli() is None:
        pytest.skip("the AWS CLI is not installed")
    before = len(lab.trail)
    ran = Console(lab, path).run(line, Caller("admin", lab.admin.keys))
    assert ran.exit_code == USAGE
    assert len(lab.trail) == before


def test_no_shell_reads_the_line(lab: Lab, tmp_path: Path) -> None:
    loot = tmp_path / "loot"
    ran = builtin(lab, f"aws sts get-caller-identity > {loot}; touch {loot}")
    assert ran.exit_code == USAGE
    assert not loot.exists()
    assert builtin(lab, "touch x").exit_code == 127


def test_every_service_and_operation_of_botocore_has_a_name(lab: Lab) -> None:
    assert {"s3", "s3api", "sts", "iam", "deploy", "secretsmanager"} <= set(services())
    assert operations("sts")["assume-role"] == "AssumeRole"
    assert operations("s3")["list-objects-v2"] == "ListObjectsV2"
    assert builtin(lab, "aws pricing describe-services --region us-east-1").exit_code in (0, 254)


def test_parameters_are_taken_as_text_json_shorthand_and_files(lab: Lab, tmp_path: Path) -> None:
    document = tmp_path / "trust.json"
    document.write_text(trust(f"arn:aws:iam::{lab.account_id}:root"))
    role = json.loads(
        ok(
            lab,
            f"aws iam create-role --role-name App --assume-role-policy-document file://{document} "
            "--max-session-duration 7200 --tags Key=team,Value=red Key=stage,Value='a b'",
        )
    )["Role"]
    assert role["MaxSessionDuration"] == 7200
    tags = json.loads(ok(lab, "aws iam list-role-tags --role-name App"))["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"team": "red", "stage": "a b"}
    ok(lab, """aws iam tag-role --role-name App --tags '[{"Key":"json","Value":"yes"}]'""")
    asked = json.dumps({"RoleName": "App"})
    found = json.loads(ok(lab, f"aws iam get-role --cli-input-json '{asked}'"))["Role"]
    assert found["RoleName"] == "App"
    assert {"Key": "json", "Value": "yes"} in found["Tags"]


def test_everyday_s3_commands(lab: Lab, tmp_path: Path) -> None:
    source = tmp_path / "a.txt"
    source.write_text("hello")
    assert ok(lab, "aws s3 mb s3://box") == "make_bucket: box\n"
    assert ok(lab, f"aws s3 cp {source} s3://box/d/") == f"upload: {source} to s3://box/d/a.txt\n"
    assert ok(lab, "aws s3 ls s3://box") == f"{'PRE':>30} d/\n"
    assert ok(lab, "aws s3 cp s3://box/d/a.txt -") == "hello"
    back = tmp_path / "back"
    ok(lab, f"aws s3 cp s3://box/ {back} --recursive")
    assert (back / "d" / "a.txt").read_text() == "hello"
    assert "X-Amz-Signature" in ok(lab, "aws s3 presign s3://box/d/a.txt --expires-in 60")
    missing = builtin(lab, "aws s3 cp s3://box/none .")
    assert (missing.exit_code, missing.err) == (
        1,
        "fatal error: An error occurred (404) when calling the HeadObject operation: "
        'Key "none" does not exist\n',
    )
    full = builtin(lab, "aws s3 rb s3://box")
    assert full.exit_code == 1
    assert full.err.startswith("remove_bucket failed: s3://box An error occurred (BucketNotEmpty)")
    assert ok(lab, "aws s3 rm s3://box/d/a.txt") == "delete: s3://box/d/a.txt\n"
    assert ok(lab, "aws s3 rb s3://box") == "remove_bucket: box\n"


def test_an_objects_name_does_not_lead_out_of_the_folder_it_is_copied_to(
    lab: Lab, town: Town, tmp_path: Path
) -> None:
    town.bucket("box", **{"a.txt": "fine", "b/../../outside.txt": "not there"})
    ran = builtin(lab, f"aws s3 cp s3://box/ {tmp_path / 'in'} --recursive")
    skipped = "s3://box/b/../../outside.txt. File references a parent directory."
    assert (ran.exit_code, ran.err) == (1, f"warning: Skipping file {skipped}\n")
    assert sorted(each.name for each in tmp_path.rglob("*")) == ["a.txt", "in"]


def test_a_streamed_body_goes_to_the_named_file(lab: Lab, town: Town, tmp_path: Path) -> None:
    town.bucket("box", **{"a.txt": "hello"})
    target = tmp_path / "out"
    out = ok(lab, f"aws s3api get-object --bucket box --key a.txt {target}")
    assert target.read_text() == "hello"
    assert json.loads(out)["ContentLength"] == 5
    assert builtin(lab, "aws s3api get-object --bucket box --key a.txt").exit_code == USAGE


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("aws iamm list-roles", "Invalid choice: 'iamm'; perhaps iam"),
        ("aws iam list-rols", "perhaps list-roles"),
        ("aws iam get-role", "the following arguments are required: --role-name"),
        ("aws iam list-roles --bogus 1", "Unknown options: --bogus, 1"),
        ("aws iam list-roles --max-items many", "invalid int value: 'many'"),
        ("aws iam create-role --role-name", "argument --role-name: expected at least one"),
        ("aws iam tag-role --role-name x --tags Key", "Expected: '=', received: 'EOF'"),
        ("aws iam tag-role --role-name x --tags '[{'", "Invalid JSON"),
        ("aws sts get-caller-identity --profile me", "The config profile (me) could not be found"),
        ("aws sts get-caller-identity --query '['", "Bad value for --query"),
        ("aws sts get-caller-identity --output yaml", "json and text"),
        ("aws iam put-role-policy --role-name x --policy-name y --policy-document file:///no/such",
         "Unable to load paramfile"),
        ("aws sts 'unbalanced", "no closing quotation"),
    ],
)  # fmt: skip
def test_bad_usage_is_said_in_a_line_and_makes_no_call(lab: Lab, line: str, says: str) -> None:
    before = len(lab.trail)
    ran = builtin(lab, line)
    assert ran.exit_code == USAGE
    assert says in ran.err
    assert "Traceback" not in ran.err
    if "--query" not in line:
        assert len(lab.trail) == before


def test_an_actor_without_keys_calls_unsigned(lab: Lab) -> None:
    ran = Console(lab, None).run("aws sts get-caller-identity", Caller("nobody"))
    assert "MissingAuthenticationToken" in ran.err
    assert lab.trail.records()[-1].access_key_id is None


def test_endless_output_is_cut(lab: Lab, town: Town) -> None:
    town.bucket("box", big="x" * (MOST_OUTPUT + 10))
    ran = builtin(lab, "aws s3 cp s3://box/big -")
    assert ran.cut
    assert len(ran.out) == MOST_OUTPUT


@needs_cli
def test_a_command_that_runs_is_ended(lab: Lab) -> None:
    console = Console(lab)
    with lab.clock.hold():  # nobody answers while time is held
        ran: list[Ran] = []
        caller = Caller("admin", lab.admin.keys)
        runner = threading.Thread(
            target=lambda: ran.append(console.run("aws sts get-caller-identity", caller))
        )
        runner.start()
        while console._running is None or console._running._process is None:
            pass
        console.kill()
        runner.join(PATIENCE_SECONDS)
    assert [each.exit_code for each in ran] == [KILLED]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("a", {"aws"}),
        ("aws st", {"sts", "stepfunctions", "storagegateway"}),
        ("aws sts assume-role-with-w", {"assume-role-with-web-identity"}),
        ("aws sts assume-role --role-a", {"--role-arn"}),
        ("aws sts assume-role --role-arn x --role-", {"--role-session-name"}),
        ("aws s3 ", {"ls", "cp", "rm", "mb", "rb", "presign"}),
        ("aws iam update-access-key --status ", {"Active", "Inactive", "Expired"}),
        ("aws nonsense ", set()),
        ("touch ", set()),
    ],
)
def test_tab_completes_what_botocore_knows(line: str, found: set[str]) -> None:
    assert set(completions(line)) == found


def test_what_completions_share_is_written_at_once() -> None:
    assert common_start(("assume-role", "assume-root")) == "assume-ro"
    assert common_start(()) == ""


def test_policies_in_answers_are_json_not_text(lab: Lab, town: Town) -> None:
    town.role("App", trust(f"arn:aws:iam::{lab.account_id}:root"), allow("s3:*"))
    answer = ok(lab, "aws iam get-role-policy --role-name App --policy-name own")
    assert json.loads(answer)["PolicyDocument"]["Statement"][0]["Action"] == "s3:*"
