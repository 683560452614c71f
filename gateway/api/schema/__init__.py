"""Shapes of requests and answers, as pydantic models: they make the answers and describe the API."""
