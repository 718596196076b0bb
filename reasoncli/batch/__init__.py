"""Many issues at once: a process for each that is at work, and one that has the model, the budget and the list.

ledger    what each issue may spend of what all may
slots     places to test in, as many as there are cores
channel   how the processes talk
serving   the model, asked by all: what waits at one moment is drawn together
guest     the surroundings of a run that shares them
trees     a work tree for each issue
book      what is on disk of a batch, and how each of its issues stands
labour    one issue, from its tree to its outcome, in a process of its own
driver    starts, restarts and ends those processes
results   predictions and patches, as files
"""
