"""Training pictures: icon sets fetched by name, concepts chosen by rule, scenes composed as tensors."""
