"""What the command line sets: values as TOML reads them, words that are not split, and the way back to words."""

import argparse
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.config.overrides import SHORT, arguments, overrides, words
from pipeline.values.errors import UserError


def parsed(*line: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(exit_on_error=False)
    arguments(parser)
    return parser.parse_args(line)


def setting(text: str) -> dict[str, Any]:
    return overrides(parsed("--set", text))


def test_nothing_said_sets_nothing() -> None:
    assert overrides(parsed()) == {}
    assert setting("") == {}
    assert setting("  ") == {}


def test_each_short_name_sets_its_key() -> None:
    line = [word for option in SHORT for word in (f"--{option}", "7")]
    assert overrides(parsed(*line)) == {
        "search.library": 7,
        "search.sampler": 7,
        "search.pruner": 7,
        "search.trials": 7,
        "search.budget": 7,
        "search.minutes": 7,
        "search.seed": 7,
        "training.engine": 7,
        "training.backend": 7,
    }


VALUES = [
    ("20", 20),
    ("-3", -3),
    ("1e-3", 0.001),
    ("0.5", 0.5),
    ("true", True),
    ("adam", "adam"),
    ('"adam"', "adam"),
    ("'20'", "20"),
    ("True", "True"),
    ("python:nets.net", "python:nets.net"),
    ("data/a=b.csv", "data/a=b.csv"),
    ("", ""),
    ("[8, 16]", [8, 16]),
    ('["adam", "sgd"]', ["adam", "sgd"]),
    ("[adam, sgd]", "[adam, sgd]"),
    (
        "{ low = 1e-4, high = 0.1, log = true, when = { optimizer = ['sgd', \"adam\"] } }",
        {"low": 1e-4, "high": 0.1, "log": True, "when": {"optimizer": ["sgd", "adam"]}},
    ),
    ("[{ depth = 1, activation = 'r e]lu' }, {}]", [{"depth": 1, "activation": "r e]lu"}, {}]),
]


@pytest.mark.parametrize(("text", "value"), VALUES, ids=lambda v: str(v)[:30])
def test_a_value_is_what_toml_reads_and_else_a_text(text: str, value: Any) -> None:
    found = setting(f"model.width={text}")
    assert found == {"model.width": value}
    assert type(found["model.width"]) is type(value)


def test_a_short_names_value_is_read_as_any_other() -> None:
    found = overrides(parsed("--budget", "2.5", "--sampler", "tpe", "--seed", "-1", "--minutes", '"5"'))
    assert found == {"search.budget": 2.5, "search.sampler": "tpe", "search.seed": -1, "search.minutes": "5"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a.b=1 c.d=x", {"a.b": 1, "c.d": "x"}),
        ("  a.b=1\t\n c.d=x ", {"a.b": 1, "c.d": "x"}),
        ('a.b="x y" c.d=1', {"a.b": "x y", "c.d": 1}),
        ("a.b='x \"y' c.d=1", {"a.b": 'x "y', "c.d": 1}),
        (r'a.b="x \" y" c.d=1', {"a.b": 'x " y', "c.d": 1}),
        (r"a.b='x \' c.d=1", {"a.b": "x \\", "c.d": 1}),
        ("a.b=[1, [2, 3]] c.d=1", {"a.b": [1, [2, 3]], "c.d": 1}),
        ("a.b=[ '] [', ' ' ] c.d=1", {"a.b": ["] [", " "], "c.d": 1}),
        ("a.b={ x = 1 } c.d={ y = [ 2 ] }", {"a.b": {"x": 1}, "c.d": {"y": [2]}}),
        ("a.b=x] c.d=1", {"a.b": "x]", "c.d": 1}),
        ("a.b=1 a.b=2", {"a.b": 2}),
        ("a.b=1 a.c=[2, 3", {"a.b": 1, "a.c": "[2, 3"}),
    ],
)
def test_words_end_at_blanks_outside_brackets_and_quotes(text: str, found: dict[str, Any]) -> None:
    assert setting(text) == found


def test_what_is_set_by_both_is_what_set_says() -> None:
    assert overrides(parsed("--trials", "5", "--set", "search.trials=7")) == {"search.trials": 7}


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("training.epochs", "training.epochs"),
        ("epochs=3", "epochs=3"),
        ("training.epochs=3 width", "width"),
        ("training.epochs = 3", "training.epochs"),
        ("training.epochs= 3", "3"),
        ("=0.5", "=0.5"),
    ],
)
def test_a_word_that_sets_nothing_is_named(text: str, word: str) -> None:
    with pytest.raises(UserError) as error:
        setting(text)
    assert error.value.where == "command line, SET"
    assert f"`{word}`" in error.value.problem
    assert 'SET="training.epochs=20"' in str(error.value)


LETTERS = "ab1 =.,-_\"'\\[]{}#\tüé日"
LINES = st.fixed_dictionaries(
    {},
    optional={
        option: st.one_of(
            st.integers(-9, 9).map(str),
            st.sampled_from(("tpe", "0.5", "a b", '"x y"', "[1, 2]")),
            st.text(LETTERS, min_size=1).filter(lambda text: not text.startswith("-")),
        )
        for option in (*SHORT, "set")
    },
)


@settings(deadline=None)
@given(LINES)
def test_the_words_of_what_was_parsed_are_parsed_to_the_same(line: dict[str, str]) -> None:
    args = parsed(*(word for option, value in line.items() for word in (f"--{option}", value)))
    again = words(args)
    assert vars(parsed(*again)) == vars(args)
    assert len(again) == 2 * len(line)


SCALARS = st.one_of(st.integers(), st.floats(allow_nan=False), st.booleans(), st.text(LETTERS, max_size=12))
KEYS = st.from_regex(r"[a-z_]{1,6}\.[a-z_]{1,6}(\.[a-z_]{1,6})?", fullmatch=True)


def toml(value: Any) -> str:
    """A value on one line as TOML writes it."""
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{json.dumps(k)} = {toml(v)}' for k, v in value.items())} }}"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return repr(value).lower() if isinstance(value, bool) else repr(value)


@settings(deadline=None)
@given(
    st.dictionaries(
        KEYS,
        st.recursive(
            SCALARS,
            lambda inner: st.one_of(
                st.lists(inner, max_size=3), st.dictionaries(st.from_regex(r"[a-z]{1,4}", fullmatch=True), inner)
            ),
            max_leaves=6,
        ),
        max_size=4,
    )
)
def test_whatever_is_set_comes_out_as_it_was(values: dict[str, Any]) -> None:
    assert setting(" ".join(f"{key}={toml(value)}" for key, value in values.items())) == values
