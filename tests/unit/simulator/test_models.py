"""The names of the simulator's models, and the parameters that they end in."""

import pytest

from dragoman.errors import BadRequestError, NotFoundError
from dragoman.simulator.faults import FAULTS, Faults
from dragoman.simulator.models import MODELS, Simulated, simulated


@pytest.mark.parametrize("model", MODELS)
def test_every_model_on_the_list_is_there_and_waits_for_nothing(model: str) -> None:
    found = simulated(model)

    assert (found.name, found.first, found.pause) == (model, 0, 0)


@pytest.mark.parametrize("model", sorted({*MODELS} - {"fail"}))
def test_nothing_goes_wrong_unless_it_is_asked_to(model: str) -> None:
    assert simulated(model).faults == Faults()


@pytest.mark.parametrize(
    ("model", "faults"),
    [
        ("fail", Faults(status=500)),
        ("fail?first=1s", Faults(status=500)),
        ("fail?status=429&retry_after=2", Faults(status=429, retry_after=2)),
        ("fail?retry_after=2", Faults(status=500, retry_after=2)),
        ("fail?after=3", Faults(status=500, after=3)),
        ("fail?after=3&cut_at_byte=9", Faults(status=500, after=3, cut_at_byte=9)),
        ("fail?cut_at_event=3", Faults(cut_at_event=3)),
        ("words?n=3&wrong_usage&no_terminator", Faults(wrong_usage=True, no_terminator=True)),
    ],
)
def test_what_goes_wrong_stands_in_the_name(model: str, faults: Faults) -> None:
    assert simulated(model).faults == faults


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_on_the_list_can_be_asked_for(fault: str) -> None:
    alone = FAULTS[fault].read("") is not None
    found = simulated(f"fail?{fault}" if alone else f"fail?{fault}=400").faults

    assert getattr(found, FAULTS[fault].field) == (True if alone else 400)


def test_the_prefix_of_the_provider_may_stay() -> None:
    assert simulated("sim/words?n=3") == simulated("words?n=3")


def test_parameters_say_how_many_words_come_when() -> None:
    found = simulated("words?n=200&first=300ms&rate=80")

    assert found == Simulated(name="words", n=200, first=0.3, pause=1 / 80)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("300ms", 0.3), ("1.5s", 1.5), ("2s", 2), ("0", 0), ("0s", 0), ("0.5ms", 0.0005)],
)
def test_a_duration_has_its_unit(written: str, seconds: float) -> None:
    assert simulated(f"hello?first={written}").first == seconds


@pytest.mark.parametrize(("written", "words"), [("0", 0), ("7", 7), ("100000", 100_000)])
def test_words_are_counted_from_none_to_a_hundred_thousand(written: str, words: int) -> None:
    assert simulated(f"words?n={written}").n == words


@pytest.mark.parametrize("model", ["gpt-6", "", "sim/", "Hello", "other/hello", "?n=3"])
def test_an_unknown_model_is_not_found_and_the_known_ones_are_named(model: str) -> None:
    with pytest.raises(NotFoundError, match="echo, hello, words") as caught:
        simulated(model)

    assert (caught.value.status_code, caught.value.code) == (404, "model_not_found")
    assert caught.value.param == "model"


def test_near_names_are_offered_for_a_model_that_is_not_there() -> None:
    with pytest.raises(NotFoundError, match=r"got 'wrods'; did you mean words\?"):
        simulated("wrods?n=3")


@pytest.mark.parametrize(
    ("model", "says"),
    [
        ("words?n=", "expected n to be a whole number from 0 to 100000; got ''"),
        ("words?n=-1", "expected n to be a whole number from 0 to 100000; got '-1'"),
        ("words?n=100001", "got '100001'"),
        ("words?n=1e3", "got '1e3'"),
        ("words?n=٣", "got '٣'"),
        ("words?first=3", "expected first to be a duration such as 300ms, 1.5s or 0; got '3'"),
        ("words?first=-1s", "got '-1s'"),
        ("words?first=9999999s", "got '9999999s'"),
        ("words?rate=0", "expected rate to be words per second above 0"),
        ("words?rate=0.000", "got '0.000'"),
        ("words?rate=fast", "got 'fast'"),
        ("words?n=3&n=3", "each parameter once; got n twice"),
        ("words?speed=3", "parameters of words among n, first, rate, cut_at_byte, "),
        ("words?", "got ''"),
        ("words?n=3&", "got ''"),
        ("words?speed=3", "no_terminator; got 'speed'"),
        ("echo?n=3", "parameters of echo among first, rate, cut_at_byte, "),
        ("echo?status=429", "no_terminator; got 'status'"),
        ("fail?n=3", "parameters of fail among first, rate, status, after, retry_after, "),
        ("fail?status=200", "expected status to be a whole number from 400 to 599; got '200'"),
        ("fail?status=600", "got '600'"),
        ("fail?after=-1", "expected after to be a whole number from 0 to 999999999"),
        ("echo?cut_at_byte", "expected cut_at_byte to be a whole number from 0 to 999999999"),
        ("echo?stall_at_event=1.5", "got '1.5'"),
        ("echo?wrong_usage=1", "expected wrong_usage to be named without a value; got '1'"),
    ],
)
def test_a_wrong_parameter_is_named_with_what_was_expected_and_what_came(
    model: str, says: str
) -> None:
    with pytest.raises(BadRequestError) as caught:
        simulated(model)

    assert says in caught.value.message
    assert caught.value.param == "model"
