"""How the embedded model is made, from a corpus of public code to a GGUF file."""
