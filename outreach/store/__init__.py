"""The store: tables, their migrations, and the questions the passes ask them."""
