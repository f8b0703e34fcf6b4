"""What can be set of each part with ``-o part.option=value``, a module for each.

None imports torch, so that a mistyped option is told at once, and by machines that paint nothing.
"""
