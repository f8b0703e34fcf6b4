"""Perceptors: what reads texts and looks at pictures."""
