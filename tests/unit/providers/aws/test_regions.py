"""Regions: whose word counts, and the names of their hosts."""

import pytest
from botocore.loaders import Loader

from dragoman.errors import ConfigurationError
from dragoman.providers.aws.profiles import profile_of
from dragoman.providers.aws.regions import checked, dns_suffix, region_of

CONFIG = "[default]\nregion = eu-west-3\n[profile bad]\nregion = a.evil.example/\n"


@pytest.mark.parametrize(
    ("environ", "region"),
    [
        ({"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-west-2"}, "us-east-1"),
        ({"AWS_REGION": "", "AWS_DEFAULT_REGION": "us-west-2"}, "us-west-2"),
        ({}, "eu-west-3"),
    ],
)
def test_the_environment_names_the_region_before_the_profile(
    environ: dict[str, str], region: str
) -> None:
    assert region_of(environ, profile_of(None, config=CONFIG, shared=None)) == region


def test_there_may_be_no_region() -> None:
    assert region_of({}, profile_of(None, config=None, shared=None)) is None


@pytest.mark.parametrize("name", ["a.b", "x/", "-a", "a-", "", "a" * 64, "eu west", "é", "a\n"])
def test_what_could_lead_elsewhere_is_no_region(name: str) -> None:
    with pytest.raises(ConfigurationError, match="AWS_REGION: expected a region"):
        checked(name, key="AWS_REGION")


def test_the_region_of_a_profile_is_looked_at_as_well() -> None:
    with pytest.raises(ConfigurationError, match="profile bad: region"):
        region_of({}, profile_of("bad", config=CONFIG, shared=None))


def test_hosts_end_as_botocore_ends_them() -> None:
    partitions = Loader().load_data("partitions")["partitions"]
    regions = {
        region: partition["outputs"]["dnsSuffix"]
        for partition in partitions
        for region in partition["regions"]
        if not region.startswith("aws-")
    }

    assert len(regions) > 40
    assert {region: dns_suffix(region) for region in regions} == regions
