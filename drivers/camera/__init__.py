"""The camera: a stream of its newest pictures, and checks that they are fresh."""
