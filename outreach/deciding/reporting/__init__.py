"""Reports: figures about what we did and what it helped, and how they are shown."""
