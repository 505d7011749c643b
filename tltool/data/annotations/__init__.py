"""Photos with boxes, masks or points: labels as others write them → one truth per photo, in the pixels of the upright photo."""
