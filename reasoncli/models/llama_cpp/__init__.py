"""The in-process llama.cpp sampler: batched decoding over shared prefixes, and exact tree sampling.

How the modules build on each other, bottom up:

- `library` loads llama.cpp, keeps its log, loads a model; `memory` decides before that what fits.
- `decoder` is the only module that runs the model: tokens in, logits out, sequences copied and cut.
- `prefixes` knows which token paths have live cells, and hands sequences out.
- `drawing` draws tokens from rows of logits; `seeds` makes the draws reproducible.
- `growth` turns tokens into text: stop strings, thoughts, budgets.
- `stations` is the radix tree over the prompts of a call; `forest` grows the samples on it.
- `scoring` gives log-probabilities of given texts; `sampler` ties all of it to the `Sampler` protocol.

Importing this package imports nothing; `reasoncli.models.llama_cpp.sampler.open_llama_sampler` opens a model.
"""
