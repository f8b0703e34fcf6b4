"""Prompt craft: words to paint with, styles to share, prompts that draw their words. Nothing here imports torch before it is asked for."""
