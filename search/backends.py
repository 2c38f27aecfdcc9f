"""Which engine serves, by the settings. In: Settings. Out: an Engine."""

from search.embedded.engine import EmbeddedEngine
from search.engine import Engine
from search.errors import MetiersError
from search.settings import Settings


def open_engine(settings: Settings) -> Engine:
    """The engine that the settings name. Opens nothing yet. Raises MetiersError for one that cannot be had."""
    if settings.engine == "embedded":
        return EmbeddedEngine(settings.index)
    if settings.engine == "opensearch":
        return _opensearch(settings)
    raise MetiersError(f"METIERS_ENGINE={settings.engine!r}: expected embedded or opensearch.")


def _opensearch(settings: Settings) -> Engine:
    # Its client is an extra that the embedded engine does without.
    try:
        from search.cluster.engine import OpenSearchEngine
    except ModuleNotFoundError as error:
        if error.name != "opensearchpy":
            raise
        raise MetiersError('METIERS_ENGINE=opensearch needs its client: pip install "metiers[opensearch]"') from error
    return OpenSearchEngine(settings)
