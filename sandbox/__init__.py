"""Make-believe counterparts that speak the real protocols: the demo and the tests need somebody to talk to."""
