"""The versions of what tells duplicates: made from data or decisions, compared, published, taken back.

day_one   the model over the fields of a type with weights set by hand
models    kept versions, and the pairs they are compared on
in_force  `model_in_force(object_type)`: what every comparison of records uses
"""
