"""Generators: what turns a latent into a picture."""
