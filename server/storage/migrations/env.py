"""Runs the migrations on the connection, and in the transaction, that `migrate` opened."""

from alembic import context

# Every module that declares tables, so that a comparison with the database sees them all.
from server.storage import models, staff, staff_tables  # noqa: F401
from server.storage.db import Base

connection = context.config.attributes["connection"]
if connection is None:
    raise SystemExit("migrations are applied by server.storage.migrate")

context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",  # SQLite cannot alter a table in place
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
