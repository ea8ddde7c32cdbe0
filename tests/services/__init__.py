"""Services from the first page to the last, against the stand-in centre."""
