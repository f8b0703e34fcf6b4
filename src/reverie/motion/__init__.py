"""Chains of renders, each from the picture of the one before."""
