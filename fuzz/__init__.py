"""Random and mutated input for everything that reads a device, the centre, a file or a person.

``make fuzz`` gives two million inputs to every target of ``fuzz.targets``, each in a process of
its own: some from hypothesis, the bulk from atheris (coverage-guided, libFuzzer). ``FUZZ_RUNS=``
asks for another number; what was interrupted goes on with the targets that are left, as long as
the code is the same. A parser may give a result or its typed error, within a second of processor
time; everything else is a finding, whose input is kept in ``build/fuzz/TARGET.input`` and played
again by ``python -m fuzz.one TARGET FILE``.
"""
