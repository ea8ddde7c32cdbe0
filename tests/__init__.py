"""All tests, and the helpers they share: ``from tests.services.hall import Hall``."""
