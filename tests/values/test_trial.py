import pytest

from pipeline.values.trial import MOST_FOLDS, Confirms


@pytest.mark.parametrize(
    "confirms",
    [Confirms(0, 0, 1), Confirms(0, 98, 99), Confirms(7, 1, 4), Confirms(123_456, MOST_FOLDS - 2, MOST_FOLDS - 1)],
)
def test_a_confirmation_is_known_by_its_number_which_no_trial_has(confirms: Confirms) -> None:
    assert confirms.number < 0
    assert Confirms.of(confirms.number) == confirms


def test_numbers_of_the_searchs_own_trials_confirm_nothing() -> None:
    assert (Confirms.of(0), Confirms.of(7)) == (None, None)


def test_the_numbers_fall_from_trial_to_trial_and_from_fold_to_fold() -> None:
    ordered = [Confirms(0, 0, 1), Confirms(0, 3, 4), Confirms(1, 0, 1), Confirms(1, 0, 4), Confirms(1, 1, 4)]
    assert sorted((c.number for c in ordered), reverse=True) == [c.number for c in ordered]
