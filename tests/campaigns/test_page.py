"""The page of the campaigns: what is written into it, and what of it is left."""

from tests.campaigns.__main__ import CAMPAIGNS, HEAD, PAGE, written
from tests.campaigns.figures import Figure, quantile, spread

BEFORE = f"""# Reliability

{HEAD}
|---|---|
| 11 | left alone |
| 14 | to be replaced |

The rest.
"""


def figure(campaign: str, *, met: bool = True) -> Figure:
    return Figure(campaign=campaign, done="a|b", wanted="all", measured="none", met=met, seed=7)


def test_a_campaign_that_ran_replaces_its_own_lines_and_no_others() -> None:
    page = written(BEFORE, [figure("14"), figure("12", met=False)])

    assert page.split("\n") == [
        "# Reliability",
        "",
        HEAD,
        "|---|---|",
        "| 11 | left alone |",
        "| 12 | a/b | all | none | **no** | 7 |",
        "| 14 | a/b | all | none | yes | 7 |",
        "",
        "The rest.",
        "",
    ]


def test_every_campaign_that_measures_stands_in_the_page() -> None:
    _, _, table = PAGE.read_text(encoding="utf-8").partition(HEAD)

    assert {row.split(" ")[1] for row in table.split("\n") if row.startswith("| ")} == set(
        CAMPAIGNS
    )


def test_times_are_told_by_their_middle_their_tail_and_their_worst() -> None:
    seconds = [number / 1000 for number in range(1, 201)]

    assert (quantile(seconds, 0.5), quantile(seconds, 1)) == (0.1, 0.2)
    assert spread(seconds) == "p50 100.0 ms, p99 198.0 ms, max 200.0 ms"
