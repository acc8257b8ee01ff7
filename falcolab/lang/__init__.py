"""The condition language: text to tree, tree to typed condition, and back to text."""
