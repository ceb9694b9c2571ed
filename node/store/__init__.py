"""The only SQL of the node: the database, its migrations and one module per noun."""
