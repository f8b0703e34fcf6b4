"""The cut-outs of the originals, for pictures as they were made in 2021; Reverie's own are in ``cutouts.py``."""
