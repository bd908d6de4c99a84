"""How complaints come in: kinds of channels, their manifests, and the only way out to the network."""
