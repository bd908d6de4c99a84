"""What people type besides the six verbs; each file is one group, and hub.cli puts them together."""
