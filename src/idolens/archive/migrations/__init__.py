"""Alembic's folder: env.py, the template of a migration, and the migrations."""
