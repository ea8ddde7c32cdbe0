"""Random and mutated input for everything that reads a device, the centre, a file or a person.

``make fuzz`` gives two million inputs to every target of ``fuzz.targets``, each target in a process
of its own: some inputs from hypothesis, the bulk from atheris (coverage-guided, libFuzzer).
``FUZZ_RUNS=`` sets another number. An interrupted run is resumed with the targets that are left, as
long as the code is the same. A parser must return a result or raise its typed error within a second
of processor time; everything else is a finding. The input of a finding is kept in
``build/fuzz/TARGET.input``; ``python -m fuzz.one TARGET FILE`` plays it again.
"""
