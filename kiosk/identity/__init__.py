"""Who the citizen is: identity documents and the proofs that the centre asks for."""
