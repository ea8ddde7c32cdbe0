"""The centre's API 中心接口: models, client, errors."""
