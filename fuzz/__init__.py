"""Random and mutated input for everything that reads a device, the centre, a file or a person.

``make fuzz`` runs every target of ``fuzz.targets`` in a process of its own, under hypothesis and
then under atheris (coverage-guided, libFuzzer); ``FUZZ_RUNS=`` says how many inputs in all. A
parser may give a result or its typed error, within a second; everything else is a finding, whose
input is kept in ``build/fuzz`` and played again by ``python -m fuzz.one TARGET FILE``.
"""
