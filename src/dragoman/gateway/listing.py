"""The models that callers may ask for: the operator's names, and the simulator's.

What else a provider has, only the provider knows; it is asked for as `provider/model`, and told
here when it is asked about.
"""

from dragoman.gateway.configuration import Configuration
from dragoman.models import shared
from dragoman.providers.routing import routed
from dragoman.simulator.models import MODELS, simulated


def listed(configuration: Configuration) -> shared.ListModelsResponse:
    """All of them, the operator's first."""
    names = [*configuration.settings.models, *(f"sim/{name}" for name in MODELS)]
    return shared.ListModelsResponse(data=[told(name) for name in names])


def found(name: str, configuration: Configuration) -> shared.Model:
    """The model with this name; raises `NotFoundError` with near names."""
    if name not in configuration.settings.models:
        provider, model = routed(name, configuration.providers, names=configuration.settings.models)
        if provider.row.name == "sim":
            simulated(model)
    return told(name)


def told(name: str) -> shared.Model:
    """A name of ours; when it was made is not known."""
    return shared.Model(id=name, created=0, owned_by=name.partition("/")[0] if "/" in name else "")
