"""What never runs for a citizen: the stand-in centre, the bench, the demo."""
