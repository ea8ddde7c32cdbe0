"""A day of synthetic citizens, and a search for anything of them that outlived their visits."""
