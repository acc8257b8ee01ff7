"""How fast falcolab is, and beside what."""
