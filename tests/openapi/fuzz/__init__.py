"""Asks running systems whatever their own OpenAPI document allows and forbids; `setups.py` says which systems."""
