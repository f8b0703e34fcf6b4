"""The commands and classes of VQGAN-CLIP, big-sleep and deep-daze, translated into dreams. No torch until something is painted."""
