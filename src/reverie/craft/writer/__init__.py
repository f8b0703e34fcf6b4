"""Prompts that write themselves: from a grammar, by a language model on this machine, or by one behind an address."""
