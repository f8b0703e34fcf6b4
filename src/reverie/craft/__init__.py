"""Prompt craft: words that others found to work, styles to share, and prompts that draw their own words. Nothing here imports torch before it is asked for."""
