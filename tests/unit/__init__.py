"""Tests of single modules and functions."""
