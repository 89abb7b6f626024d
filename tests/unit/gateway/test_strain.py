"""What a process at the end of its strength takes: its clock and its readings are given here."""

import asyncio
import logging
from dataclasses import dataclass

import pytest

from dragoman.gateway.decoding import LARGE_BYTES
from dragoman.gateway.strain import ALL, LOOK_SECONDS, NONE, RESERVE, Readings, Strain

MIB = 1 << 20


@dataclass
class Machine:
    """What there is to read, and a clock."""

    resident: int | None = 100 * MIB
    memory: int | None = 1000 * MIB
    descriptors: int | None = 1000
    now: float = 50.0
    limit: int | None = None

    def strain(self) -> Strain:
        strain = Strain(
            Readings(lambda: self.resident, lambda: self.memory, lambda: self.descriptors)
        )
        self.pass_by(strain, 1.0)
        return strain

    def pass_by(self, strain: Strain, seconds: float, *, late: float = 0.0) -> None:
        """So much time, in which the loop comes so late to each look."""
        over = self.now + seconds
        while self.now < over:
            self.now += LOOK_SECONDS + late
            strain.look(self.now, late, self.limit)


def test_whoever_is_not_watched_takes_everything() -> None:
    assert Strain().takes == ALL


def test_a_process_at_ease_takes_everything() -> None:
    assert Machine().strain().takes == ALL


@pytest.mark.parametrize("late", [0.051, 0.2, 3.0])
def test_a_loop_that_is_late_all_the_time_takes_nothing_new(late: float) -> None:
    machine = Machine()
    strain = machine.strain()

    machine.pass_by(strain, max(0.6, 2 * late), late=late)
    assert (strain.takes, strain.why) == (NONE, "time")
    machine.pass_by(strain, 0.6)

    assert strain.takes == ALL


def test_a_loop_that_has_just_begun_may_be_late() -> None:
    machine = Machine()
    strain = Strain()

    machine.pass_by(strain, 0.45, late=0.1)

    assert strain.takes == ALL


def test_a_loop_that_is_a_little_late_takes_everything() -> None:
    machine = Machine()
    strain = machine.strain()

    machine.pass_by(strain, 5.0, late=0.049)

    assert strain.takes == ALL


@pytest.mark.parametrize("pause", [0.3, 2.0, 60.0])
def test_one_pause_of_the_loop_is_none(pause: float) -> None:
    machine = Machine()
    strain = machine.strain()

    machine.pass_by(strain, LOOK_SECONDS, late=pause)
    assert strain.takes == ALL
    for _ in range(20):
        machine.pass_by(strain, LOOK_SECONDS)
        assert strain.takes == ALL


@pytest.mark.parametrize(
    ("share", "takes"), [(0.84, ALL), (0.85, LARGE_BYTES), (0.94, LARGE_BYTES), (0.95, NONE)]
)
def test_the_less_memory_is_left_the_less_is_taken(share: float, takes: int) -> None:
    machine = Machine()
    strain = machine.strain()

    machine.resident = int(share * 1000 * MIB)
    machine.pass_by(strain, 0.5)
    assert strain.takes == takes
    assert strain.why == ("" if takes == ALL else "memory")
    machine.resident = 100 * MIB
    machine.pass_by(strain, 0.5)

    assert strain.takes == ALL


def test_the_limit_of_the_settings_counts_before_that_of_the_machine() -> None:
    machine = Machine()
    strain = machine.strain()

    machine.limit = 100 * MIB
    machine.pass_by(strain, 0.5)
    assert strain.takes == NONE
    machine.limit = 2000 * MIB
    machine.resident = 1000 * MIB
    machine.pass_by(strain, 0.5)

    assert strain.takes == ALL


@pytest.mark.parametrize(("left", "takes"), [(RESERVE, ALL), (RESERVE - 1, NONE), (0, NONE)])
def test_descriptors_are_kept_in_reserve(left: int, takes: int) -> None:
    machine = Machine()
    strain = machine.strain()

    machine.descriptors = left
    machine.pass_by(strain, 0.5)

    assert (strain.takes, strain.why) == (takes, "" if takes == ALL else "descriptors")


def test_where_nothing_can_be_read_everything_is_taken() -> None:
    assert Machine(resident=None, memory=None, descriptors=None).strain().takes == ALL


def test_the_log_says_what_there_is_too_little_of(caplog: pytest.LogCaptureFixture) -> None:
    machine = Machine()
    strain = machine.strain()

    with caplog.at_level(logging.WARNING, "dragoman.gateway"):
        machine.resident = 900 * MIB
        machine.pass_by(strain, 2.0)
        machine.resident = 960 * MIB
        machine.pass_by(strain, 2.0)

    assert [record.getMessage() for record in caplog.records] == [
        "short of memory: large bodies are refused",
        "short of memory: new requests are refused",
    ]


def test_a_loop_is_looked_at_as_long_as_it_runs() -> None:
    machine = Machine(resident=990 * MIB)
    strain = Strain(Readings(lambda: machine.resident, lambda: machine.memory, lambda: None))

    async def eased() -> None:
        strain.watch(lambda: None)
        assert strain.takes == NONE
        machine.resident = 1
        async with asyncio.timeout(10):
            while strain.takes != ALL:
                await asyncio.sleep(0.01)

    asyncio.run(eased())
    assert strain.takes == ALL
