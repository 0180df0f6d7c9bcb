"""The HTTP contract: every operation as data, the OpenAPI document made of it, and a page to read that."""
