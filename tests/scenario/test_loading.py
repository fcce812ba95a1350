from __future__ import annotations

from pathlib import Path

import pytest

from simulator.scenario.loading import ScenarioError, load, load_head, parse
from tests.scenario.conftest import SMALL, Write


def problem(write: Write, text: str) -> str:
    path = write(text)
    with pytest.raises(ScenarioError) as caught:
        load(path)
    return str(caught.value).replace(f"{path}:", "")


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        (
            "level: beginner",
            "level: begginer",
            "4:1: level: must be 'beginner', 'intermediate' or 'advanced', not 'begginer'; did you",
        ),
        ("minutes: 1\n", "minutes: 99\n", "5:1: minutes: must be at most 15"),
        ("title: A small one\n", "", "1:1: 'title' is missing"),
        ("teaches:", "teeches:", "6:1: 'teeches' means nothing here; did you mean 'teaches'?"),
        ("    about: Works here.", "    abut: Works here.", "did you mean 'about'?"),
        ("    hints:", "    hins:", "42:5: 'hins' means nothing here; did you mean 'hints'?"),
        ("  - tell: Once", "  - tel: Once", "33:5: 'tel' is no kind of step; did you mean 'tell'?"),
        ("answer: It will", "answer: Perhaps", "answer: 'Perhaps' is none of the options"),
        ("call: s3.GetObject", "call: s3:GetObject", "did you mean 's3.GetObject'?"),
        ("id: assume\n", "id: assume\n        key: a\n", "'key' is no longer chosen by the file"),
        ("id: small", "id: Small One", "1:1: id: 'Small One' must be lower-case letters"),
    ],
)
def test_each_mistake_is_named_with_its_line_and_the_nearest_name(
    write: Write, was: str, becomes: str, said: str
) -> None:
    assert was in SMALL
    assert said in problem(write, SMALL.replace(was, becomes, 1))


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ("  - tell: Once upon a time\n", "  - tell: Once\n    leak: x\n", "'leak' is another step"),
        ("  - {as: alice, call: s3.L", "  - {as: alice, cal: s3.L", "'cal' is no kind of act; did"),
        ("call: s3.GetObject", "call: s3.get_object", "did you mean 's3.GetObject'?"),
        ("minutes: 1\n", "minutes: five\n", "minutes: must be a whole number, not 'five'"),
        ("minutes: 1\n", "minutes: " + "9" * 5000 + "\n", "minutes: must be a whole number"),
        ("expect: allowed", "expect: alowed", "did you mean 'allowed'?"),
        (
            "  - tell: Once",
            "  - advance: 5 parsecs\n  - tell: Once",
            "advance: '5 parsecs' is no du",
        ),
        ("  - tell: Once", "  - advance: -5\n  - tell: Once", "between 0 and 10000 days"),
        ("  - tell: Once", "  - advance: 9999999999d\n  - tell: Once", "between 0 and 10000 days"),
        ("options: [No, It will]", "options: [It will, It will]", "'It will' comes twice"),
        ("    alice:\n  roles", "    - alice\n  roles", "users: must be a mapping"),
        ("    alice:\n  roles", "    alice: {<<: 1}\n  roles", "merge keys (<<) are not read"),
        ("title: A small one", "title: !!python/name:os.system x", "means nothing here"),
        (
            "    text: The account",
            "    text: The: account",
            "put text with a colon in it in quotes",
        ),
        ("title: A small one", "title: A\0small one", "the control character '\\x00'"),
    ],
)
def test_each_mistake_is_one_clear_line(write: Write, was: str, becomes: str, said: str) -> None:
    assert was in SMALL
    (line,) = problem(write, SMALL.replace(was, becomes, 1)).splitlines()
    assert said in line
    assert len(line) < 200


def test_a_misspelt_field_is_told_once_and_not_missed_as_well(write: Write) -> None:
    text = SMALL.replace("      trust:", "      trusts:")
    assert problem(write, text).endswith("'trusts' means nothing here; did you mean 'trust'?")


def test_a_file_that_never_ends_is_refused() -> None:
    with pytest.raises(ScenarioError, match="larger than 1 MB"):
        load("/dev/zero")


def test_broken_yaml_is_named_with_its_line(write: Write) -> None:
    assert problem(write, "id: a\ntitle: 'b\n").startswith("3:1: not YAML:")


def test_a_tab_is_named_with_its_line(write: Write) -> None:
    assert problem(write, "id: a\nworld:\n\tusers: {}\n").startswith("3:1: not YAML:")


def test_an_empty_file_says_so(write: Write) -> None:
    assert problem(write, "# nothing\n") == "1:1: the file is empty"


def test_a_key_that_comes_twice_is_an_error_not_a_choice(write: Write) -> None:
    assert problem(write, "id: a\nid: b\n") == "2:1: the key 'id' comes twice"


def test_an_alias_inside_itself_is_refused(write: Write) -> None:
    assert "an alias inside of what it stands for" in problem(write, "id: &a [*a]\n")


def test_a_yaml_bomb_is_refused(write: Write) -> None:
    lines = ["a: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    for level in range(1, 8):
        before = f"*a{level - 1}"
        lines.append(f"b{level}: &a{level} [{', '.join([before] * 10)}]")
    assert "more than 50,000 values" in problem(write, "\n".join(lines))


def test_several_mistakes_are_all_named_in_the_order_of_the_file(write: Write) -> None:
    text = SMALL.replace("minutes: 1\n", "minutes: x\n").replace("side: attacker", "side: dark")
    lines = problem(write, text).splitlines()
    assert len(lines) == 2
    assert "minutes" in lines[0]
    assert "side" in lines[1]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"none.yaml:1:1: cannot be read: no such file"):
        load(tmp_path / "none.yaml")


def test_bytes_that_are_no_text_are_named(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ScenarioError, match="isn't UTF-8"):
        load(path)


def test_dates_and_yes_and_no_stay_text() -> None:
    source = parse(
        Path("x"), "a: 2012-10-17\nb: yes\nc: No\nd: true\ne: 012345678901\nf: 7\ng: 1.5\nh:\n"
    )
    assert source.value == {
        "a": "2012-10-17", "b": "yes", "c": "No", "d": True, "e": "012345678901",
        "f": 7, "g": 1.5, "h": None,
    }  # fmt: skip


def test_the_head_is_read_without_the_rest(write: Write) -> None:
    head = load_head(write(SMALL.replace("steps:", "steps: [")))
    assert (head.id, head.title, head.minutes) == ("small", "A small one", 1)


def test_a_bare_list_of_statements_becomes_a_document_of_2012(write: Write) -> None:
    role = load(write(SMALL)).world.roles["App"]
    assert role.trust["Version"] == "2012-10-17"
    assert role.trust["Statement"][0]["Effect"] == "Allow"
