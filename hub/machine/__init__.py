"""Running everything on one machine: which processes there are, that they live, and that none is left behind."""
