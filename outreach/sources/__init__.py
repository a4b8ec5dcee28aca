"""Where data comes from: files, folders and databases, and how their columns become our fields."""
