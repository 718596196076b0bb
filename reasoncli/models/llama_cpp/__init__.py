"""The in-process llama.cpp sampler: batched decoding over shared prefixes, and exact tree sampling.

How the modules build on each other, bottom up:

- `bindings` and `library` load llama.cpp, keep its log, load a model; `memory` says before that what fits;
  `vocabulary` turns text to tokens and back.
- `decoder` is the only module that runs the model: tokens in, logits out, sequences copied and cut.
- `prefixes` knows which token paths have live cells, and hands sequences out.
- `drawing` draws tokens from rows of logits; `seeds` makes the draws reproducible.
- `growth` turns tokens into text: stop strings, thoughts, budgets.
- `stations` is the radix tree over the prompts of a call; `lanes` are the sequences at work on it and what waits
  for one; `forest` grows the samples.
- `scoring` gives log-probabilities of given texts; `sampler` ties all of it to the `Sampler` protocol.

Importing this package imports nothing; `reasoncli.models.llama_cpp.sampler.open_llama_sampler` opens a model.
"""
